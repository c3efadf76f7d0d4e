#include "sse/log/conflation.h"

#include <algorithm>

namespace sse::log {
namespace {

using State = NextWanted::State;

constexpr std::uint64_t kEventsPerStep = 64;

// How many newest events in a row are tested, and found not wanted, before the next wanted event is
// searched for: most logs have few newest events, and a Selection pays only for many.
constexpr int kMostAsked = 16;

/// The next event that is the newest of its pair, wanted or not, as far as the budget goes.
NextWanted next_newest(const View& view, wire::Sequence from, wire::Sequence last, Budget& budget) {
  const std::uint64_t steps = std::min(budget.left(), (last - from) / kEventsPerStep + 1);
  const wire::Sequence end = std::min(last, from + steps * kEventsPerStep - 1);
  const wire::Sequence next = view.next_newest(from, end);
  budget.spend((next - from) / kEventsPerStep + 1);
  if (next <= end) return {State::kFound, next};
  return {end < last ? State::kCut : State::kNothing, next};
}

}  // namespace

NextWanted next_conflated(const View& view, wire::Sequence from, wire::Sequence last,
                          Search* search, Budget& budget) {
  from = std::max(from, view.first_held());
  for (int asked = 0; from <= last;) {
    if (budget.is_spent()) return {State::kCut, from};
    const NextWanted newest = next_newest(view, from, last, budget);
    if (!newest.is_found() || search == nullptr) return newest;
    from = newest.sequence;
    if (asked < kMostAsked) {
      if (search->wants(view, from, budget)) return newest;
      ++asked;
      ++from;
      continue;
    }
    // Both jump ahead to what the other has found, until they meet.
    const NextWanted wanted = search->next(view, from, budget);
    if (wanted.sequence > last || !wanted.is_found()) {
      return {wanted.sequence > last ? State::kNothing : wanted.state,
              std::min(wanted.sequence, last + 1)};
    }
    if (wanted.sequence == from) return wanted;
    from = wanted.sequence;
  }
  return {State::kNothing, last + 1};
}

}  // namespace sse::log
