#pragma once

/// \file
/// One stream: a socket, text of the server's own, and a reader of the log.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sse/base/budget.h"
#include "sse/base/clock.h"
#include "sse/hub/counts.h"
#include "sse/hub/filter.h"
#include "sse/hub/handed_stream.h"
#include "sse/hub/schedule.h"
#include "sse/hub/shared_write.h"
#include "sse/hub/stream_opening.h"
#include "sse/hub/stream_registry.h"
#include "sse/log/reader.h"
#include "sse/log/view.h"
#include "sse/net/socket.h"

namespace sse::hub {

class FanOutLoop;

/// How far a subscriber got in one turn.
enum class FeedResult : std::uint8_t {
  kCaughtUp,    ///< the socket has everything in the view
  kMore,        ///< its share of the turn, or the budget for searches, is used up
  kBlocked,     ///< the socket has no room, and tells when it has
  kLeftBehind,  ///< its next event is not in the view
  kParked,      ///< its next event is being read from the disk
  kDone,        ///< the socket has the event that ends the stream, and all that is said behind it
  kPeerGone,
};

/// Nothing is queued for a subscriber: it is fed from the log's own bytes, from its cursor to the
/// end. An idle one costs this object, its socket and nothing else. Loop-affine.
class Subscriber : public net::ReadyHandler, public StreamRegistry::Entry, public Schedule::Hook {
 public:
  /// Takes the socket and the filter out of `opening`. `greeting` is sent first, as it is.
  Subscriber(FanOutLoop& owner, StreamOpening& opening, std::string greeting, BootTime now);
  /// Goes on with a stream of another process, whose head and greeting were sent or are in
  /// `handed`.
  Subscriber(FanOutLoop& owner, HandedStream& handed, std::unique_ptr<net::Socket> socket,
             std::unique_ptr<const Filter> filter);
  virtual ~Subscriber() = default;

  bool attach(net::Loop& loop) { return socket_->attach(loop, *this); }
  void on_ready(net::Readiness readiness) override;

  /// Sends what is pending and what the log has from the cursor on up to the event `last`, at most
  /// one share of a turn. `shared`: what the loop wrote to the stream before this one. `budget`:
  /// spends what sends and searches take; a search is cut by it. At the end of a part of the
  /// history: kMore, for the log goes on behind it. REQUIRES: last <= view.head(), and but for a
  /// part, a replay ends there or before.
  FeedResult feed(const log::View& view, wire::Sequence last, BootTime now, Counts& counts,
                  SharedWrite& shared, Budget& budget);

  /// It wants nothing before `next`: its owner has looked. Only for one that is neither blocked nor
  /// behind.
  void skip_to(wire::Sequence next) { reader_.skip_to(next); }

  /// Passes archived events that a newer one of their pair supersedes, without reading them.
  /// Nothing for one that is sent every event. REQUIRES: view.is_archived(cursor().next).
  void skip_superseded(const log::View& view);
  /// The same for parts that hold nothing its filter wants. Spends what it takes.
  void skip_unwanted(const log::View& view, Budget& budget);
  /// Whether the event after the part `part` of `view` is one that it may want: it is going to read
  /// on there.
  bool may_want_behind(const log::View& view, const log::View& part, Budget& budget) const;

  /// Before the first feed() from a part: a stream that asked for a time begins at it.
  void begin_in(const log::View& part);

  /// For one that is neither blocked nor behind: the id-only block if the cursor passed events that
  /// the filter hid, else a comment. Pending; the next feed() sends it.
  void queue_heartbeat(const log::View& view);

  /// Best effort: says `text` if it may and the socket takes it all, then ends the sending side.
  /// One that has ended says nothing more than what is pending. What was taken and has not left is
  /// unsent, whatever comes out.
  /// False: there is nothing more to wait for, the socket can be closed. In the middle of an event
  /// it is: what ends there must not look whole.
  bool say_goodbye(const std::string& text, BootTime now);

  /// What another process needs to go on with it, but for what its owner knows (cursor of one that
  /// rests, peer, identity). nullopt for one that cannot be handed over: its socket cannot, it is
  /// conflated, its end was sent, its topics are judged, or its start is not known yet.
  std::optional<HandedStream> hand_over() const;

  /// Reads and forgets what the peer sends, a share of it. Sets `input`; spends what it takes.
  void discard_input(Budget& budget);

  /// Asks the processor for the socket's memory, which feed() is about to use.
  void prefetch_socket() const { __builtin_prefetch(socket_.get()); }

  const log::Cursor& cursor() const { return reader_.cursor(); }
  /// The socket has refused bytes, or not sent what it took, and has not told of room since.
  bool is_blocked() const { return blocked_; }
  bool was_caught_up() const { return was_caught_up_; }
  /// It is sent the newest events of their pairs alone, now.
  bool is_conflated() const { return reader_.is_conflated(); }
  /// The event that ends the stream was sent, but for what is pending: it wants nothing more of the
  /// log.
  bool has_ended() const { return reader_.has_ended(); }
  /// Bytes that the socket took, as they stand in the log: without head and framing.
  std::uint64_t bytes_sent() const { return bytes_sent_; }
  std::string peer() const { return socket_->peer(); }
  /// The socket has taken bytes that wait for room: they are lost when it is destroyed.
  bool has_unsent() const { return socket_->unsent() > 0; }
  /// While it lingers: what was unsent has left.
  void note_left(BootTime now) { unchanged_since_ = now; }
  /// When bytes last moved, or, while it is blocked, since when it has been.
  BootTime unchanged_since() const { return unchanged_since_; }
  /// Null for one that wants everything.
  const Filter* filter() const { return static_cast<const Filter*>(reader_.selector()); }

  /// What the peer sends after its request.
  enum class Input : std::uint8_t {
    kNothing,  ///< all of it was discarded; on_ready() tells of more
    kMore,     ///< there may be more to discard
    kEnded,    ///< the peer sent FIN: it gets what it asked for, and then the stream ends
    kBroken,   ///< the connection does not work any more
  };

 protected:
  // For PacedSubscriber.

  net::Socket& socket() { return *socket_; }
  log::Reader& reader() { return reader_; }
  bool has_text() const { return ahead_ != nullptr && !ahead_->text.empty(); }
  /// Whole lines, or the rest of such, to be sent before anything from the log.
  void queue(std::string_view text);
  const wire::EventId* replay_end() const;
  void begin_replay(const wire::EventId& end);
  /// A write of `given` bytes came out so.
  void note_write(net::IoResult result, std::size_t given, BootTime now, Counts& counts,
                  Budget& budget);
  FeedResult catch_up();
  /// Queues a comment that fills the chunk that is open. False: none is. REQUIRES: !has_text().
  bool fill_chunk();

 private:
  // First, since they fit into the padding of Schedule::Hook, the last base.
  bool blocked_ = false;
  bool was_caught_up_ = false;
  bool may_owe_;  // it was conflated: what a chunk was begun with may have been superseded
  const Ids ids_;

 public:
  // Its owner's notes.
  Input input = Input::kMore;                    ///< a FIN may have come with the request
  CloseReason leaving_for = CloseReason::kPeer;  ///< while it is kLeaving
  bool awaits_end = false;                       ///< it lingers for the end of its peer

 private:
  /// What a stream that only follows does not have: kept apart, and null while there is nothing.
  struct Ahead {
    std::string text;  ///< whole lines of the server's own, sent before anything from the log
    std::size_t sent = 0;
    std::optional<wire::EventId> replay_end;              ///< none once the replay is over
    std::optional<std::chrono::milliseconds> not_before;  ///< see log::Start; none once it is found
  };

  std::string_view text_left() const { return std::string_view(ahead_->text).substr(ahead_->sent); }
  Ahead& ahead();
  std::size_t consume_text(std::size_t bytes);
  void drop_ahead_when_empty();

  FeedResult follow(log::WholeReader& reader, const log::View& view, wire::Sequence last,
                    BootTime now, Counts& counts, SharedWrite& shared, Budget& budget);
  FeedResult feed_pieces(const log::View& view, wire::Sequence last, BootTime now, Counts& counts,
                         net::SharedRun& shared, Budget& budget);
  FeedResult end_part();
  bool has_left() const { return !blocked_ || !has_unsent(); }
  bool say_last(const std::string& text);
  void end_replay_when_done();
  void tell_end(const log::View& view);

  net::IoResult write(const log::NextWrite& next, net::SharedRun& shared);
  std::uint64_t consume(const log::View& view, const log::NextWrite& next, std::size_t bytes);

  FanOutLoop& owner_;
  std::unique_ptr<net::Socket> socket_;
  std::unique_ptr<Ahead> ahead_;
  log::Reader reader_;  // its selector, if it has one, is a Filter
  BootTime unchanged_since_;
  std::uint64_t bytes_sent_ = 0;
};

// Inline: it is on the way of every delivery.
inline void Subscriber::note_write(net::IoResult result, std::size_t given, BootTime now,
                                   Counts& counts, Budget& budget) {
  // A send() that wakes the peer, without its bytes.
  constexpr std::uint64_t kStepsPerSend = 3 * Budget::kSystemCall;
  budget.spend(kStepsPerSend + Budget::steps_for_bytes(result.bytes));
  ++counts.sends;
  counts.bytes += result.bytes;
  bytes_sent_ += result.bytes;
  if (result.status == net::IoStatus::kPeerGone) return;
  if (result.bytes > 0 || !blocked_) unchanged_since_ = now;
  blocked_ = result.bytes < given || result.status == net::IoStatus::kUnsent;
}

/// Every hook of a loop's schedule is a subscriber's.
inline Subscriber& subscriber_of(Schedule::Hook& hook) {
  return static_cast<Subscriber&>(hook);
}

}  // namespace sse::hub
