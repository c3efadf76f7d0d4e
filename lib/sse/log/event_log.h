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
#include "sse/base/keyed_hash.h"
#include "sse/base/mutex.h"
#include "sse/base/result.h"
#include "sse/log/view.h"
#include "sse/wire/event.h"
#include "sse/wire/event_id.h"

namespace sse::log {

struct EncodedEvent;
class Retained;

/// The smallest ceiling: with fewer bytes than this a log keeps this many.
inline constexpr std::size_t kMinLogBytes = std::size_t{256} << 10U;

/// How long events stay. The tightest rule wins.
struct Retention {
  std::chrono::nanoseconds ttl{0};      ///< age by CLOCK_BOOTTIME; 0: no limit
  std::size_t max_bytes = 256U << 20U;  ///< blocks, index and names together
  std::uint64_t max_events = 0;         ///< 0: no limit
};

/// What a log holds, for whoever watches over it.
struct LogUsage {
  std::size_t bytes = 0;                   ///< memory, index and names included: at most max_bytes
  std::uint64_t events = 0;                ///< that are not expired
  std::uint64_t appended = 0;              ///< events since the log began
  std::uint64_t appended_bytes = 0;        ///< their blocks, as they are sent
  std::chrono::nanoseconds oldest_age{0};  ///< of the oldest event; 0 when there is none
};

/// Thread-safe. Appending holds a lock for the copy of a block; readers work on a View and hold
/// none.
class SSE_EXPORT EventLog {
 public:
  struct Options {
    Retention retention;
    std::size_t max_event_size = 256U << 10U;  ///< encoded bytes of one event
    std::size_t segment_size = 1U << 20U;      ///< at most an eighth of max_bytes is used
    wire::Epoch epoch = 0;                     ///< names this log; random for a memory log
    KeyedHash name_hash = {};                  ///< of types and topics; random where peers publish
  };

  EventLog(const Options& options, const Clock& clock);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  /// Encodes, gives the next id, keeps. Errors: kTooLarge, with the limit and its flag in the text
  /// (an event must fit a segment, so a small max_bytes lowers the limit); kFull when the 48 bits
  /// of sequence are used up.
  Result<wire::EventId> append(const wire::Event& event);

  /// The same for many: lock holds of a few hundred events; one result each, in order. Events of
  /// other publishers may come between.
  std::vector<Result<wire::EventId>> append_batch(std::span<const wire::Event> events);

  /// What the log holds now, retention applied: the same tail for replay, polling and gap counts.
  /// Costs a lock and a shared_ptr copy; take one per turn.
  View view();

  /// The newest sequence; 0 for an empty log. Lock-free: "is there anything new" costs one load.
  wire::Sequence head() const { return head_.load(std::memory_order_acquire); }

  wire::Epoch epoch() const { return options_.epoch; }

  /// What types and topics are hashed with.
  const KeyedHash& name_hash() const { return options_.name_hash; }

  /// Encoded bytes that one event may have here.
  std::size_t max_event_size() const { return options_.max_event_size; }

  /// Retention applied, as by view().
  LogUsage usage();
  const Retention& retention() const { return options_.retention; }

 private:
  class Encoded;

  /// Keeps events that were encoded; the result of each goes to the end of `results`.
  void keep(const Encoded& encoded, std::vector<Result<wire::EventId>>& results);

  const Clock& clock_;
  const Options options_;  // as they are used: see bounded()

  std::atomic<wire::Sequence> head_ = 0;
  mutable Mutex mutex_;
  std::unique_ptr<Retained> retained_ SSE_GUARDED_BY(mutex_);
};

}  // namespace sse::log
