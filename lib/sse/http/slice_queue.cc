#include "sse/http/slice_queue.h"

#include <algorithm>

namespace sse::http {

void SliceQueue::add(Connection& connection, const Group& group) {
  auto& members = waiting_[group];
  if (members.empty()) turns_.push_back(group);
  members.push_back(&connection);
}

Connection* SliceQueue::next() {
  begin_more();
  if (begun_.empty()) return nullptr;
  begun_.splice(begun_.end(), begun_, begun_.begin());
  return begun_.back().connection;
}

// A group that has one at work keeps its turn, and the next group begins.
void SliceQueue::begin_more() {
  for (std::size_t left = turns_.size(); left > 0 && begun_.size() < kMostBegun; --left) {
    const Group group = turns_.front();
    turns_.pop_front();
    const bool is_at_work = std::any_of(begun_.begin(), begun_.end(),
                                        [&](const Entry& entry) { return entry.group == group; });
    const auto members = waiting_.find(group);
    if (!is_at_work) {
      begun_.push_front({members->second.front(), group});
      members->second.pop_front();
    }
    if (members->second.empty()) {
      waiting_.erase(members);
    } else {
      turns_.push_back(group);
    }
  }
}

void SliceQueue::remove(const Connection& connection) {
  const auto is_it = [&](const Entry& entry) { return entry.connection == &connection; };
  if (const auto found = std::find_if(begun_.begin(), begun_.end(), is_it); found != begun_.end()) {
    begun_.erase(found);
    return;
  }
  for (auto members = waiting_.begin(); members != waiting_.end(); ++members) {
    if (std::erase(members->second, &connection) == 0) continue;
    if (members->second.empty()) {
      std::erase(turns_, members->first);
      waiting_.erase(members);
    }
    return;
  }
}

}  // namespace sse::http
