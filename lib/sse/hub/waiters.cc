#include "sse/hub/waiters.h"

#include <utility>

namespace sse::hub {
namespace {

// Answers that may become due in one turn, and waiters looked at: others want their turn, too.
constexpr std::size_t kEndedPerTurn = 256;
constexpr std::size_t kLookedAtPerTurn = 1024;

}  // namespace

Waiters::Waiter::Waiter(Wait what) : wait(std::move(what)) {
  if (wait.filter != nullptr) selection = std::make_unique<log::Selection>(*wait.filter);
}

Waiters::Ticket Waiters::add(Wait wait) {
  const Ticket ticket = ++last_ticket_;
  const auto added = waiters_.emplace(waiters_.end(), std::move(wait));
  added->ticket = ticket;
  added->timer = loop_.run_after(added->wait.longest, [this, ticket] { end(ticket); });
  by_ticket_.emplace(ticket, added);
  // Counted before the view of the next turn is taken: a publisher that sees nobody to wake has
  // appended before that view.
  count_.fetch_add(1, std::memory_order_seq_cst);
  loop_.request_turn();
  return ticket;
}

void Waiters::end(Ticket ticket) {
  const auto found = by_ticket_.find(ticket);
  if (found != by_ticket_.end()) finish(found->second);
}

void Waiters::end_all() {
  while (!waiters_.empty()) finish(waiters_.begin());
}

void Waiters::finish(List::iterator waiter) {
  List finished;
  finished.splice(finished.end(), waiters_, waiter);
  by_ticket_.erase(waiter->ticket);
  loop_.cancel(waiter->timer);
  count_.fetch_sub(1, std::memory_order_seq_cst);
  waiter->wait.done(waiter->wait.next);
}

bool Waiters::look(const log::View& view) {
  std::size_t ended = 0;
  for (std::size_t looked_at = 0; !waiters_.empty(); ++looked_at) {
    const auto first = waiters_.begin();
    if (first->wait.next > view.head()) return false;
    if (looked_at == kLookedAtPerTurn || ended == kEndedPerTurn) return true;
    if (is_wanted(*first, view)) {
      ++ended;
      finish(first);
    } else {
      first->wait.next = view.head() + 1;
      waiters_.splice(waiters_.end(), waiters_, first);
    }
  }
  return false;
}

bool Waiters::is_wanted(Waiter& waiter, const log::View& view) const {
  // What is gone already may have been wanted: the answer says so.
  if (waiter.selection == nullptr || waiter.wait.next < view.tail()) return true;
  return waiter.selection->next(view, waiter.wait.next).has_value();
}

}  // namespace sse::hub
