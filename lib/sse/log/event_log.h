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
#include "sse/log/append.h"
#include "sse/log/entry.h"
#include "sse/log/view.h"
#include "sse/wire/event_id.h"

namespace sse::log {

struct KeptPart;
struct Origin;
struct Tail;
class Retained;

/// The smallest ceiling: with fewer bytes than this a log keeps this many.
inline constexpr std::size_t kMinLogBytes = std::size_t{256} << 10U;

/// How long events stay. The tightest rule wins. Where a journal keeps more than is in memory,
/// `max_bytes` bounds memory alone, and of what is archived the journal knows the age and the
/// number.
struct Retention {
  std::chrono::nanoseconds ttl{0};      ///< age by CLOCK_BOOTTIME; 0: no limit
  std::size_t max_bytes = 256U << 20U;  ///< blocks, index, names and pairs together
  std::uint64_t max_events = 0;         ///< 0: no limit
};

/// What a log holds, for metrics and the operator's routes.
struct LogUsage {
  std::size_t bytes = 0;             ///< memory, index and names included: at most max_bytes
  std::uint64_t events = 0;          ///< that are not expired, archived ones too
  std::size_t pairs = 0;             ///< of type and topic, told apart now
  std::uint64_t appended = 0;        ///< events since the log began
  std::uint64_t appended_bytes = 0;  ///< their blocks, as they are sent
  /// Of the oldest event; by the wall clock when it is archived. 0 when there is none.
  std::chrono::nanoseconds oldest_age{0};
};

/// The copy in memory of what a journal has ordered. Thread-safe. Adding holds a lock for the copy
/// of some blocks; readers work on a View and hold none.
class SSE_EXPORT EventLog {
 public:
  struct Options {
    Retention retention;
    std::size_t max_event_size = 256U << 10U;  ///< encoded bytes of one event
    std::size_t segment_size = 1U << 20U;      ///< at most an eighth of max_bytes is used
    /// (type, topic) pairs that are told apart; with more, all so far are forgotten, and
    /// View::tells_pairs_from() says from where on the newest of each are known.
    std::size_t max_pairs = 1'000'000;
    KeyedHash name_hash = {};  ///< of types and topics; random where peers publish
  };

  EventLog(const Options& options, const Clock& clock);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  // For the follower of a journal.

  /// Where the log begins. REQUIRES: nothing was added yet.
  void begin(const Origin& origin) SSE_EXCLUDES(mutex_);

  // What a journal keeps may be more than is held here: it tells of the parts that it can read back
  // (Follower), and from the first of them on nothing is gone until move_tail() says so, or the
  // oldest event that is held has expired.

  /// See Follower::load_part(). REQUIRES: nothing was added since begin() or restart().
  void load_part(const KeptPart& part) SSE_EXCLUDES(mutex_);
  /// See Follower::begin_parts().
  void begin_parts(std::span<const wire::EventId> first) SSE_EXCLUDES(mutex_);
  /// See Follower::move_tail().
  void move_tail(const Tail& tail) SSE_EXCLUDES(mutex_);

  /// Makes these visible, a few hundred under one hold of the lock. REQUIRES: they follow the head,
  /// densely, and fit the limits. `now`: what their age counts from.
  void add(std::span<const Entry> entries, BootTime now) SSE_EXCLUDES(mutex_);

  /// Forgets what came after `origin`, and goes on from there as another generation, with what
  /// Origin::history tells: a View sees all of that or nothing.
  void restart(const Origin& origin) SSE_EXCLUDES(mutex_);

  // For everyone.

  /// What the log holds now, retention applied: the same tail for replay, polling and gap counts.
  /// Costs a lock and a shared_ptr copy; take one per turn.
  View view() SSE_EXCLUDES(mutex_);

  /// The newest sequence; 0 for an empty log. Lock-free: "is there anything new" costs one load.
  wire::Sequence head() const { return head_.load(std::memory_order_acquire); }

  /// See View::generation(). Lock-free.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

  /// What types and topics are hashed with.
  const KeyedHash& name_hash() const { return options_.name_hash; }

  /// What one event may have here: it must fit a segment, so a small max_bytes lowers the limit.
  EventLimits limits() const { return {options_.max_event_size, options_.name_hash}; }

  /// Retention applied, as by view().
  LogUsage usage() SSE_EXCLUDES(mutex_);
  const Retention& retention() const { return options_.retention; }
  std::size_t max_pairs() const { return options_.max_pairs; }

 private:
  void publish_position() SSE_REQUIRES(mutex_);

  const Clock& clock_;
  const Options options_;  // as they are used: see bounded()

  std::atomic<wire::Sequence> head_ = 0;
  std::atomic<std::uint64_t> generation_ = 0;
  mutable Mutex mutex_;
  std::unique_ptr<Retained> retained_ SSE_GUARDED_BY(mutex_);
};

}  // namespace sse::log
