// Answers that are made in slices, and handlers that wait in one.

#include "sse/http/connection_set.h"
#include "sse/http/exchange.h"

namespace sse::http {

// By the handler: now, later, in slices, in pieces.
void Connection::go_on_as_chosen() {
  Exchange& exchange = *exchange_;
  if (exchange.is_deferred()) return await_answer();
  if (exchange.is_sliced()) return start_slices(set_.slices().empty());
  if (exchange.slice_first_piece()) return start_slices(false);
  respond();
}

// The first slice is done at once, where no other waits: most requests that could take long do not.
void Connection::start_slices(bool at_once) {
  enter(State::kWorking);
  if (!at_once || after_slice(exchange_->do_first_slice()) == Slice::kMore) set_.work_later(*this);
}

void Connection::do_slice(Budget& budget) {
  if (after_slice(exchange_->do_slice(budget)) == Slice::kMore) return;
  go(Pace::kInTurn);
}

Slice Connection::after_slice(Slice slice) {
  if (slice != Slice::kMore) set_.slices().remove(*this);
  if (slice == Slice::kAgain) {
    exchange_->ask_again();
    go_on_as_chosen();
  } else if (slice == Slice::kDone) {
    closing_ = closing_ || set_.is_draining();
    respond();
  }
  return slice;
}

}  // namespace sse::http
