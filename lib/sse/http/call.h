#pragma once

/// \file
/// One request and what comes of it: the one way into a handler, whatever carries the request.
///
///     router.add("GET", "/slow", [&](Call& call) {
///       workers.post([work = copy_of(call.request()), answer = call.defer(nullptr)] {
///         answer.send([done = work.run()](Response& response) { response.body = done; });
///       });
///     });

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "sse/base/budget.h"
#include "sse/base/export.h"
#include "sse/base/identity.h"
#include "sse/base/later.h"
#include "sse/http/deferred_answer.h"
#include "sse/http/request.h"
#include "sse/http/response.h"

namespace sse::net {
class Loop;
class Socket;
}  // namespace sse::net

namespace sse::http {

/// What one slice of the work on a response came to.
enum class Slice : std::uint8_t {
  kMore,   ///< the budget is spent, and there is more to do
  kDone,   ///< the response is complete
  kLater,  ///< it waits for an outcome: it has taken a Resume, which calls for the next slice
  kAgain,  ///< what the handler has waited for is there: the handler is called again (is_again())
};

/// Works on a response within the budget, which it spends as it goes, and always gets on by
/// something. `later` gives a Resume, as for a PieceSource; when its last copy goes uncalled the
/// response is 500. On the connection's loop: it must not block.
using SlicedWork =
    std::function<Slice(Response& response, Budget& budget, const FunctionRef<Resume()>& later)>;

struct RouteMatch;
class Call;

/// What a gate says (ServerHooks).
enum class Verdict : std::uint8_t {
  kGoOn,
  kAnswered,  ///< its response is in the call, and no route is asked
  kLater,     ///< of on_route alone: it has called Call::judge_later()
};

/// A gate's verdict on the head of a request.
using Judge = std::function<Verdict(Call&, const RouteMatch&)>;

/// Valid on its loop's thread: during a gate's and the handler's call, and in slices of work on its
/// response; its request and response, until the response is complete. A handler fills the
/// response, or makes it in slices, or defers it, or starts a stream.
class SSE_EXPORT Call {
 public:
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  Request& request() { return request_; }
  const Request& request() const { return request_; }
  Response& response() { return response_; }
  const Response& response() const { return response_; }

  /// Who asks, as a gate has found out from a credential (ServerHooks::on_head), and never from a
  /// header field alone. Null where no gate asks for credentials.
  SharedIdentity& identity() { return identity_; }
  const SharedIdentity& identity() const { return identity_; }

  /// What a repeat of this request must be given after the hub has ended and started again, as a
  /// gate has set it: the record to be kept, of a response. Null: nothing.
  using Repeat = std::function<RepeatRecord(const Response&)>;
  Repeat& repeat() { return repeat_; }

  /// What a handler tells that publishes more than one event, as a gate has set it: how many more,
  /// once they are counted. Null: nothing.
  using MoreEvents = std::function<void(std::size_t more)>;
  MoreEvents& on_more_events() { return on_more_events_; }

  /// The gate that judges the head waits for an outcome (Verdict::kLater): once the Resume was
  /// called `judge` says the verdict, which may be kLater again. Nothing more of the request is
  /// read before, and there is no deadline: the gate must see to it that the outcome comes. When
  /// the last copy goes uncalled the response is 500.
  virtual Resume judge_later(Judge judge) = 0;

  /// Where all of the connection's work is done.
  virtual net::Loop& loop() = 0;

  /// What may still be done in this turn. The connection counts what a request takes in itself; a
  /// gate or a handler spends what it does beyond that, as a pass over a long body.
  virtual Budget& budget() = 0;

  /// The response comes later. From now on the connection waits: it reads nothing, counts as one of
  /// --max-connections and has no deadline, so the handler must see to it that the response comes.
  /// Of what is in the response now only the fields are kept. Once.
  virtual DeferredAnswer defer(OnHurry on_hurry) = 0;

  /// The response takes long: `work` makes it in slices, in this turn and in later ones, until it
  /// is done. Peers take turns by address, and each has one response at work at a time. The work
  /// goes on when the peer leaves and when the server drains. Once, instead of defer().
  virtual void answer_in_slices(SlicedWork work) = 0;

  /// Whether the handler was called before, for the same request, and has waited (Slice::kAgain).
  /// It may then do whatever a handler may.
  virtual bool is_again() const = 0;

  /// The response's status and fields are the head of a stream, framed as the request's version of
  /// HTTP asks; what is written to the socket is its body, and shutdown_write() its end. The head
  /// leaves with the first write. Null for HEAD, whose response is the head alone. The caller
  /// attaches the socket to a handler of its own. Once.
  virtual std::unique_ptr<net::Socket> start_stream() = 0;

 protected:
  Call() = default;
  ~Call() = default;

  /// For another request, with the memory of this one.
  void clear() {
    request_.clear();
    response_.clear();
    identity_ = nullptr;
    if (repeat_) repeat_ = nullptr;
    if (on_more_events_) on_more_events_ = nullptr;
  }

 private:
  Request request_;
  Response response_;
  SharedIdentity identity_;
  Repeat repeat_;
  MoreEvents on_more_events_;
};

/// Runs on a loop's thread: it must not block. It is called for HEAD like for GET.
using CallHandler = std::function<void(Call&)>;

}  // namespace sse::http
