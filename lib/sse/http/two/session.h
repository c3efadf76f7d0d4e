#pragma once

/// \file
/// HTTP/2 (RFC 9113) on one connection.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sse/base/clock.h"
#include "sse/http/connection_shares.h"
#include "sse/http/two/flood_meter.h"
#include "sse/http/two/request_stream.h"
#include "sse/http/two/request_text.h"
#include "sse/http/two/session_host.h"
#include "sse/net/socket.h"

struct nghttp2_session;

namespace sse::http {

class Sessions;
struct AnswerFields;
struct Response;

/// Streams that a peer may have open at a time.
inline constexpr std::size_t kMostStreams = 250;

/// Bytes of output that a session holds; a frame that is not DATA may go beyond.
inline constexpr std::size_t kMostOutput = 32U << 10U;

struct SessionLimits {
  std::size_t max_head = 0;
  std::chrono::nanoseconds request_timeout{};
  std::chrono::nanoseconds write_timeout{};
};

/// Owns the connection's socket, and makes of each stream a RequestStream. Frames are nghttp2's;
/// what its callbacks find is noted, and told when they have returned. A handler is told only from
/// the session's own readiness or turn, never inside a call of another stream, so the calls of
/// streams destroy nothing.
///
/// DATA of all streams goes into one output, as far as the windows of stream and connection and the
/// output have room, and is written once a turn. Loop-affine.
class Session final : public std::enable_shared_from_this<Session>, private net::ReadyHandler {
 public:
  /// `peer`: as net::Socket::peer() has it.
  Session(Sessions& sessions, std::unique_ptr<net::Socket> socket, std::string peer,
          const SessionLimits& limits, SessionHost& host);
  ~Session();

  /// Begins. `first`: what was read of the connection already. `is_hung_up`: the peer's FIN was
  /// told of before.
  void start(std::string_view first, bool is_hung_up);
  /// Says that no more streams are served (GOAWAY); the session ends with the last one.
  void drain();
  /// The host goes. Streams are told that they are broken, in the next turn.
  void close();
  /// Acts when the time for something is over; every second or so.
  void check(BootTime now);

  /// There are streams, or something is on its way: the peer's settings, a head, output that the
  /// peer does not take, the end.
  bool is_busy() const;
  /// A stream of it is a subscriber's.
  bool has_subscriptions() const { return subscriptions_ > 0; }
  /// How it stands among the connections of its address: without streams it gives way as a
  /// connection of HTTP/1 does that has no request under way.
  Standing standing() const;

  // For Sessions.

  bool mark_due() { return !std::exchange(is_due_, true); }
  /// Whether others want their part of the turn, too.
  enum class Company : std::uint8_t { kNone, kOthers };
  void run(Company company);

  // For its streams.

  net::IoResult write(RequestStream& stream, std::span<const iovec> pieces);
  void end_answer(RequestStream& stream);
  void send_head(RequestStream& stream, const Response& response, const AnswerFields& fields,
                 bool has_body);
  void send_continue(RequestStream& stream);
  /// `bytes` of DATA were read: the peer may send as many again.
  void give_room(const RequestStream& stream, std::size_t bytes);
  /// As many again on the connection, and not on the stream.
  void give_shared_room(std::size_t bytes);
  /// The rest of it.
  void give_own_room(const RequestStream& stream, std::size_t bytes);
  void count_subscription(int change);
  /// It is being destroyed.
  void let_go(RequestStream& stream);
  const std::shared_ptr<const std::string>& peer() const { return peer_; }
  const net::TlsPeer* tls() const { return socket_ == nullptr ? nullptr : socket_->tls(); }

 private:
  struct Frames;  // nghttp2's callbacks
  static nghttp2_session* open_http2(Session& session);

  /// What a stream writes, while it does.
  struct Lent {
    RequestStream* stream = nullptr;
    std::span<const iovec> pieces;
    std::size_t used = 0;  // of the first piece
    std::size_t left = 0;
  };

  /// A socket that is ready must not delay those behind it.
  enum class Pace : std::uint8_t { kReady, kInTurn, kAlone };

  void on_ready(net::Readiness readiness) override;

  // Input.
  void advance(Pace pace);
  bool read_some();
  void end_reading();
  void receive(std::string_view bytes);
  bool has_untold() const { return !newcomers_.empty() || !told_.empty(); }
  void tell_streams(std::size_t most);
  void begin_requests(std::size_t& most);
  void begin_head(std::int32_t id);
  void end_head(bool ends);
  void note(RequestStream& stream, net::Readiness readiness);
  void note_closed(RequestStream& stream, std::uint32_t error);
  void note_reset(const RequestStream* stream);
  void count_reset(std::uint32_t error);
  /// A frame brought nothing. `is_fine`: there were not too many of them.
  void note_idle(bool is_fine) {
    if (!is_fine) calm_down();
  }
  BootTime now() const;
  void calm_down();
  /// Of a call of nghttp2: 0, or fail().
  void expect(int result);
  /// Ends the connection for this error of nghttp2's: with GOAWAY, or at once if it is fatal.
  void fail(int error);
  void terminate(std::uint32_t error);

  // Output.
  bool is_full() const { return output_.size() - written_ >= kMostOutput; }
  std::size_t room() const;
  RequestStream* stream_at(std::int32_t id) const;
  std::int64_t plan_data(std::int32_t id, std::size_t most, std::uint32_t& flags) noexcept;
  void resume(const RequestStream& stream);
  void pump();
  bool flush();
  void copy_lent(std::size_t bytes);
  void reset(std::int32_t id, std::uint32_t error);
  bool note_ending_closed(std::int32_t id);

  // Windows.
  std::size_t share_of_window(const RequestStream& stream);
  std::int32_t window_of(const RequestStream& stream) const;
  /// It could write, if it had a share of the connection's window.
  bool is_starved(const RequestStream& stream);
  bool has_starved(const RequestStream* but);
  void wake_writers();
  void note_window(RequestStream& stream, std::size_t update);
  void note_own_window();
  void check_window(BootTime now);
  void cut_holder();

  // Life.
  void tell_host();
  bool has_streams() const { return !streams_.empty() || !told_.empty(); }
  bool has_work() const;
  bool is_late(BootTime now) const;
  void finish_when_done();
  void end();
  void say_goodbye();
  void abandon_streams();

  Sessions& sessions_;
  std::unique_ptr<net::Socket> socket_;  // null: it was closed
  const std::shared_ptr<const std::string> peer_;
  const SessionLimits limits_;
  SessionHost* host_;  // null: it was closed
  nghttp2_session* http2_ = nullptr;

  RequestStream::List streams_;
  RequestStream::List told_;  // those of them that are to be told something
  std::deque<std::unique_ptr<RequestStream>> newcomers_;
  std::size_t newcomer_bytes_ = 0;   // of their heads
  std::optional<RequestText> text_;  // of the head that is being read
  std::int32_t text_stream_ = 0;
  std::size_t block_bytes_ = 0;  // of the fields that are being read, trailers too
  std::size_t subscriptions_ = 0;

  std::string output_;
  std::size_t written_ = 0;  // of output_
  Lent lent_;
  std::int32_t widest_ = 0;    // the largest window that the peer has given the connection
  std::size_t endings_ = 0;    // answers that wait for a window to end, and have no stream any more
  std::uint64_t unheard_ = 0;  // bytes that were sent since heard_

  FloodMeter flood_;
  BootTime began_;
  BootTime heard_;                          // when bytes came last
  BootTime moved_;                          // when output moved last, or began
  BootTime text_began_;                     // of text_
  std::optional<BootTime> pinged_;          // and not heard of since
  std::optional<BootTime> without_window_;  // a stream waits for the connection's window
  std::optional<BootTime> lingering_;       // the sending side has ended
  std::optional<BootTime> calmed_;          // it was told ENHANCE_YOUR_CALM
  BootTime last_ending_;                    // when endings_ grew last
  bool is_due_ = false;
  bool has_changed_ = false;  // the host is to be told
  bool is_readable_ = true;
  bool is_hung_up_ = false;
  bool has_met_end_ = false;  // the peer sends no more
  bool has_waiting_ = false;  // streams may wait for room
  bool is_blocked_ = false;   // the socket took no more
  bool is_broken_ = false;
  bool has_settings_ = false;
  bool is_draining_ = false;
};

}  // namespace sse::http
