#pragma once

/// \file
/// Follows an event stream, and comes back when it is cut (WHATWG HTML section 9.2;
/// docs/sse-sub.md has the reconnect table).

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/random.h"
#include "sse/client/answer.h"
#include "sse/client/backoff.h"
#include "sse/client/transport.h"
#include "sse/client/waiter.h"
#include "sse/wire/parser.h"

namespace sse::client {

/// The position that was asked for is no longer there: events may be lost.
struct Gap {
  std::string requested;                ///< the last event id that was sent
  std::string oldest;                   ///< where the stream goes on, when known
  std::optional<std::uint64_t> missed;  ///< how many events, when known
  std::string reason;                   ///< `expired`, `unknown`, `other-stream`, or a status
};

/// Why an EventSource has ended.
struct Ending {
  enum class Reason {
    kListener,     ///< the listener had enough
    kInterrupted,  ///< the waiter was interrupted
    kStop,         ///< the server said 204
    kStreamEnded,  ///< and reconnecting is off
    kUnresolved,   ///< this and all below: the first connection failed, or for good
    kUnreachable,
    kUnavailable,
    kBusy,
    kForbidden,
    kInvalid,
    kNotTrusted,  ///< TLS
    kNotAnEventStream,
  };
  Reason reason = Reason::kListener;
  std::string text;  ///< one line for a person

  /// kStreamEnded, and the response was whole: the server ended it, not the connection.
  bool is_whole = false;
};

/// The reason that belongs to an exchange without an answer, and to an answer without a stream.
SSE_EXPORT Ending::Reason reason_of(ExchangeEnd::Kind kind);
SSE_EXPORT Ending::Reason reason_of(Answer answer);

/// What an EventSource tells, from inside run(). A listener that answers false ends the run.
class EventSourceListener {
 public:
  virtual ~EventSourceListener() = default;

  /// A connection is tried.
  virtual void on_request(const StreamRequest& /*request*/) {}

  /// The subscription is live.
  virtual bool on_open(const ResponseHead& /*head*/) { return true; }

  /// An event; the listener may move from it. `sse.gap` and `sse.closing` do not come here.
  virtual bool on_event(wire::ReceivedEvent& event) = 0;

  /// The last event ID moved without an event.
  virtual void on_id(std::string_view /*id*/) {}

  /// Nothing complete is left in what has arrived.
  virtual bool on_drained() { return true; }

  virtual bool on_gap(const Gap& /*gap*/) { return true; }

  /// The server closes the stream, and says why: `evicted`, `slow`, `shutdown`,
  /// `reset`, `done`.
  virtual void on_closing(std::string_view /*reason*/) {}

  /// The connection failed or was cut, as `why` tells; the next one comes after `wait`.
  virtual void on_retry(const Ending& /*why*/, std::chrono::nanoseconds /*wait*/) {}
};

struct EventSourceOptions {
  Endpoint url;
  std::vector<Header> headers;  ///< sent to the origin of `url` only; no redirect takes them away
  /// In place of `headers`, when it is there. A 401 behind a stream is then tried once more.
  HeaderSource fresh_headers;

  /// Redirects are followed for GET only.
  std::string method = "GET";
  std::string body;

  std::string last_event_id;  ///< where to resume; empty is a first visit

  Backoff::Limits retry;
  bool reconnect = true;

  /// Whether 408, 425, 429 and 5xx end the run too.
  bool strict = false;

  /// How long the first connection is tried; nullopt: once.
  std::optional<std::chrono::nanoseconds> wait_server;

  /// How long it may be without a stream, once it had one; nullopt: for ever.
  std::optional<std::chrono::nanoseconds> max_outage;

  std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);

  /// Silence after which a connection counts as cut. nullopt: three heartbeats of the server, and
  /// without limit when it does not announce any.
  std::optional<std::chrono::nanoseconds> read_timeout;
};

/// An EventSource that runs on its caller's thread. Once it had a stream it retries for as long as
/// max_outage says, except after answers that no waiting changes. Thread-compatible.
class SSE_EXPORT EventSource {
 public:
  EventSource(EventSourceOptions options, Transport& transport, Waiter& waiter, const Clock& clock,
              RandomSource& random, EventSourceListener& listener);
  ~EventSource();
  EventSource(const EventSource&) = delete;
  EventSource& operator=(const EventSource&) = delete;

  /// Follows the stream until there is a reason to end.
  Ending run();

  /// What the next connection would resume from: the id of the last event given to the listener,
  /// or a later one that came without an event.
  const std::string& last_event_id() const { return parser_.last_event_id(); }

 private:
  class Sink;

  /// What one connection came to.
  struct Outcome {
    Ending why;
    enum class Next { kEnd, kRetry } next = Next::kEnd;
    std::chrono::nanoseconds at_least{};  ///< before the next connection
  };

  /// An answer whose body is still coming.
  struct Opened {
    std::unique_ptr<Exchange> exchange;
    Exchange::Arrived arrived;  // with the head
  };

  static Outcome interrupted();
  static Outcome had_enough();

  Outcome connect();
  std::variant<Opened, Outcome> open(const Endpoint& url);
  StreamRequest request_for(const Endpoint& url) const;
  Outcome read_stream(Opened& opened);
  Waiter::Woke wait_for_more(Opened& opened, std::optional<std::chrono::nanoseconds> most_silence);
  Outcome read_refusal(Opened& opened, const Endpoint& url);
  /// Adds `: why`, in the hub's words, if it said so.
  void read_reason(Opened& opened, const Endpoint& url, int status, Ending& why);
  Outcome resume_elsewhere(const ResponseHead& head, Ending why);
  std::optional<Outcome> parse(std::string_view bytes);
  void try_for(std::optional<std::chrono::nanoseconds> time);
  bool may_retry() const;
  std::optional<std::chrono::nanoseconds> next_wait(std::chrono::nanoseconds at_least);

  const EventSourceOptions options_;
  Transport& transport_;
  Waiter& waiter_;
  const Clock& clock_;
  EventSourceListener& listener_;
  Backoff backoff_;
  std::unique_ptr<Sink> sink_;
  wire::Parser parser_;
  Endpoint url_;  // follows permanent redirects
  bool had_stream_ = false;
  bool may_ask_again_ = false;         // after a 401: a stream has worked since the last one
  std::optional<BootTime> try_until_;  // without a stream; nullopt: for ever
};

}  // namespace sse::client
