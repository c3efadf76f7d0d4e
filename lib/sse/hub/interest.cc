#include "sse/hub/interest.h"

#include <set>

#include "sse/hub/filter.h"

namespace sse::hub {

void Interest::add(Subscriber& subscriber, const Filter& filter) {
  const auto topics = filter.exact_topics();
  const auto keys = topics.empty() ? filter.exact_types() : topics;
  Table& table = topics.empty() ? by_type_ : by_topic_;
  // A set: a pattern given twice must not list its subscriber twice.
  for (const auto& key : std::set<std::string>(keys.begin(), keys.end())) {
    table[key].push_back(&subscriber);
  }
  if (keys.empty()) by_pattern_.push_back(&subscriber);
}

void Interest::remove(Subscriber& subscriber, const Filter& filter) {
  const auto topics = filter.exact_topics();
  const auto keys = topics.empty() ? filter.exact_types() : topics;
  Table& table = topics.empty() ? by_type_ : by_topic_;
  for (const auto& key : keys) {
    const auto found = table.find(key);
    if (found == table.end()) continue;
    std::erase(found->second, &subscriber);
    if (found->second.empty()) table.erase(found);
  }
  if (keys.empty()) std::erase(by_pattern_, &subscriber);
}

}  // namespace sse::hub
