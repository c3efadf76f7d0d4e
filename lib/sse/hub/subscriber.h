#pragma once

/// \file
/// One stream: a socket and a cursor.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sse/base/clock.h"
#include "sse/hub/counts.h"
#include "sse/hub/filter.h"
#include "sse/hub/stream_opening.h"
#include "sse/hub/stream_registry.h"
#include "sse/log/cursor.h"
#include "sse/log/selection.h"
#include "sse/log/view.h"
#include "sse/net/socket.h"

namespace sse::hub {

class FanOutLoop;

/// How far a subscriber got in one turn.
enum class Fed : std::uint8_t {
  kCaughtUp,    ///< everything in the view is with the socket
  kMore,        ///< its share of the turn is used up
  kBlocked,     ///< the socket has no room; it will tell
  kLeftBehind,  ///< its next event is no longer in the log
  kPeerGone,
};

/// What a filtered subscriber has besides: kept apart, since most streams have none.
struct Filtering {
  explicit Filtering(std::unique_ptr<const Filter> wanted) : filter(std::move(wanted)) {}
  std::unique_ptr<const Filter> filter;
  std::unique_ptr<log::Selection> selection;  ///< null while there is nothing to look for
  wire::Sequence announced = 0;  ///< the position that the subscriber's last event ID stands for
};

/// Nothing is queued for a subscriber: it is fed from the log's own bytes, from its cursor to the
/// end. An idle one costs this object, its socket and nothing else. Loop-affine.
class Subscriber final : public net::ReadyHandler {
 public:
  /// `greeting` is sent first, as it is. Events up to `replay_end` are replay, if there is one.
  Subscriber(FanOutLoop& owner, std::unique_ptr<net::Socket> socket, std::string greeting,
             log::Cursor cursor, std::optional<wire::EventId> replay_end,
             std::unique_ptr<const Filter> filter, Ids ids, BootTime now);

  bool attach(net::Loop& loop) { return socket_->attach(loop, *this); }
  void on_ready(net::Readiness readiness) override;

  /// Sends what is pending and what the log has from the cursor on, at most one share of a turn.
  /// `shared`: what the loop wrote to the stream before this one.
  Fed feed(const log::View& view, BootTime now, Counts& counts, net::SharedRun& shared);

  /// It wants nothing before `next`: its owner has looked. Only for one that is neither blocked nor
  /// behind.
  void skip_to(wire::Sequence next);

  /// For one that is neither blocked nor behind: the id-only block if the cursor passed events that
  /// the filter hid, else a comment. Pending; the next feed() sends it.
  void queue_heartbeat(const log::View& view);

  /// Best effort: says `text` if it may and the socket takes it all, then ends the sending side.
  /// False: there is nothing more to wait for, the socket can be closed. In the middle of an event
  /// it is: what ends there must not look whole.
  bool say_goodbye(const std::string& text, BootTime now);

  /// Reads and forgets what the peer sends, a share of it. False: it is gone. Sets notes.has_input.
  bool discard_input();

  /// Asks the processor for the socket's memory, which feed() is about to use.
  void prefetch_socket() const { __builtin_prefetch(socket_.get()); }

  const log::Cursor& cursor() const { return cursor_; }
  /// The socket refused bytes and has not told of room since.
  bool is_blocked() const { return blocked_; }
  bool was_caught_up() const { return was_caught_up_; }
  /// Bytes that the socket took, as they stand in the log: without head and framing.
  std::uint64_t bytes_sent() const { return bytes_sent_; }
  std::string peer() const { return socket_->peer(); }
  /// When bytes last moved, or, while it is blocked, since when it has been.
  BootTime unchanged_since() const { return unchanged_since_; }
  /// Null for one that wants everything.
  const Filter* filter() const { return filtering_ ? filtering_->filter.get() : nullptr; }

  /// Its owner's notes: where it is in the owner's lists, and in its life.
  enum class Phase : std::uint8_t { kOpen, kLingering, kDead };
  struct Notes {
    StreamRegistry::Entry entry;
    std::uint32_t index = 0;
    bool due = false;
    bool has_input = false;  ///< there may be more to discard
    Phase phase = Phase::kOpen;
  };
  Notes notes;

 private:
  struct Batch;

  /// What a stream that only follows does not have: kept apart, and null while there is nothing.
  struct Ahead {
    std::string text;  ///< whole lines of the server's own, sent before anything from the log
    std::size_t sent = 0;
    std::optional<wire::EventId> replay_end;  ///< none once the replay is over
  };

  bool has_text() const { return ahead_ != nullptr && !ahead_->text.empty(); }
  const wire::EventId* replay_end() const;
  void queue(std::string_view text);
  void drop_ahead_when_empty();

  net::IoResult write(const Batch& batch, net::SharedRun& shared);
  void gather(const log::View& view, Batch& batch);
  void gather_wanted(const log::View& view, Batch& batch);
  std::optional<wire::Sequence> next_wanted(const log::View& view, wire::Sequence from);
  std::uint64_t consume(const log::View& view, const Batch& batch, std::size_t bytes);
  void end_replay_when_done();
  void note_caught_up();

  FanOutLoop& owner_;
  std::unique_ptr<net::Socket> socket_;
  std::unique_ptr<Ahead> ahead_;
  log::Cursor cursor_;
  BootTime unchanged_since_;
  std::uint64_t bytes_sent_ = 0;
  std::unique_ptr<Filtering> filtering_;
  bool blocked_ = false;
  bool was_caught_up_ = false;
  const Ids ids_;
};

}  // namespace sse::hub
