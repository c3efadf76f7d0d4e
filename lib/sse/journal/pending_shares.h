#pragma once

/// \file
/// How much waits to be kept, and how much of it is of one address.

#include <cstddef>
#include <map>
#include <optional>

#include "sse/base/export.h"
#include "sse/base/ip_address.h"
#include "sse/base/result.h"

namespace sse::journal {

/// Bytes of appends that are pending, by the peer that they come from (peer_group()). A peer that
/// has some pending gets more only while as much is left for others: one peer alone has half of the
/// room at most, two have a third each. Thread-compatible.
class SSE_EXPORT PendingShares {
 public:
  using Peer = std::optional<IpAddress>;  ///< nullopt has no share: only all of it is its limit

  explicit PendingShares(std::size_t most) : most_(most) {}

  /// Takes so much; where nothing is pending there is always room. Error: kUnavailable.
  Status take(const Peer& peer, std::size_t bytes);
  /// As it was taken.
  void give_back(const Peer& peer, std::size_t bytes);

  std::size_t bytes() const { return bytes_; }

 private:
  const std::size_t most_;
  std::size_t bytes_ = 0;
  // Ordered: peers choose their addresses, and none can make a search of it long.
  std::map<IpAddress, std::size_t> by_peer_;
  std::map<IpAddress, std::size_t>::node_type spare_;  // most peers have one request at a time
};

}  // namespace sse::journal
