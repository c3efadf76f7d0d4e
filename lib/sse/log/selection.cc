#include "sse/log/selection.h"

#include <algorithm>
#include <functional>

#include "sse/log/segment_table.h"

namespace sse::log {
namespace {

// Up to this many events are tested one by one without counting what could be saved: the index
// of 256 events is 5 KiB, read in order.
constexpr std::size_t kShortScan = 256;

// More chains than this are not followed: by then most events are on one of them, and a heap of so
// many is slower than to test each event.
constexpr std::size_t kMostChains = 2048;

constexpr std::uint64_t kStepsToEnter = 20;
// A name is hashed and looked up.
constexpr std::uint64_t kStepsToFind = 10;
// The heap of the chains is put in order again.
constexpr std::uint64_t kStepsToFollow = 5;

std::size_t slot(Kind kind) {
  return static_cast<std::size_t>(kind);
}

std::size_t count_events(const Names& names, const NameSet& wanted) {
  std::size_t events = 0;
  wanted.for_each([&](NameId name) { events += names.count(name); });
  return events;
}

NextWanted found(wire::Sequence at) {
  return {NextWanted::State::kFound, at};
}

NextWanted cut(wire::Sequence at) {
  return {NextWanted::State::kCut, at};
}

}  // namespace

Selection::Selection(const Selector& selector) : selector_(selector) {
  wanted_[slot(Kind::kType)].every = selector.wants_every_type();
  wanted_[slot(Kind::kTopic)].every = selector.wants_every_topic();
  for (const Kind kind : kKinds) wanted_[slot(kind)].cost = selector.asking_cost(kind);
}

NextWanted Selection::next(const View& view, wire::Sequence from, Budget& budget) {
  from = std::max(from, view.first_held());
  while (from <= view.head()) {
    if (budget.is_spent()) return cut(from);
    const Segment& segment = view.segments_->at(from);
    enter(segment);
    const std::size_t limit = view.limit_in(segment);
    const Place place =
        search(segment, static_cast<std::size_t>(from - segment.first()), limit, budget);
    budget.spend(kStepsToEnter);  // after it: what is left before a search gets it on
    from = segment.first() + place.index;
    if (place.is_cut) return cut(from);
    if (place.index < limit) return found(from);
  }
  return {NextWanted::State::kNothing, std::max(from, view.head() + 1)};
}

std::size_t Selection::bytes() const {
  std::size_t bytes = sizeof(*this) + chains_.capacity() * sizeof(chains_[0]);
  for (const Wanted& wanted : wanted_) bytes += wanted.names.bytes();
  return bytes;
}

void Selection::enter(const Segment& segment) {
  if (segment_ == segment.serial()) return;
  segment_ = segment.serial();
  plan_ = Plan::kNone;
  paid_ = 0;
  asked_ = 0;
  for (auto& wanted : wanted_) {
    wanted.resolved = 0;
    wanted.names.clear();
  }
}

// A plan is carried out to its end, also when the view has grown: what came later has one of its
// own.
Selection::Place Selection::search(const Segment& segment, std::size_t from, std::size_t limit,
                                   Budget& budget) {
  while (from < limit) {
    const bool is_planned = plan_ != Plan::kNone && planned_from_ <= from &&
                            from < planned_limit_ && planned_limit_ <= limit;
    if (!is_planned) {
      if (is_asking_cheaper(segment, limit - from)) {
        return ask_each(segment, from, limit, budget);
      }
      for (const Kind kind : kKinds) {
        if (!resolve(segment.names(kind), kind, budget)) return {from, true};
      }
      if (!make_plan(segment, from, limit, budget)) return {from, true};
    }
    planned_from_ = from;  // what chains passed before it is forgotten
    const Place place =
        plan_ == Plan::kScan
            ? scan(segment, from, budget)
            : follow(segment, from, plan_ == Plan::kFollowTypes ? Kind::kType : Kind::kTopic,
                     budget);
    if (place.is_cut || place.index < planned_limit_) return place;
    from = place.index;
    if (from < limit && budget.is_spent()) return {from, true};
  }
  return {limit};
}

// What was asked already counts: a search that comes back for a few events each time asks about as
// many as the segment has names, and about the names then.
bool Selection::is_asking_cheaper(const Segment& segment, std::size_t events) const {
  std::size_t names = 0;
  for (const Kind kind : kKinds) names += names_to_ask(segment.names(kind), kind);
  return events + asked_ < names;
}

std::size_t Selection::names_to_ask(const Names& names, Kind kind) const {
  const Wanted& wanted = wanted_[slot(kind)];
  if (wanted.every) return 0;
  const std::size_t left = names.size() - wanted.resolved;
  const std::size_t exact = exact_names(kind).size();
  return exact == 0 ? left : std::min(exact, left);
}

std::span<const std::string> Selection::exact_names(Kind kind) const {
  return kind == Kind::kType ? selector_.exact_types() : selector_.exact_topics();
}

bool Selection::wants(std::string_view name, Kind kind, Budget& budget) const {
  budget.spend(wanted_[slot(kind)].cost.steps_for(name.size()));
  return kind == Kind::kType ? selector_.wants_type(name) : selector_.wants_topic(name);
}

Selection::Place Selection::ask_each(const Segment& segment, std::size_t from, std::size_t limit,
                                     Budget& budget) {
  const auto is_wanted = [&](Kind kind) {
    return wanted_[slot(kind)].every ||
           wants(segment.names(kind).text(segment.name_of(from, kind)), kind, budget);
  };
  for (; from < limit; ++from) {
    if (budget.is_spent()) return {from, true};
    budget.spend(1);
    ++asked_;
    if (std::all_of(kKinds.begin(), kKinds.end(), is_wanted)) break;
  }
  return {from};
}

// Names are asked for once each. Exact ones are looked up instead when that is fewer steps. False:
// the budget is spent, and names are left.
bool Selection::resolve(const Names& names, Kind kind, Budget& budget) {
  Wanted& wanted = wanted_[slot(kind)];
  const std::size_t known = names.size();
  if (wanted.every || wanted.resolved == known) return true;
  if (const auto exact = exact_names(kind);
      !exact.empty() && exact.size() < known - wanted.resolved) {
    for (const std::string& text : exact) {
      if (const auto name = names.find(text)) wanted.names.insert(*name);
    }
    budget.spend(exact.size() * kStepsToFind);
    wanted.resolved = known;
  }
  for (; wanted.resolved < known; ++wanted.resolved) {
    if (budget.is_spent()) return false;
    const auto name = static_cast<NameId>(wanted.resolved);
    if (wants(names.text(name), kind, budget)) wanted.names.insert(name);
  }
  return true;
}

bool Selection::wants_event(const Segment& segment, std::size_t index) const {
  return std::all_of(kKinds.begin(), kKinds.end(), [&](Kind kind) {
    const Wanted& wanted = wanted_[slot(kind)];
    return wanted.every || wanted.names.contains(segment.name_of(index, kind));
  });
}

// False: it is not paid for yet.
bool Selection::make_plan(const Segment& segment, std::size_t from, std::size_t limit,
                          Budget& budget) {
  std::uint64_t steps = 1;
  const auto driver = choose_chains(segment, limit - from, steps);
  const std::uint64_t owed = steps - std::min(steps, paid_);
  if (budget.left() < owed) {
    paid_ += budget.left();
    budget.spend(owed);
    return false;
  }
  budget.spend(owed);
  paid_ = 0;
  plan_ = Plan::kScan;
  planned_from_ = from;
  planned_limit_ = limit;
  if (driver) {
    plan_ = *driver == Kind::kType ? Plan::kFollowTypes : Plan::kFollowTopics;
    start_chains(segment, from, *driver);
  }
  return true;
}

// Following chains starts at their first event: with fewer events left than the chains have, a scan
// is never more work. Without a name that is wanted there are no chains, and nothing to do.
std::optional<Kind> Selection::choose_chains(const Segment& segment, std::size_t events,
                                             std::uint64_t& steps) const {
  std::size_t fewest = events;
  std::optional<Kind> driver;
  for (const Kind kind : kKinds) {
    const Wanted& wanted = wanted_[slot(kind)];
    if (wanted.every) continue;
    if (wanted.names.empty()) return kind;
    if (wanted.names.size() > kMostChains) continue;
    if (fewest <= std::max(kShortScan, wanted.names.size())) continue;
    steps += wanted.names.size();
    const std::size_t on_chains = count_events(segment.names(kind), wanted.names);
    if (on_chains >= fewest) continue;
    fewest = on_chains;
    driver = kind;
  }
  if (driver) steps += fewest + wanted_[slot(*driver)].names.size() * kStepsToFollow;
  return driver;
}

Selection::Place Selection::scan(const Segment& segment, std::size_t from, Budget& budget) const {
  const std::uint64_t most = std::max<std::uint64_t>(budget.left(), 1);
  const std::size_t limit = from + std::min<std::uint64_t>(planned_limit_ - from, most);
  const std::size_t began = from;
  while (from < limit && !wants_event(segment, from)) ++from;
  budget.spend(from - began);
  return {from, from == limit && limit < planned_limit_};
}

void Selection::start_chains(const Segment& segment, std::size_t from, Kind kind) {
  const Names& names = segment.names(kind);
  const NameSet& wanted = wanted_[slot(kind)].names;
  chains_.clear();
  if (chains_.capacity() < wanted.size()) chains_.reserve(wanted.size());
  wanted.for_each([&](NameId name) {
    if (names.last(name) >= from) push_chain(segment, names.first(name), from, kind);
  });
}

// The next event of the chain that goes through `index`, at `from` or later, if the plan has one.
void Selection::push_chain(const Segment& segment, std::size_t index, std::size_t from, Kind kind) {
  while (index < from) {
    index = segment.next_with_name(index, kind);
    if (index == 0) return;
  }
  if (index >= planned_limit_) return;
  chains_.push_back(static_cast<std::uint16_t>(index));
  std::push_heap(chains_.begin(), chains_.end(), std::greater<>());
}

Selection::Place Selection::follow(const Segment& segment, std::size_t from, Kind kind,
                                   Budget& budget) {
  for (bool is_first = true; !chains_.empty(); is_first = false) {
    const std::size_t index = chains_.front();
    if (!is_first && budget.is_spent()) return {std::max(index, from), true};
    if (index >= from && wants_event(segment, index)) return {index};
    budget.spend(kStepsToFollow);
    std::pop_heap(chains_.begin(), chains_.end(), std::greater<>());
    chains_.pop_back();
    push_chain(segment, index, index + 1, kind);
  }
  return {planned_limit_};
}

}  // namespace sse::log
