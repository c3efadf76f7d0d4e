#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/budget.h"
#include "sse/base/clock.h"
#include "sse/base/ip_address.h"
#include "sse/http/connection_shares.h"
#include "sse/http/deferred_answer.h"
#include "sse/http/held_bytes.h"
#include "sse/http/input_buffer.h"
#include "sse/http/response.h"
#include "sse/http/two/session_host.h"
#include "sse/net/socket.h"

namespace sse::http {

enum class Entrance : std::uint8_t;
class AnswerSocket;
class ConnectionSet;
class RequestStream;
class Session;
enum class Slice : std::uint8_t;
enum class Verdict : std::uint8_t;
class Output;
struct ResponseBody;

/// One HTTP connection: reads a request, has it answered, writes the answer, and so on, one request
/// at a time; nothing is read while an answer is on its way. Idle, it owns no buffer. A peer that
/// speaks HTTP/2 makes it the host of a Session, each of whose requests has a Connection of its
/// own, for one request. Loop-affine; owned by its ConnectionSet, which it asks to destroy it.
class Connection final : public Occupant, private net::ReadyHandler, private SessionHost {
 public:
  using List = std::list<Connection>;

  enum class State : std::uint8_t {
    kIdle,       // between requests
    kReading,    // a request has begun
    kJudging,    // a gate waits for an outcome before it says its verdict on the head
    kAwaiting,   // its handler has deferred the answer
    kWorking,    // its answer is made in slices
    kWriting,    // an answer is on its way
    kSession,    // HTTP/2: its requests are other connections
    kLingering,  // everything is said; input is read past, so that no reset destroys the answer
    kGone,       // to be destroyed
  };

  /// `peer`: the socket's peer().
  Connection(ConnectionSet& set, std::unique_ptr<net::Socket> socket, std::string peer);
  /// Of one request of `host`, a session's connection.
  Connection(const Connection& host, std::unique_ptr<RequestStream> stream);
  ~Connection();

  /// Which of its set's lists it is in.
  enum class Listed : std::uint8_t { kIdle, kBusy, kResumable };

  /// Where this is in its set's lists; told once.
  void set_position(List::iterator position) { position_ = position; }
  List::iterator position() const { return position_; }
  /// By which listeners it came; told before attach().
  void set_entrance(Entrance entrance) { entrance_ = entrance; }
  Entrance entrance() const { return entrance_; }
  /// Whether a PROXY header says that it is not the proxy's own; told with the entrance.
  void set_proxied(bool is_proxied) { is_proxied_ = is_proxied; }
  bool is_proxied() const { return is_proxied_; }
  void set_listed(Listed listed) { listed_ = listed; }
  Listed listed() const { return listed_; }

  /// Starts to listen to the socket. False: the loop has no room.
  bool attach();
  /// After attach(): the readiness that was reported before. One that has agreed on HTTP/2 in its
  /// TLS handshake speaks it from now on.
  void start(net::Readiness readiness);
  /// After attach(), of one request: its head is there.
  void start_request();
  /// Whether its TLS handshake has agreed on HTTP/2.
  bool has_agreed_on_two() const;
  /// Answers 503 instead of a first request, and closes. `readiness`: told of the socket before.
  void refuse_full(net::Readiness readiness);
  /// The same with 400: it is plain HTTP, where TLS is spoken.
  void refuse_plain(net::Readiness readiness);
  /// Goes on after a pause that fairness asked for.
  void resume() { go(Pace::kInTurn); }
  /// The next slice of work on its answer.
  void do_slice(Budget& budget);
  /// Acts when the time for the present state is over.
  void check_deadline(BootTime now);
  /// Tells the handler that owes the answer, if one is awaited.
  void hurry(Hurry why);
  /// For an idle one, when the server drains. False: there is nothing to say, and it is to be
  /// destroyed.
  bool drain_idle();
  void give_way() override;
  /// The answer that was awaited; null when there is none.
  void answer_late(const DeferredAnswer::Fill& fill);
  /// What a source of pieces, or work in slices, has waited for is there.
  void go_on();
  /// It never comes.
  void give_up();

  /// Cuts its answer, which is not read.
  void cut_unread();
  bool is_idle() const;
  /// Whether it has a place of --max-connections: a session does not while it carries streams,
  /// which have limits of their own.
  bool has_place() const { return has_place_; }
  void set_place(bool has_place) { has_place_ = has_place; }
  /// Speaks HTTP/2 from now on, if only to say that there is no room. `first`: what was read of it
  /// already.
  void start_session(std::string first);
  /// Bytes of its request and its answer, as they are counted.
  std::size_t held() const { return held_.held(); }
  /// Its address holds its share of them.
  bool is_at_end() const { return held_.is_at_end(); }
  /// Whose share it counts against, and its work.
  const std::optional<IpAddress>& group() const { return share_.group(); }
  BootTime since() const { return since_; }

  class Exchange;  // the request being read or answered

 private:
  /// A socket that is ready must not delay those behind it: what is made for it waits for its turn.
  enum class Pace : std::uint8_t { kReady, kInTurn };

  void on_ready(net::Readiness readiness) override;
  /// It may have much to read, or has had its turn already.
  bool is_long() const {
    return listed_ == Listed::kResumable || state_ == State::kLingering ||
           (state_ == State::kReading && standing() == Standing::kKept);  // a body
  }

  // HTTP/2.
  void begin_request(std::unique_ptr<RequestStream> stream) override;
  void on_session_change() override;
  void on_session_end() override;
  bool takes_preface() const;
  void refuse_session();

  // Reading.
  void advance(Pace pace);
  bool read_more();
  bool take();
  void begin_exchange();
  void feed_parser();
  void go_on_reading();
  bool judge_head();
  bool end_judging(Verdict verdict);
  void judge_again();
  bool read_past();

  // Answering.
  void answer();
  void go_on_as_chosen();
  void await_answer();
  void start_slices(bool at_once);
  /// What a slice came to: the response is sent when it is whole.
  Slice after_slice(Slice slice);
  void respond();
  void count_held();
  void let_go(std::size_t bytes);
  void send();
  bool flush(Pace pace);
  void hold(std::string_view head, std::size_t sent, ResponseBody body);
  void end_answer(bool whole, std::uint64_t bytes);
  void start_lingering();
  void enter(State state);
  Standing standing() const;
  void go(Pace pace);
  void settle();

  ConnectionSet& set_;
  std::unique_ptr<net::Socket> socket_;
  AnswerSocket* framing_ = nullptr;   // the socket, if it frames answers itself (HTTP/2)
  std::shared_ptr<Session> session_;  // null but in State::kSession
  List::iterator position_;
  std::unique_ptr<Exchange> exchange_;  // null while idle
  std::unique_ptr<Output> output_;      // what the socket did not take at once
  InputBuffer input_;
  const std::string peer_;
  ConnectionShare share_;
  HeldShare held_;
  BootTime since_;  // begin of the state; when writing, of the standstill
  State state_ = State::kIdle;
  Listed listed_ = Listed::kIdle;
  Entrance entrance_{};
  bool is_proxied_ = false;
  bool has_place_ = true;
  bool is_used_ = false;  // a request has come
  bool closing_ = false;  // after the present answer
};

}  // namespace sse::http
