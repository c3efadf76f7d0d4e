#pragma once

/// \file
/// How many streams each address has, when that is limited.

#include <cstddef>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "sse/base/ip_address.h"

namespace sse::hub {

/// Without a limit it keeps nothing. Thread-compatible: guarded by the registry's lock.
class PeerPlaces {
 public:
  /// 0: no limit.
  explicit PeerPlaces(std::size_t most) : most_(most) {}

  bool is_limited() const { return most_ > 0; }
  bool has_place(const std::optional<IpAddress>& group) const;

  /// One more for this group.
  void take(const std::optional<IpAddress>& group);
  /// The group that take() counted, of a place that was not used.
  void give_back(const std::optional<IpAddress>& group);

  /// From now on `holder` stands for one that take() counted.
  void bind(const void* holder, const std::optional<IpAddress>& group);
  void give_back(const void* holder);

 private:
  // Ordered: peers choose their addresses, and none can make a search of it long.
  using Counts = std::map<IpAddress, std::size_t>;

  void give_back(Counts::iterator place);

  const std::size_t most_;
  Counts counts_;
  std::unordered_map<const void*, Counts::iterator> holders_;
};

}  // namespace sse::hub
