#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <set>
#include <utility>

#include "sse/http/connection_shares.h"

namespace sse::http {

/// Waiters for a limited number of places, by peer address. The address with fewest places is next;
/// of addresses with as few, the one whose first waiter has waited longest. No call takes longer
/// than the logarithm of the number of addresses. Does not own the waiters. Loop-affine.
template <typename Waiter>
class FairQueue {
 public:
  using Group = ConnectionShares::Group;

 private:
  struct Entry {
    std::uint64_t number;
    Waiter* waiter;
  };

 public:
  using Position = typename std::list<Entry>::iterator;

  /// Behind the waiters of its address.
  Position wait(const Group& group, Waiter& waiter) {
    Position position;
    change(group, [&](Record& record) {
      position = record.waiting.insert(record.waiting.end(), {last_++, &waiter});
    });
    return position;
  }
  void leave(const Group& group, Position position) {
    change(group, [&](Record& record) { record.waiting.erase(position); });
  }
  bool empty() const { return by_turn_.empty(); }
  /// REQUIRES: !empty().
  Waiter& next() const { return *by_turn_.begin()->second->waiting.front().waiter; }

  void take_place(const Group& group) {
    change(group, [](Record& record) { ++record.places; });
  }
  void free_place(const Group& group) {
    change(group, [](Record& record) { --record.places; });
  }
  std::size_t places(const Group& group) const {
    const auto found = records_.find(group);
    return found == records_.end() ? 0 : found->second.places;
  }
  /// The places of an address that has most, and that address. REQUIRES: one is taken.
  const std::pair<std::size_t, Group>& most() const { return *by_places_.rbegin(); }

 private:
  struct Record {
    std::size_t places = 0;
    std::list<Entry> waiting;
  };
  using Turn = std::pair<std::size_t, std::uint64_t>;  // places, number of the first waiter

  static Turn turn_of(const Record& record) {
    return {record.places, record.waiting.front().number};
  }

  template <typename Change>
  void change(const Group& group, Change how) {
    const auto entry = records_.try_emplace(group).first;
    Record& record = entry->second;
    if (!record.waiting.empty()) by_turn_.erase(turn_of(record));
    if (record.places > 0) by_places_.erase({record.places, group});
    how(record);
    if (!record.waiting.empty()) by_turn_.emplace(turn_of(record), &record);
    if (record.places > 0) by_places_.emplace(record.places, group);
    if (record.waiting.empty() && record.places == 0) records_.erase(entry);
  }

  std::uint64_t last_ = 0;
  std::map<Group, Record> records_;
  std::map<Turn, Record*> by_turn_;                    // of those with waiters
  std::set<std::pair<std::size_t, Group>> by_places_;  // of those with places
};

}  // namespace sse::http
