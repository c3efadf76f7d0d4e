#pragma once

/// \file
/// The hub: streams on N loops over one log. Knows nothing of HTTP or metrics.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/ip_address.h"
#include "sse/base/random.h"
#include "sse/hub/counts.h"
#include "sse/hub/handed_stream.h"
#include "sse/hub/listed_stream.h"
#include "sse/hub/options.h"
#include "sse/hub/publisher.h"
#include "sse/hub/stream_opening.h"
#include "sse/hub/stream_owners.h"
#include "sse/hub/stream_place.h"
#include "sse/hub/waiters.h"
#include "sse/log/event_log.h"
#include "sse/log/journal.h"
#include "sse/log/log_follower.h"

namespace sse::log {
class Archive;
}

namespace sse::net {
class Loop;
class LoopPool;
}  // namespace sse::net

namespace sse::hub {

class FanOutLoop;
class RetryTimes;
class StreamRegistry;

/// Thread-safe but for open_stream(), wait() and end_wait(). Built before the loops start; it must
/// outlive their threads.
class SSE_EXPORT Hub {
 public:
  /// The journal is started by start(); it must not answer after the hub is gone. `archive`: of a
  /// journal that keeps more than the log; it outlives the hub.
  Hub(net::LoopPool& loops, log::EventLog& log, log::Journal& journal, const HubOptions& options,
      RandomSource& random, log::Archive* archive = nullptr);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  /// Rows that stand beside the log. Before anything is published, and before start() where the
  /// journal has rows to load.
  void attach(log::Projection& projection) { follower_.attach(projection); }

  /// Loads what the journal keeps; publishing is refused before. Once, before streams are opened.
  Status start() { return journal_.start(follower_); }

  Publisher& publisher() { return publisher_; }
  log::Journal& journal() { return journal_; }
  const log::Journal& journal() const { return journal_; }
  log::EventLog& log() { return log_; }
  /// Null: all history is in memory.
  log::Archive* archive() { return archive_; }
  const HubOptions& options() const { return options_; }

  /// A place for a stream of this peer, or why there is none; asked before anything is sent. Counts
  /// a refusal. `peer`: the peer_group() of its address, whose streams count against max_per_peer
  /// together. `filter`: what the stream will have, null for none; what it takes counts against
  /// max_filter_bytes. From any thread.
  Admission admit(const std::optional<IpAddress>& peer, const Filter* filter = nullptr);

  /// Refuses a stream for a reason that is not the hub's own: counts it. From any thread.
  StreamRefusal refuse(Refusal reason);

  /// Starts a stream: `retry:`, a gap, the replay, then it lives. Where streams are evicted the
  /// oldest of the address that holds most goes now, if there is no other room. On the thread of
  /// `loop`, which the socket is attached to.
  void open_stream(net::Loop& loop, StreamPlace place, StreamOpening&& opening);

  /// Calls `wait.done` when the log has an event that is waited for. On the thread of `loop`, and
  /// never inside this call; the end of the time, a drain and end_wait() call it, too.
  Waiters::Ticket wait(net::Loop& loop, Wait wait);
  /// On the thread of `loop`. Nothing when the wait is over.
  void end_wait(net::Loop& loop, Waiters::Ticket ticket);
  /// How many wait now.
  std::size_t waiting() const;

  /// The newest streams, newest first, as their loops see them now. `done` runs once, on one of the
  /// loops' threads; never when the loops are stopped before. From any thread.
  void list_streams(std::size_t most, std::function<void(std::vector<ListedStream>)> done) const;

  /// Has every open stream of a principal judged now, and each one that opens from now on: those
  /// for which `review` gives a reason are closed, and waits of such an identity are ended. From
  /// any thread.
  void review_streams(const StreamReview& review);

  /// Closes the streams that are chosen (CloseReason::kClosed). `done` gets how many; it runs once,
  /// on one of the loops' threads. From any thread.
  void close_streams(const StreamChoice& choice, std::function<void(std::size_t closed)> done);

  /// The rows of the projection, as they stand at the head of the log while nothing is published.
  std::vector<log::KeptRow> rows() const { return follower_.rows(); }

  // A takeover: another process goes on with streams, which do not notice.

  /// The streams of `loop` that another process can go on with, as they stand: nothing may be done
  /// to them before let_go(), or before the takeover is given up. On the thread of `loop`.
  std::vector<HandedStream> hand_over(net::Loop& loop);
  /// All streams of hand_over(), of each loop its own, in the order in which they opened, without
  /// those that other loops have evicted since: they are closed here. While all loops stand still,
  /// on the thread that has them do so.
  std::vector<HandedStream> in_order(std::vector<std::vector<HandedStream>>&& of_loops);
  /// The other process has the streams of the last hand_over(): forgets them, and closes this
  /// process's descriptors. What is left is closed by drain(), and comes back within two seconds.
  /// On the thread of `loop`.
  void let_go(net::Loop& loop);
  /// Goes on with a stream of another process. `held` goes when the stream does. Errors: kFull,
  /// there is no place for it; kInvalid, its filter; kIo. On the thread of `loop`, or before it
  /// runs.
  Status take_over(net::Loop& loop, HandedStream&& handed, std::unique_ptr<net::Socket> socket,
                   std::shared_ptr<const void> held);

  /// Streams open now.
  std::size_t stream_count() const;
  /// Counted since the start, over all loops.
  Counts counts() const;

  /// Publishing and new streams are refused from now on, and what was taken is waited for, for at
  /// most `limit`: the journal stops, so where it answers later this must not be called on a loop's
  /// thread.
  void refuse_all(std::chrono::nanoseconds limit);

  /// Whether refuse_all() was called. From any thread.
  bool is_draining() const { return draining_.load(std::memory_order_acquire); }

  /// refuse_all(), if it was not called yet. Then each stream is fed to the end of the log, or to
  /// what would have to be read from the disk, told `sse.closing` (reason `shutdown`) and closed.
  /// What is left after `limit` is cut. `done` runs once, on a loop's thread, when no stream is
  /// left. Once.
  void drain(std::chrono::nanoseconds limit, std::function<void()> done);

 private:
  void wake_loops();

  log::EventLog& log_;
  log::Journal& journal_;
  log::Archive* const archive_;
  const HubOptions options_;
  const std::unique_ptr<RetryTimes> retry_times_;
  std::unique_ptr<StreamRegistry> registry_;
  std::vector<std::unique_ptr<FanOutLoop>> fan_outs_;
  log::LogFollower follower_;
  Publisher publisher_;
  std::array<std::atomic<std::uint64_t>, kRefusals.size()> refused_{};  // by Refusal
  std::atomic<bool> draining_ = false;
  std::atomic<std::size_t> loops_to_drain_ = 0;
};

}  // namespace sse::hub
