#pragma once

/// \file
/// The append-only log of encoded events, bounded by age, bytes and count.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/mutex.h"
#include "sse/base/result.h"
#include "sse/log/view.h"
#include "sse/wire/event.h"
#include "sse/wire/event_id.h"

namespace sse::log {

/// How long events stay. The tightest rule wins.
struct Retention {
  std::chrono::nanoseconds ttl{0};      ///< age by CLOCK_BOOTTIME; 0: no limit
  std::size_t max_bytes = 256U << 20U;  ///< segments, index and postings together
  std::uint64_t max_events = 0;         ///< 0: no limit
};

/// Thread-safe. Appending holds a lock for the copy of a block; readers work on a View and hold
/// none.
class SSE_EXPORT EventLog {
 public:
  struct Options {
    Retention retention;
    std::size_t max_event_size = 256U << 10U;  ///< encoded bytes of one event
    wire::Epoch epoch = 0;                     ///< names this log; random for a memory log
  };

  EventLog(const Options& options, const Clock& clock);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  /// Encodes, gives the next id, keeps. Errors: kTooLarge, with the limit and its flag in the text;
  /// kFull when the 48 bits of sequence are used up.
  Result<wire::EventId> append(const wire::Event& event);

  /// The same for many: lock holds of a few hundred events; one result each, in order. Events of
  /// other publishers may come between.
  std::vector<Result<wire::EventId>> append_batch(std::span<const wire::Event> events);

  /// What the log holds now, retention applied: the same tail for replay, polling and gap counts.
  /// Costs a lock and a shared_ptr copy; take one per turn.
  View view();

  /// The newest sequence; 0 for an empty log. Lock-free: "is there anything new" costs one load.
  wire::Sequence head() const;

  wire::Epoch epoch() const;
};

}  // namespace sse::log
