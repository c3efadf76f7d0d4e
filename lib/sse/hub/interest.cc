#include "sse/hub/interest.h"

#include "sse/hub/filter.h"

namespace sse::hub {

void Interest::add(Subscriber& subscriber, const Filter& filter) {
  const auto topics = filter.exact_topics();
  const auto keys = topics.empty() ? filter.exact_types() : topics;
  Table& table = topics.empty() ? by_type_ : by_topic_;
  for (const auto& key : keys) table[key].insert(&subscriber);
  if (keys.empty()) by_pattern_.insert(&subscriber);
}

void Interest::remove(Subscriber& subscriber, const Filter& filter) {
  const auto topics = filter.exact_topics();
  const auto keys = topics.empty() ? filter.exact_types() : topics;
  Table& table = topics.empty() ? by_type_ : by_topic_;
  for (const auto& key : keys) {
    const auto found = table.find(key);
    if (found == table.end()) continue;
    found->second.erase(&subscriber);
    if (found->second.empty()) table.erase(found);
  }
  if (keys.empty()) by_pattern_.erase(&subscriber);
}

}  // namespace sse::hub
