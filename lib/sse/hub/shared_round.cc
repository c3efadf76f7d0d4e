#include "sse/hub/shared_round.h"

#include <algorithm>
#include <iterator>

#include "sse/hub/filter.h"
#include "sse/log/search.h"
#include "sse/wire/encoder.h"

namespace sse::hub {
namespace {

constexpr std::uint64_t kStepsPerEvent = 5;
constexpr std::uint64_t kNewestPerStep = 64;

}  // namespace

bool SharedRound::gather(const Range& range, const log::View& view, Budget& budget) {
  const bool is_same = range.group != nullptr && range_.group == range.group &&
                       range_.from == range.from && range_.end == range.end;
  if (is_same) return is_shareable_;
  range_ = range;
  run_.forget();
  text_.clear();
  pieces_.clear();
  wanted_ = 0;
  is_counted_ = true;
  ++gathers_;
  is_shareable_ = range.filter != nullptr ? gather_wanted(view, budget) : gather_all(view, budget);
  if (!is_shareable_) {
    text_.clear();
    pieces_.clear();
  }
  if (!pieces_.empty()) text_ += wire::encode_id_only(range.end);
  return is_shareable_;
}

bool SharedRound::gather_all(const log::View& view, Budget& budget) {
  const wire::Sequence last = range_.end.sequence();
  wanted_ = last + 1 - range_.from;
  budget.spend(wanted_ / kNewestPerStep);
  bool fits = true;
  for (auto next = view.next_newest(range_.from, last); next <= last && fits;
       next = view.next_newest(next + 1, last)) {
    fits = add(view, next, budget);
  }
  return fits;
}

bool SharedRound::gather_wanted(const log::View& view, Budget& budget) {
  log::Search search(*range_.filter);
  Budget steps(kMostSteps);
  bool fits = !range_.filter->may_end();
  auto found = search.next(view, range_.from, steps);
  for (; found.is_found() && found.sequence <= range_.end.sequence();
       found = search.next(view, found.sequence + 1, steps)) {
    ++wanted_;
    steps.spend(kStepsPerEvent);
    const bool is_newest = view.next_newest(found.sequence, found.sequence) == found.sequence;
    if (fits && is_newest) fits = add(view, found.sequence, budget);
  }
  budget.spend(kMostSteps - steps.left());
  is_counted_ = !found.is_cut();
  return fits && is_counted_;
}

// False: it would get too large.
bool SharedRound::add(const log::View& view, wire::Sequence sequence, Budget& budget) {
  const auto block = view.block(sequence);
  if (text_.size() + block.size() > kMostBytes) return false;
  budget.spend(kStepsPerEvent + Budget::steps_for_bytes(block.size()));
  text_ += block;
  pieces_.push_back({sequence, text_.size()});
  return true;
}

SharedRound::Stop SharedRound::stop_after(std::size_t bytes) const {
  const auto open =
      std::upper_bound(pieces_.begin(), pieces_.end(), bytes,
                       [](std::size_t sent, const Piece& piece) { return sent < piece.end; });
  Stop stop;
  stop.events = static_cast<std::uint64_t>(open - pieces_.begin());
  const std::size_t begin = open == pieces_.begin() ? 0 : std::prev(open)->end;
  if (open == pieces_.end()) {
    stop.cursor = {range_.end.sequence() + 1, 0};
  } else {
    stop.cursor = {open->sequence, static_cast<std::uint32_t>(bytes - begin)};
  }
  return stop;
}

}  // namespace sse::hub
