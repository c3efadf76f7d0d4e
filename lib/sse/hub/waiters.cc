#include "sse/hub/waiters.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace sse::hub {
namespace {

// Responses that may become due in one turn.
constexpr std::size_t kEndedPerTurn = 256;

// A waiter is visited, and put into its place.
constexpr std::uint64_t kStepsPerWaiter = 20;

}  // namespace

Waiters::Waiter::Waiter(Wait what) : wait(std::move(what)) {
  if (wait.filter != nullptr && wait.search == nullptr) {
    wait.search = std::make_shared<log::Search>(*wait.filter);
  }
}

Waiters::Ticket Waiters::add(Wait wait, wire::Sequence head) {
  const Ticket ticket = ++last_ticket_;
  // One with nothing to search yet keeps the order of those that rest.
  const bool is_resting =
      wait.next > head && (resting_.empty() || wait.next >= resting_.back().wait.next);
  if (is_resting && wait.search != nullptr) wait.search->rest();
  List& list = is_resting ? resting_ : searching_[wait.peer];
  const auto added = list.emplace(list.end(), std::move(wait));
  added->is_searching = !is_resting;
  added->ticket = ticket;
  added->timer = loop_.run_after(added->wait.longest, [this, ticket] { end(ticket); });
  by_ticket_.emplace(ticket, added);
  // Counted before the view of the next turn is taken: a publisher that sees no waiter has
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
  while (!by_ticket_.empty()) {
    finish(resting_.empty() ? searching_.begin()->second.begin() : resting_.begin());
  }
}

void Waiters::end_of(FunctionRef<bool(const Identity&)> is_over) {
  std::vector<Ticket> over;
  for (const auto& [ticket, waiter] : by_ticket_) {
    const auto& identity = waiter->wait.identity;
    if (identity != nullptr && is_over(*identity)) over.push_back(ticket);
  }
  for (const auto ticket : over) end(ticket);
}

Waiters::List Waiters::take_out(List::iterator waiter) {
  List taken;
  if (waiter->is_searching) {
    const auto list = searching_.find(waiter->wait.peer);
    taken.splice(taken.end(), list->second, waiter);
    if (list->second.empty()) searching_.erase(list);
  } else {
    taken.splice(taken.end(), resting_, waiter);
  }
  return taken;
}

void Waiters::move(List::iterator waiter, bool is_searching) {
  List taken = take_out(waiter);
  waiter->is_searching = is_searching;
  List& to = is_searching ? searching_[waiter->wait.peer] : resting_;
  to.splice(to.end(), taken);
}

void Waiters::finish(List::iterator waiter) {
  const List finished = take_out(waiter);
  by_ticket_.erase(waiter->ticket);
  loop_.cancel(waiter->timer);
  count_.fetch_sub(1, std::memory_order_seq_cst);
  waiter->wait.done(waiter->wait.next);
}

bool Waiters::look(const log::View& view, Budget& budget) {
  std::size_t may_end = kEndedPerTurn;
  searching_first_ = !searching_first_;
  for (const bool is_searching : {searching_first_, !searching_first_}) {
    while (may_end > 0 && !budget.is_spent()) {
      List* const list = is_searching ? next_searching() : next_resting(view);
      if (list == nullptr) break;
      if (visit(*list, view, budget)) --may_end;
    }
  }
  return has_work(view);
}

bool Waiters::has_work(const log::View& view) const {
  return !searching_.empty() || (!resting_.empty() && resting_.front().wait.next <= view.head());
}

Waiters::List* Waiters::next_searching() {
  if (searching_.empty()) return nullptr;
  auto next = searching_.upper_bound(searched_last_);
  if (next == searching_.end()) next = searching_.begin();
  searched_last_ = next->first;
  return &next->second;
}

Waiters::List* Waiters::next_resting(const log::View& view) {
  const bool is_due = !resting_.empty() && resting_.front().wait.next <= view.head();
  return is_due ? &resting_ : nullptr;
}

// A search that is cut has spent the budget, so none is visited twice.
bool Waiters::visit(List& list, const log::View& view, Budget& budget) {
  const auto first = list.begin();
  Wait& wait = first->wait;
  const log::NextWanted found = find(*first, view, budget);
  budget.spend(kStepsPerWaiter);
  wait.next = found.sequence;
  const bool is_past = wait.last && found.sequence > *wait.last;
  if (found.is_found() || is_past) {
    finish(first);
    return true;
  }
  if (!found.is_cut()) wait.search->rest();
  move(first, found.is_cut());
  return false;
}

log::NextWanted Waiters::find(Waiter& waiter, const log::View& view, Budget& budget) const {
  const wire::Sequence next = waiter.wait.next;
  // An event that is gone may have been wanted: the response says so. One that only the journal has
  // is read by the response.
  const wire::Sequence oldest = std::max(view.tail(), view.first_held());
  if (waiter.wait.filter == nullptr || next < oldest) {
    return {log::NextWanted::State::kFound, next};
  }
  return waiter.wait.search->next(view, next, budget);
}

}  // namespace sse::hub
