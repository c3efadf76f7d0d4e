#include "sse/log/selection.h"

#include <algorithm>
#include <functional>

#include "sse/log/segment_table.h"

namespace sse::log {
namespace {

// Up to this many events are looked at one by one without counting what could be saved: the index
// of 256 events is 5 KiB, read in order.
constexpr std::size_t kShortScan = 256;

std::size_t slot(Kind kind) {
  return static_cast<std::size_t>(kind);
}

std::size_t count_events(const Names& names, const NameSet& wanted) {
  std::size_t events = 0;
  wanted.for_each([&](NameId name) { events += names.count(name); });
  return events;
}

}  // namespace

Selection::Selection(const Selector& selector) : selector_(selector) {
  wanted_[slot(Kind::kType)].every = selector.wants_every_type();
  wanted_[slot(Kind::kTopic)].every = selector.wants_every_topic();
}

std::optional<wire::Sequence> Selection::next(const View& view, wire::Sequence from) {
  from = std::max(from, view.first_held());
  while (from <= view.head()) {
    const Segment& segment = view.segments_->at(from);
    enter(segment);
    const std::size_t limit = view.limit_in(segment);
    const std::size_t found =
        search(segment, static_cast<std::size_t>(from - segment.first()), limit);
    if (found < limit) return segment.first() + found;
    from = segment.first() + limit;
  }
  return std::nullopt;
}

void Selection::enter(const Segment& segment) {
  if (segment_ != segment.first()) {
    segment_ = segment.first();
    plan_ = Plan::kNone;
    for (auto& wanted : wanted_) {
      wanted.resolved = 0;
      wanted.names.clear();
    }
  }
  for (const Kind kind : kKinds) resolve(segment.names(kind), kind);
}

// Names are asked for once each. Exact ones are looked up instead when that is fewer steps.
void Selection::resolve(const Names& names, Kind kind) {
  Wanted& wanted = wanted_[slot(kind)];
  const std::size_t known = names.size();
  if (wanted.every || wanted.resolved == known) return;
  const auto exact = kind == Kind::kType ? selector_.exact_types() : selector_.exact_topics();
  if (!exact.empty() && exact.size() < known - wanted.resolved) {
    for (const std::string& text : exact) {
      if (const auto name = names.find(text)) wanted.names.insert(*name);
    }
    wanted.resolved = known;
  }
  for (; wanted.resolved < known; ++wanted.resolved) {
    const auto name = static_cast<NameId>(wanted.resolved);
    if (wants(names.text(name), kind)) wanted.names.insert(name);
  }
}

bool Selection::wants(std::string_view name, Kind kind) const {
  return kind == Kind::kType ? selector_.wants_type(name) : selector_.wants_topic(name);
}

bool Selection::wants_event(const Segment& segment, std::size_t index) const {
  return std::all_of(kKinds.begin(), kKinds.end(), [&](Kind kind) {
    const Wanted& wanted = wanted_[slot(kind)];
    return wanted.every || wanted.names.contains(segment.name_of(index, kind));
  });
}

std::size_t Selection::search(const Segment& segment, std::size_t from, std::size_t limit) {
  const auto wants_nothing = [](const Wanted& w) { return !w.every && w.names.empty(); };
  if (std::any_of(wanted_.begin(), wanted_.end(), wants_nothing)) return limit;
  if (plan_ == Plan::kNone || planned_limit_ != limit || from < planned_from_) {
    make_plan(segment, from, limit);
  }
  planned_from_ = from;  // what chains passed before it is forgotten
  if (plan_ == Plan::kScan) return scan(segment, from, limit);
  return follow(segment, from, plan_ == Plan::kFollowTypes ? Kind::kType : Kind::kTopic);
}

// Following chains starts at their first event: with fewer events left than the chains have, a scan
// is never more work.
void Selection::make_plan(const Segment& segment, std::size_t from, std::size_t limit) {
  plan_ = Plan::kScan;
  planned_limit_ = limit;
  std::size_t fewest = limit - from;
  std::optional<Kind> driver;
  for (const Kind kind : kKinds) {
    const Wanted& wanted = wanted_[slot(kind)];
    if (wanted.every || fewest <= std::max(kShortScan, wanted.names.size())) continue;
    const std::size_t events = count_events(segment.names(kind), wanted.names);
    if (events >= fewest) continue;
    fewest = events;
    driver = kind;
  }
  if (!driver) return;
  plan_ = *driver == Kind::kType ? Plan::kFollowTypes : Plan::kFollowTopics;
  start_chains(segment, from, *driver);
}

std::size_t Selection::scan(const Segment& segment, std::size_t from, std::size_t limit) const {
  while (from < limit && !wants_event(segment, from)) ++from;
  return from;
}

void Selection::start_chains(const Segment& segment, std::size_t from, Kind kind) {
  const Names& names = segment.names(kind);
  chains_.clear();
  wanted_[slot(kind)].names.for_each([&](NameId name) {
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

std::size_t Selection::follow(const Segment& segment, std::size_t from, Kind kind) {
  while (!chains_.empty()) {
    const std::size_t index = chains_.front();
    if (index >= from && wants_event(segment, index)) return index;
    std::pop_heap(chains_.begin(), chains_.end(), std::greater<>());
    chains_.pop_back();
    push_chain(segment, index, index + 1, kind);
  }
  return planned_limit_;
}

}  // namespace sse::log
