#pragma once

/// \file
/// Responses to what is published: at once when the outcome is known at once, else when it comes.

#include <utility>

#include "sse/base/later.h"
#include "sse/http/call.h"

namespace sse::web {

/// What makes the text that is kept for repeats, where `repeat` (http::Call::repeat()) is there.
template <typename T, typename Respond>
RepeatText<Result<T>> repeat_of(const http::Call::Repeat& repeat, Respond respond) {
  if (!repeat) return nullptr;
  return [repeat, respond](const Result<T>& outcome) {
    http::Response response;
    respond(response, outcome);
    return repeat(response);
  };
}

/// `start` gets a Later, and gives the outcome or nullopt; `respond` makes the response of it. The
/// response waits for the outcome also when the peer leaves or the server drains: what is on its
/// way into the log is answered.
template <typename T, typename Start, typename Respond>
void answer_when_known(http::Call& call, const Start& start, Respond respond) {
  const auto later = [&]() -> Done<T> {
    return [answer = call.defer(nullptr), respond](Result<T> outcome) {
      answer.send([respond, outcome = std::move(outcome)](http::Response& deferred) {
        respond(deferred, outcome);
      });
    };
  };
  const auto repeat = repeat_of<T>(call.repeat(), respond);
  const auto known = start(Later<T>(later, repeat ? &repeat : nullptr, call.request().group));
  if (known) respond(call.response(), *known);
}

}  // namespace sse::web
