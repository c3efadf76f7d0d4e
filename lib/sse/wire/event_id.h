#pragma once

/// \file
/// The id of an event is its position in the log, as a UUIDv7 (RFC 9562 section 5.7):
///
// clang-format off
///     bits   48        4         12             2         14            48
///          +---------+---------+--------------+---------+-------------+----------+
///          | unix ms | version | epoch (high) | variant | epoch (low) | sequence |
///          +---------+---------+--------------+---------+-------------+----------+
// clang-format on

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/uuid.h"

namespace sse::wire {

/// Names one life of one log: 26 random bits. A restarted memory log has another one.
using Epoch = std::uint32_t;
inline constexpr Epoch kMaxEpoch = (1U << 26) - 1;

/// Counts the events of a log from 1; 0 is the origin, the position before everything.
using Sequence = std::uint64_t;
inline constexpr Sequence kMaxSequence = (std::uint64_t{1} << 48) - 1;

/// An event id. A value; ordered by time, then epoch, then sequence, like its text.
class SSE_EXPORT EventId {
 public:
  EventId() = default;

  /// Bits beyond each field's width are cut off.
  static EventId make(std::chrono::milliseconds unix_time, Epoch epoch, Sequence sequence);

  /// Reads the canonical UUID text; nullopt when it is not a UUIDv7 (so not an id of any log).
  static std::optional<EventId> parse(std::string_view text);

  std::chrono::milliseconds unix_time() const;
  Epoch epoch() const;
  Sequence sequence() const;

  const Uuid& uuid() const { return uuid_; }

  friend auto operator<=>(const EventId&, const EventId&) = default;

 private:
  explicit EventId(const Uuid& uuid) : uuid_(uuid) {}

  Uuid uuid_;
};

SSE_EXPORT std::string to_string(const EventId& id);

/// Whether both name the same place of one log. That before the first event has the time of each
/// opening of the log in its id, which does not count.
SSE_EXPORT bool is_same_place(const EventId& a, const EventId& b);

}  // namespace sse::wire
