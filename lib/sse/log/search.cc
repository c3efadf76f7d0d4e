#include "sse/log/search.h"

#include <algorithm>
#include <atomic>

#include "sse/log/segment.h"

namespace sse::log {
namespace {

// A live stream has few new events: test each. A Selection costs memory and name lookups, and pays
// only for many.
constexpr wire::Sequence kFewEvents = 8;

constexpr std::uint64_t kStepsPerEvent = 5;

// Of the process: searches of all loops and logs share the memory.
std::atomic<std::size_t> selections = 0;

}  // namespace

// Null: there are as many as there may be.
Search::OwnedSelection Search::make_selection(const Selector& selector) {
  if (selections.fetch_add(1, std::memory_order_relaxed) >= kMostSelections) {
    selections.fetch_sub(1, std::memory_order_relaxed);
    return nullptr;
  }
  return OwnedSelection(new Selection(selector));
}

void Search::Drop::operator()(Selection* selection) const {
  delete selection;
  selections.fetch_sub(1, std::memory_order_relaxed);
}

NextWanted Search::next(const View& view, wire::Sequence from, Budget& budget) {
  from = std::max(from, view.first_held());
  if (selection_ == nullptr) {
    if (from + kFewEvents > view.head()) return ask_each(view, from, budget);
    selection_ = make_selection(selector_);
    if (selection_ == nullptr) return ask_each(view, from, budget);
  }
  return selection_->next(view, from, budget);
}

bool Search::wants(const View& view, wire::Sequence sequence, Budget& budget) const {
  const EventNames event = view.names(sequence);
  budget.spend(kStepsPerEvent + selector_.asking_cost(Kind::kTopic).steps_for(event.topic.size()));
  if (!selector_.wants_topic(event.topic)) return false;
  budget.spend(selector_.asking_cost(Kind::kType).steps_for(event.type.size()));
  return selector_.wants_type(event.type);
}

NextWanted Search::ask_each(const View& view, wire::Sequence from, Budget& budget) const {
  for (; from <= view.head(); ++from) {
    if (budget.is_spent()) return {NextWanted::State::kCut, from};
    if (wants(view, from, budget)) return {NextWanted::State::kFound, from};
  }
  return {NextWanted::State::kNothing, from};
}

}  // namespace sse::log
