#pragma once

#include "sse/http/call.h"
#include "sse/http/router.h"
#include "sse/http/server.h"

namespace sse::http {

/// From a request to its response: the gates, the route, or the error that says why not.
/// Thread-compatible, and only read while it serves.
class Dispatcher {
 public:
  Dispatcher(const Router& router, const ServerHooks& hooks) : router_(router), hooks_(hooks) {}

  /// Judges the head of a request: the gate before the table, then the table. kGoOn: `route` will
  /// answer.
  /// kLater: judge_again() says the verdict.
  Verdict judge_head(Call& call, const Route*& route) const;
  /// The same once the outcome is there that the gate has waited for.
  Verdict judge_again(Call& call, const Judge& judge, const Route*& route) const;

  /// What dispatch() came to.
  enum class Outcome {
    kRoute,   ///< the route answered, deferred, or made a stream
    kGate,    ///< a gate did
    kFailed,  ///< one of them threw: a 500, which no route answered
  };
  /// Has a whole request answered by `route`, unless a gate answers it. `finish` may be set.
  Outcome dispatch(Call& call, const Route& route, Finish& finish) const;

  /// Calls the handler again, which has waited. What it throws makes the response a 500.
  void ask_again(Call& call, const Route& route) const;

  /// Sets the fields that the gate sets (CORS), so that a page may read the error that follows like
  /// any other; as far as the request was read. Whatever else the gate says is the error's.
  void prepare_refusal(Call& call) const;

 private:
  static Verdict ask_gate(Call& call, const Judge& judge, const RouteMatch& match);
  Verdict take_route(Call& call, const RouteMatch& match, const Route*& route) const;
  void answer_without_route(const RouteMatch& match, Call& call) const;

  const Router& router_;
  const ServerHooks& hooks_;
};

/// One slice of work on a response. What throws makes it a 500, and is done.
Slice do_slice(const SlicedWork& work, Response& response, Budget& budget,
               const FunctionRef<Resume()>& later);

/// Fills the response to a request that was deferred. Without `fill` there is none: 500.
void fill_late(Response& response, const DeferredAnswer::Fill& fill);

}  // namespace sse::http
