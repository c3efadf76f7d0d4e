#pragma once

/// \file
/// How a handler asks a TicketStore, whose outcome may come later.

#include <memory>
#include <optional>
#include <utility>

#include "sse/base/later.h"
#include "sse/base/result.h"
#include "sse/gate/ticket_store.h"
#include "sse/http/call.h"

namespace sse::gate {

/// What a peer is told when the store has refused a call, whose reason goes to the log: it may be
/// the text of another program. kFull, else kUnavailable.
Error refusal_of_store(const http::Request& request, const Error& why);

/// `ask(later)` asks the store, and `then(outcome)` goes on with what it says: at once, if the
/// store knows, else in a slice of the response, for which it returns an http::Slice. Both may use
/// the call. An error that comes later is a refusal_of_store().
template <typename T, typename Ask, typename Then>
void ask_in_slices(const TicketStore& store, http::Call& call, Ask ask, Then then) {
  if (store.answers_at_once()) {
    const auto never = []() -> Done<T> { return nullptr; };
    then(*ask(Later<T>(never)));
    return;
  }
  struct State {
    bool is_asked = false;
    std::optional<Result<T>> outcome;  // written before the Resume is called, read after it
  };
  call.answer_in_slices(
      [&call, state = std::make_shared<State>(), ask = std::move(ask), then = std::move(then)](
          http::Response&, Budget&, const FunctionRef<http::Resume()>& resume) {
        if (!std::exchange(state->is_asked, true)) {
          const auto make_done = [&]() -> Done<T> {
            return [state, go_on = resume()](Result<T> outcome) {
              state->outcome = std::move(outcome);
              go_on();
            };
          };
          // Where it comes later it may be there already, on another thread.
          auto known = ask(Later<T>(make_done));
          return known ? then(*std::move(known)) : http::Slice::kLater;
        }
        auto outcome = *std::exchange(state->outcome, std::nullopt);
        if (!outcome) outcome = refusal_of_store(call.request(), outcome.error());
        return then(std::move(outcome));
      });
}

}  // namespace sse::gate
