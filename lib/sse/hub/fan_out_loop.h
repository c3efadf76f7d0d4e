#pragma once

/// \file
/// The streams of one loop: feeds each from its cursor to the end of the log, in passes that yield.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sse/base/budget.h"
#include "sse/base/mutex.h"
#include "sse/hub/closer.h"
#include "sse/hub/counts.h"
#include "sse/hub/disk_waits.h"
#include "sse/hub/handed_stream.h"
#include "sse/hub/interest.h"
#include "sse/hub/listed_stream.h"
#include "sse/hub/loop_counts.h"
#include "sse/hub/options.h"
#include "sse/hub/pacer.h"
#include "sse/hub/retry_times.h"
#include "sse/hub/schedule.h"
#include "sse/hub/shared_write.h"
#include "sse/hub/stream_opening.h"
#include "sse/hub/stream_owners.h"
#include "sse/hub/stream_place.h"
#include "sse/hub/stream_registry.h"
#include "sse/hub/subscriber.h"
#include "sse/hub/upkeep.h"
#include "sse/hub/waiters.h"
#include "sse/log/event_log.h"
#include "sse/net/loop.h"

namespace sse::hub {

/// Feeds the streams in the order of a Schedule, as far as the budget of a turn goes, so that
/// requests are served in between. What is published meanwhile goes with the next pass, many events
/// in one write. Streams that are far behind (a replay) catch up beside the passes: however many
/// reconnect at once, no pass gets longer by it. Streams whose peers have ended get what is left
/// beside them, too, and do not wait for replays. Closing and destroying streams is cut by a budget
/// as well. Streams whose next event only the journal has are fed from parts of it that were read
/// back, and wait for those. Loop-affine, but for the functions marked.
class FanOutLoop final : private net::TurnTask {
 public:
  FanOutLoop(net::Loop& loop, log::EventLog& log, StreamRegistry& registry,
             const HubOptions& options, const RetryTimes& retry_times, log::Archive* archive);
  ~FanOutLoop();

  /// See Hub::open_stream().
  void open_stream(StreamPlace place, StreamOpening&& opening);

  /// See Hub::wait() and Hub::end_wait().
  Waiters::Ticket wait(Wait wait);
  void end_wait(Waiters::Ticket ticket);

  /// A subscriber's socket can read or write.
  void on_stream_ready(Subscriber& subscriber, net::Readiness readiness);

  /// How long one that is done is asked to stay away.
  std::chrono::milliseconds retry_when_done() const {
    return retry_times_.after(CloseReason::kDone);
  }

  /// Closes the streams that the registry took off to make room. From any thread.
  void evict_soon();

  /// The log has grown. From any thread; costs two loads when nothing here waits for events.
  void wake();

  /// See Hub::drain(); `done` runs on this loop. From any thread.
  void drain(std::chrono::nanoseconds limit, std::function<void()> done);

  /// This loop's part of Hub::list_streams(); `done` runs on this loop. From any thread.
  void list_streams(std::size_t most, std::function<void(std::vector<ListedStream>)> done);

  /// See Hub::review_streams() and Hub::close_streams(); `done` runs on this loop. From any thread.
  void review_streams(StreamReview review);
  void close_streams(StreamChoice choice, std::function<void(std::size_t closed)> done);

  // See Hub; on the loop's thread, but for keep_listed().
  std::vector<HandedStream> hand_over();
  /// Moves what hand_over() has returned to `listed`, by its place, but for what has none any more.
  /// On the thread that has all loops stand still.
  void keep_listed(std::vector<HandedStream>&& streams, const StreamRegistry::Places& places,
                   std::map<std::size_t, HandedStream>& listed);
  void let_go();
  Status take_over(StreamPlace place, HandedStream&& handed, std::unique_ptr<net::Socket> socket,
                   std::unique_ptr<const Filter> filter, std::shared_ptr<const void> held);

  /// From any thread.
  Counts counts() const;
  std::size_t waiting() const { return waiters_.count(); }

 private:
  /// How far this loop has read the log.
  struct Progress {
    std::uint64_t generation = 0;  // of the log that all of this is about
    // Every subscriber that is neither due, behind, blocked nor parked, and that the walk is past,
    // has been sent all it wants up to this event.
    wire::Sequence collected = 0;
    // What the present pass feeds to, at least. While it is larger than `collected`, the pass has
    // not begun: streams that events concern are still being marked.
    wire::Sequence pass_end = 0;
    // The streams that every event may concern are marked, for the events up to `pass_end`.
    bool has_marked_every = false;
    wire::Sequence seen = 0;  // the newest event of the turn before
    BootTime live_until;      // events are expected until then

    void extend(wire::Sequence head) {
      pass_end = head;
      has_marked_every = false;
    }
  };

  /// Hub::drain(): a stream is closed where it is caught up.
  struct Drain {
    bool is_on = false;
    std::function<void()> done;  // null once it was called
  };

  bool on_turn() override;
  void tick();

  log::View current_view() SSE_REQUIRES(role_);
  void reset(const log::View& view) SSE_REQUIRES(role_);
  Subscriber& add(std::unique_ptr<Subscriber> stream, StreamPlace place,
                  std::chrono::nanoseconds every) SSE_REQUIRES(role_);

  void feed_pass(const log::View& view) SSE_REQUIRES(role_);
  bool prepare_pass(const log::View& view, Budget& budget) SSE_REQUIRES(role_);
  bool collect(const log::View& view, Budget& budget) SSE_REQUIRES(role_);
  void feed_behind(const log::View& view) SSE_REQUIRES(role_);
  void feed_ending(const log::View& view) SSE_REQUIRES(role_);
  void feed_one(Subscriber& subscriber, const log::View& view, Budget& budget) SSE_REQUIRES(role_);
  FeedResult feed_archived(Subscriber& subscriber, const log::View& view, Budget& budget)
      SSE_REQUIRES(role_);
  FeedResult feed_part(Subscriber& subscriber, const log::View& part, Budget& budget)
      SSE_REQUIRES(role_);
  FeedResult send_text(Subscriber& subscriber, const log::View& view, Budget& budget)
      SSE_REQUIRES(role_);
  void prefetch_next() const SSE_REQUIRES(role_);
  void end_later(Subscriber& subscriber) SSE_REQUIRES(role_);
  void mark_due(Subscriber& subscriber) SSE_REQUIRES(role_);
  void mark_concerned(Subscriber& subscriber) SSE_REQUIRES(role_);
  bool bring_forward(Subscriber& subscriber) SSE_REQUIRES(role_);
  void mark_all_concerned() SSE_REQUIRES(role_);

  std::optional<CloseReason> add_owner(Subscriber& opened, StreamOpening& opening)
      SSE_REQUIRES(role_);
  bool look_at_owners() SSE_REQUIRES(role_);
  bool is_chosen(const Subscriber& subscriber, const StreamChoice& choice) const
      SSE_REQUIRES(role_);
  struct Listing;
  void list_later(std::shared_ptr<Listing> listing);
  void list_some(const std::shared_ptr<Listing>& listing) SSE_REQUIRES(role_);
  ListedStream describe_now(const Subscriber& subscriber, const log::View& view) const
      SSE_REQUIRES(role_);
  void look_after(const Schedule::List& streams, const log::View& view) SSE_REQUIRES(role_);
  void look_after(Subscriber& subscriber, const log::View& view) SSE_REQUIRES(role_);
  wire::Sequence wanted_from(const Subscriber& subscriber) const SSE_REQUIRES(role_);
  log::Cursor sent_to(const Subscriber& subscriber, const log::View& view) const
      SSE_REQUIRES(role_);

  net::Loop& loop_;
  const ThreadRole& role_;
  log::EventLog& log_;
  StreamRegistry& registry_;
  const RetryTimes& retry_times_;

  // Owned by the loop.
  Schedule schedule_ SSE_GUARDED_BY(role_);  // of subscribers, which this owns
  Interest interest_ SSE_GUARDED_BY(role_);
  Pacer pacer_ SSE_GUARDED_BY(role_);
  StreamOwners owners_ SSE_GUARDED_BY(role_);
  StreamReview review_ SSE_GUARDED_BY(role_);  // the newest; null before the first
  Closer closer_ SSE_GUARDED_BY(role_);
  Upkeep upkeep_ SSE_GUARDED_BY(role_);
  DiskWaits disk_waits_ SSE_GUARDED_BY(role_);
  Progress progress_ SSE_GUARDED_BY(role_);
  Drain drain_ SSE_GUARDED_BY(role_);
  std::vector<Subscriber*> handed_;           // by the last hand_over(); see keep_listed()
  SharedWrite shared_ SSE_GUARDED_BY(role_);  // of this turn's view

  // Shared in part.
  Waiters waiters_;
  LoopCounts counts_;
};

}  // namespace sse::hub
