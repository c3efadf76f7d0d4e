#include "model/start.h"

#include <algorithm>
#include <cstdlib>

namespace sse::model {
namespace {

/// Takes `text` off the front of `rest`.
bool take(std::string_view& rest, std::string_view text) {
  if (!rest.starts_with(text)) return false;
  rest.remove_prefix(text.size());
  return true;
}

std::string take_until(std::string_view& rest, char end) {
  const auto size = std::min(rest.find(end), rest.size());
  std::string text(rest.substr(0, size));
  rest.remove_prefix(size);
  return text;
}

FirstEvent wrong(std::string fault) {
  return {1, 1, std::move(fault)};
}

/// The first event that was asked for, whether or not it is still there. Nullopt: it is unknown.
std::optional<Sequence> wanted_of(const Life& life, const Ask& ask, const Handling& handling,
                                  Counting counting) {
  const Sequence head = handling.head;
  switch (ask.position.kind) {
    case Position::Kind::kLatest:
      return head + 1;
    case Position::Kind::kEarliest:
      // Of an answer that waits, what is there when it is asked for may be gone when it comes.
      return counting == Counting::kFromWhatWasSeen ? life.tail(head, handling.when).least
                                                    : life.tail(head, handling.when).most;
    case Position::Kind::kLast:
      return head + 1 - std::min(ask.position.events, head);
    case Position::Kind::kTime: {
      Sequence first = 1;
      while (first <= head && life.at(first).time < ask.position.time) ++first;
      return first;
    }
    case Position::Kind::kAfter: {
      const auto position = life.position_of(ask.position.id);
      if (!position || *position > head) return std::nullopt;
      return *position + 1;
    }
  }
  return std::nullopt;
}

/// Both are the tail that the hub claims: its oldest event, or, with none left, the head.
FirstEvent tail_of(const Life& life, const GapClaim& gap, const Handling& handling,
                   const Life::Tail& tail) {
  const auto oldest = life.position_of(gap.oldest);
  if (!oldest || *oldest > handling.newest) {
    return wrong("the oldest event of the gap is none: " + gap.oldest);
  }
  FirstEvent first{std::max(*oldest, tail.least), *oldest, {}};
  if (*oldest >= handling.head) ++first.most;  // the newest id also stands for an empty log
  if (*oldest == 0) first.least = first.most = 1;
  first.most = std::min(first.most, tail.most);
  if (first.least > first.most) {
    return wrong("the gap's oldest event is " + std::to_string(*oldest) + ", but the tail is at " +
                 std::to_string(tail.least) + " to " + std::to_string(tail.most));
  }
  return first;
}

std::string wrong_count(const Life& life, const Ask& ask, const GapClaim& gap, Sequence wanted,
                        FirstEvent& first, Counting counting) {
  if (ask.position.kind == Position::Kind::kTime) {
    return gap.missed && counting == Counting::kExact ? "a gap in time has a count" : "";
  }
  if (!gap.missed) return "the gap has no count";
  // The count says which of the two an ambiguous tail is.
  const Sequence tail = std::clamp(wanted + *gap.missed, first.least, first.most);
  if (counting == Counting::kExact && wanted + *gap.missed != tail) {
    return "the gap says " + std::to_string(*gap.missed) + " missed, and it was " +
           std::to_string(tail - wanted);
  }
  if (counting == Counting::kFromWhatWasSeen) {
    if (*gap.missed == 0 || *gap.missed > first.most - wanted) return "the gap's count is wrong";
    const Sequence seen = first.least - std::min(*gap.missed, first.least);
    if (seen > wanted && life.next_wanted(ask.passing(), wanted, seen - 1) < seen) {
      return "the gap does not count an event that was wanted";
    }
    return {};
  }
  first.least = first.most = tail;
  return {};
}

}  // namespace

std::optional<GapClaim> read_gap(std::string_view json) {
  GapClaim gap;
  if (!take(json, R"({"requested":")")) return std::nullopt;
  gap.requested = take_until(json, '"');
  if (!take(json, R"(","oldest":")")) return std::nullopt;
  gap.oldest = take_until(json, '"');
  if (!take(json, R"(","missed":)")) return std::nullopt;
  const std::string missed = take_until(json, ',');
  if (missed != "null") gap.missed = std::strtoull(missed.c_str(), nullptr, 10);
  if (!take(json, R"(,"reason":")")) return std::nullopt;
  gap.reason = take_until(json, '"');
  return json == "\"}" ? std::optional<GapClaim>(gap) : std::nullopt;
}

FirstEvent start_of(const Life& life, const Ask& ask, const Handling& handling,
                    const std::optional<GapClaim>& gap, Counting counting) {
  const Life::Tail tail{life.tail(handling.head, handling.when).least,
                        life.tail(handling.newest, handling.when).most};
  const auto wanted = wanted_of(life, ask, handling, counting);
  if (ask.each) {
    // Of a pair the newest event says it all: never a gap.
    if (gap) return wrong("a gap is told with since=each");
    const bool resumes = ask.position.kind == Position::Kind::kAfter;
    if (!resumes || !wanted || *wanted < tail.least) return {tail.least, tail.most, {}};
    if (*wanted < tail.most) return {*wanted, tail.most, {}};
    return {*wanted, *wanted, {}};
  }
  if (!gap) {
    if (!wanted) return wrong("no gap is told for the unknown position " + ask.position.id);
    if (ask.position.kind == Position::Kind::kEarliest) return {tail.least, tail.most, {}};
    if (*wanted < tail.least) {
      return wrong("no gap is told, but event " + std::to_string(*wanted) +
                   " has expired: the tail is at " + std::to_string(tail.least));
    }
    return {*wanted, *wanted, {}};
  }
  FirstEvent first = tail_of(life, *gap, handling, tail);
  if (!first.fault.empty()) return first;
  if (!wanted) {
    if (gap->missed) return wrong("a gap of unknown size has a count");
    if (gap->reason != "unknown" && gap->reason != "other-stream") {
      return wrong("the gap's reason is " + gap->reason);
    }
    return first;
  }
  if (*wanted >= first.most) return wrong("a gap is told, and nothing is missing");
  first.least = std::max(first.least, *wanted + 1);
  if (gap->reason != "expired") return wrong("the gap's reason is " + gap->reason);
  first.fault = wrong_count(life, ask, *gap, *wanted, first, counting);
  return first;
}

}  // namespace sse::model
