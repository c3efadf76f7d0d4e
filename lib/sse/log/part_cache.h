#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sse/base/export.h"
#include "sse/log/part_copy.h"
#include "sse/wire/event_id.h"

namespace sse::log {

/// Names a part: its first event, in a life of the log (View::generation()).
struct PartKey {
  std::uint64_t generation = 0;
  wire::Sequence first = 0;

  friend auto operator<=>(const PartKey&, const PartKey&) = default;
};

/// Parts that were read, up to a number of bytes, at least one: the part that was used longest ago
/// goes first. A new one is kept for a while until it is used, so that with a small cache the
/// streams that wait for parts do not evict each other's before they have read them.
/// Thread-compatible.
class SSE_EXPORT PartCache {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Segments = std::shared_ptr<const SegmentTable>;

  explicit PartCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// The copy of the part, when it goes from `first` to `last` or further; it is used now. Null
  /// when there is none.
  const PartCopy* use(const PartKey& key, wire::Sequence first, wire::Sequence last);
  /// Whether there is one. It is kept until it is used, or until then.
  bool keep(const PartKey& key, wire::Sequence first, wire::Sequence last, Time kept_until);

  /// nullopt: there is room for a part of this size beside those that are kept until they are used.
  /// Else a time at which to ask again, if none of them is used before it.
  std::optional<Time> full_until(std::size_t bytes, Time now) const;

  /// Puts a copy in, in place of another one of the part; it is kept until it is used, or until
  /// then. Returns what went: to be freed where no lock is held.
  std::vector<Segments> put(const PartKey& key, PartCopy copy, Time now, Time kept_until);

  std::size_t bytes() const { return bytes_; }

 private:
  struct Part {
    PartKey key;
    PartCopy copy;
    Time kept_until;

    bool is_kept(Time now) const { return kept_until > now; }
  };
  using Parts = std::list<Part>;

  std::optional<Parts::iterator> find(const PartKey& key, wire::Sequence first,
                                      wire::Sequence last) const;
  Segments take(Parts::iterator part);

  const std::size_t max_bytes_;
  Parts parts_;  ///< the last used first
  std::map<PartKey, Parts::iterator> by_key_;
  std::size_t bytes_ = 0;
};

}  // namespace sse::log
