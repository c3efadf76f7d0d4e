#include "sse/hub/poll_search.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "sse/hub/hub.h"
#include "sse/log/archive.h"
#include "sse/log/conflation.h"
#include "sse/net/loop.h"

namespace sse::hub {
namespace {

// What is searched at once, from one event to the next: not much more than a request takes anyway.
constexpr std::uint64_t kStepsAtOnce = 2'000;
// However little is left: a filter with many names may take all of a part's steps to be looked up,
// and would take them again in each turn.
constexpr std::uint64_t kStepsAtLeast = 100;

// Then the search is taken up again.
constexpr std::chrono::seconds kLongest{60};

}  // namespace

PollSearch::PollSearch(Hub& hub, net::Loop& loop, std::shared_ptr<const Filter> filter,
                       const std::optional<IpAddress>& peer)
    : hub_(hub),
      loop_(loop),
      filter_(std::move(filter)),
      peer_(peer),
      search_(filter_ != nullptr ? std::make_shared<log::Search>(*filter_) : nullptr) {
}

PollSearch::~PollSearch() {
  // Elsewhere only when the loop has stopped: then the wait goes with the hub.
  const bool is_on_loop = loop_.role().is_held();
  if (is_on_loop && ticket_ != nullptr && *ticket_)
    hub_.end_wait(loop_, **std::exchange(ticket_, nullptr));
}

log::NextWanted PollSearch::next(const log::View& view, wire::Sequence from) {
  using State = log::NextWanted::State;
  if (search_ == nullptr) return {from <= view.head() ? State::kFound : State::kNothing, from};
  return search_a_little([&](Budget& part) { return search_->next(view, from, part); });
}

log::NextWanted PollSearch::next_conflated(const log::View& view, wire::Sequence from,
                                           wire::Sequence last) {
  return search_a_little(
      [&](Budget& part) { return log::next_conflated(view, from, last, search_.get(), part); });
}

template <typename Search>
log::NextWanted PollSearch::search_a_little(Search search) {
  Budget& budget = loop_.budget();
  Budget part(std::clamp(budget.left(), kStepsAtLeast, kStepsAtOnce));
  const std::uint64_t before = part.left();
  const log::NextWanted found = search(part);
  budget.spend(before - part.left());
  return found;
}

bool PollSearch::ends(std::string_view type) {
  if (!may_end()) return false;
  loop_.budget().spend(filter_->ending_cost().steps_for(type.size()));
  return filter_->ends(type);
}

void PollSearch::next_later(wire::Sequence from, wire::Sequence last,
                            std::function<void(wire::Sequence next)> done) {
  ticket_ = std::make_shared<std::optional<Waiters::Ticket>>();
  Wait wait{from, filter_, kLongest, nullptr, last, search_, peer_};
  wait.done = [ticket = ticket_, done = std::move(done)](wire::Sequence next) {
    ticket->reset();
    done(next);
  };
  *ticket_ = hub_.wait(loop_, std::move(wait));
}

std::optional<log::View> PollSearch::find_part(const log::View& view, wire::Sequence next) const {
  return hub_.archive()->find(view, next);
}

wire::Sequence PollSearch::next_archived(const log::View& view, wire::Sequence next) const {
  if (filter_ == nullptr) return next;
  return view.next_archived_wanted(next, *filter_, loop_.budget());
}

void PollSearch::load_part(const log::View& view, wire::Sequence next,
                           std::function<void()> done) const {
  hub_.archive()->load(view, next, std::move(done));
}

bool PollSearch::can_load() const {
  return !hub_.is_draining();
}

void PollSearch::part_later(std::function<void()> done) const {
  loop_.post(std::move(done));
}

}  // namespace sse::hub
