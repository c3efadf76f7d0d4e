#pragma once

/// \file
/// The streams of one loop: feeds each from its cursor to the end of the log, in passes that yield.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "sse/base/mutex.h"
#include "sse/hub/counts.h"
#include "sse/hub/interest.h"
#include "sse/hub/listed_stream.h"
#include "sse/hub/options.h"
#include "sse/hub/retry_times.h"
#include "sse/hub/stream_opening.h"
#include "sse/hub/stream_place.h"
#include "sse/hub/stream_registry.h"
#include "sse/hub/subscriber.h"
#include "sse/hub/waiters.h"
#include "sse/log/event_log.h"
#include "sse/net/loop.h"

namespace sse::hub {

/// A pass walks over all streams without a filter, and over the others that new events concern, and
/// feeds them in slices, one slice a turn, so that requests are served in between; what is
/// published meanwhile goes with the next pass, many events in one write. Those that are far behind
/// (a replay) catch up beside the passes, a smaller slice a turn: however many reconnect at once,
/// no pass gets longer by it. Loop-affine, but for the functions marked.
class FanOutLoop final : private net::TurnTask {
 public:
  FanOutLoop(net::Loop& loop, log::EventLog& log, StreamRegistry& registry,
             const HubOptions& options, const RetryTimes& retry_times);
  ~FanOutLoop();

  /// See Hub::open_stream().
  void open_stream(StreamPlace place, StreamOpening opening);

  /// See Hub::wait() and Hub::end_wait().
  Waiters::Ticket wait(Wait wait);
  void end_wait(Waiters::Ticket ticket);

  /// A subscriber's socket can read or write.
  void on_stream_ready(Subscriber& subscriber, net::Readiness readiness);

  /// Closes the streams that the registry took off to make room. From any thread.
  void evict_soon();

  /// The log has grown. From any thread; costs two loads when nobody here wants to know.
  void wake();

  /// See Hub::drain(); `done` runs on this loop. From any thread.
  void drain(std::chrono::nanoseconds limit, std::function<void()> done);

  /// This loop's part of Hub::list_streams(); `done` runs on this loop. From any thread.
  void list_streams(std::size_t most, std::function<void(std::vector<ListedStream>)> done);

  /// From any thread.
  Counts counts() const;
  std::size_t waiting() const { return waiters_.count(); }

 private:
  using Streams = std::vector<std::unique_ptr<Subscriber>>;

  static std::chrono::nanoseconds tick_for(const HubOptions& options);

  bool on_turn() override;
  void tick();

  log::View current_view() SSE_REQUIRES(role_);
  void reset(const log::View& view) SSE_REQUIRES(role_);
  void count_opened(const log::Start& start) SSE_REQUIRES(role_);
  bool is_pass_over() const SSE_REQUIRES(role_);
  void begin_pass(const log::View& view) SSE_REQUIRES(role_);
  void add_concerned(const log::View& view) SSE_REQUIRES(role_);
  void feed_slice(const log::View& view) SSE_REQUIRES(role_);
  void prefetch_next() const SSE_REQUIRES(role_);
  void feed_catching_up(const log::View& view) SSE_REQUIRES(role_);
  void feed_due(Subscriber& subscriber, const log::View& view, Budget& searches)
      SSE_REQUIRES(role_);
  void feed_one(Subscriber& subscriber, const log::View& view, Budget& searches)
      SSE_REQUIRES(role_);
  void make_due(Subscriber& subscriber) SSE_REQUIRES(role_);
  void catch_up(Subscriber& subscriber) SSE_REQUIRES(role_);
  void rouse(Subscriber& subscriber) SSE_REQUIRES(role_);
  void note_standstill() SSE_REQUIRES(role_);
  void look_after_slot(const Streams& streams, const log::View& view) SSE_REQUIRES(role_);
  void look_after(Subscriber& subscriber, const log::View& view) SSE_REQUIRES(role_);
  ListedStream describe(const StreamRegistry::Entry& entry, const log::View& view) const
      SSE_REQUIRES(role_);
  log::Cursor place_of(const Subscriber& subscriber) const SSE_REQUIRES(role_);
  bool is_heartbeat_due(const Subscriber& subscriber) const SSE_REQUIRES(role_);
  bool is_slow(const Subscriber& subscriber, const log::View& view) const SSE_REQUIRES(role_);
  void close(Subscriber& subscriber, CloseReason reason) SSE_REQUIRES(role_);
  void bury(Subscriber& subscriber) SSE_REQUIRES(role_);
  void sweep() SSE_REQUIRES(role_);
  void destroy(Subscriber& subscriber) SSE_REQUIRES(role_);
  bool is_empty() const SSE_REQUIRES(role_) { return unfiltered_.empty() && filtered_.empty(); }
  void publish_counts() SSE_REQUIRES(role_);

  net::Loop& loop_;
  const ThreadRole& role_;
  log::EventLog& log_;
  StreamRegistry& registry_;
  const HubOptions& options_;
  const RetryTimes& retry_times_;
  const std::chrono::nanoseconds tick_;  // each subscriber is looked after once in kSlots ticks

  // Owned by the loop.
  Streams unfiltered_ SSE_GUARDED_BY(role_);      // all of them are concerned by every event
  std::size_t walked_ SSE_GUARDED_BY(role_) = 0;  // those before it had their turn in this pass
  Streams filtered_ SSE_GUARDED_BY(role_);
  Interest interest_ SSE_GUARDED_BY(role_);
  std::vector<Subscriber*> due_ SSE_GUARDED_BY(role_);         // of this pass, besides
  std::size_t next_due_ SSE_GUARDED_BY(role_) = 0;             // how far the pass is
  std::vector<Subscriber*> due_later_ SSE_GUARDED_BY(role_);   // of the pass after it
  std::deque<Subscriber*> catching_up_ SSE_GUARDED_BY(role_);  // due, too, but of no pass
  std::vector<Subscriber*> dead_ SSE_GUARDED_BY(role_);
  // Whoever is neither due nor blocked has everything up to here that it wants.
  wire::Sequence passed_ SSE_GUARDED_BY(role_) = 0;
  std::uint64_t generation_ SSE_GUARDED_BY(role_) = 0;  // of the log that all of this is about
  std::size_t slot_ SSE_GUARDED_BY(role_) = 0;
  std::size_t lingering_ SSE_GUARDED_BY(role_) = 0;
  BootTime ticked_at_ SSE_GUARDED_BY(role_);
  BootTime awake_since_ SSE_GUARDED_BY(role_);  // nobody is judged by what was not seen before it
  std::function<void()> drained_ SSE_GUARDED_BY(role_);
  bool draining_ SSE_GUARDED_BY(role_) = false;
  Counts counts_ SSE_GUARDED_BY(role_);
  net::SharedRun shared_ SSE_GUARDED_BY(role_);  // of this turn's view

  // Shared.
  Waiters waiters_;  // but for their number the loop's
  std::atomic<std::size_t> streams_ = 0;
  mutable Mutex published_mutex_;
  Counts published_counts_ SSE_GUARDED_BY(published_mutex_);
};

}  // namespace sse::hub
