#include "model/round.h"

#include <algorithm>

namespace sse::model {
namespace {

std::string name_of(Sequence sequence) {
  return "event " + std::to_string(sequence);
}

}  // namespace

std::string Round::missing(const Life& life, const Filter& filter, Sequence end,
                           Sequence first) const {
  for (Sequence at = life.next_wanted(filter, place_ + 1, end); at <= end;
       at = life.next_wanted(filter, at + 1, end)) {
    const bool may_be_missing = at < first || !life.is_newest(at, life.head());
    if (!may_be_missing && !std::binary_search(came_.begin(), came_.end(), at)) {
      return name_of(at) + ", the newest of its pair, is missing up to " + name_of(end);
    }
  }
  return {};
}

std::string Round::judge(const Life& life, const Filter& filter, Sequence end,
                         Sequence first) const {
  for (const Sequence sequence : came_) {
    if (sequence > end)
      return name_of(sequence) + " is behind " + name_of(end) + ", the round's end";
    if (!life.is_newest(sequence, end)) {
      return name_of(sequence) + " is not the newest of its pair up to " + name_of(end);
    }
  }
  return missing(life, filter, end, first);
}

}  // namespace sse::model
