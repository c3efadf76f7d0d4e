#include "sse/hub/interest.h"

#include <algorithm>

#include "sse/hub/filter.h"

namespace sse::hub {
namespace {

enum class Index : std::uint8_t { kTopics, kTypes, kNothing };

bool begins_with_text(const std::string& topic) {
  const auto first = wire::TopicLevels(topic).take();
  return !wire::is_one_level(first) && !wire::is_rest(first);
}

/// By what a member with this filter is found.
Index index_of(const Filter& filter) {
  const auto& topics = filter.topics();
  const auto& types = filter.types();
  const bool by_topic = !filter.wants_every_topic();
  if (by_topic && std::all_of(topics.begin(), topics.end(), begins_with_text)) {
    return Index::kTopics;
  }
  const auto has_prefix = [](const std::string& type) {
    return !wire::TypePattern(type).literal_prefix().empty();
  };
  if (!types.empty() && std::all_of(types.begin(), types.end(), has_prefix)) return Index::kTypes;
  return by_topic ? Index::kTopics : Index::kNothing;
}

template <typename Members, typename Visit>
std::size_t visit_all(const Members& members, const Visit& visit) {
  for (auto* member : members) visit(*member);
  return members.size();
}

template <typename Table, typename Visit>
std::size_t look_up(const Table& table, std::string_view key, const Visit& visit) {
  if (table.empty()) return 0;
  const auto found = table.find(key);
  return 1 + (found == table.end() ? 0 : visit_all(found->second, visit));
}

template <typename Node, typename Visit>
std::size_t walk(const Node& node, wire::TopicLevels topic, const Visit& visit) {
  std::size_t work = 1;
  if (node.rest) work += visit_all(*node.rest, visit);
  if (topic.are_done()) return node.here ? work + visit_all(*node.here, visit) : work;
  const auto level = topic.take();
  if (node.any) work += walk(*node.any, topic, visit);
  if (node.children) {
    const auto child = node.children->find(level);
    ++work;
    if (child != node.children->end()) work += walk(child->second, topic, visit);
  }
  return work;
}

}  // namespace

template <typename Member>
void InterestOf<Member>::add(Member& member, const Filter& filter) {
  change(Change::kAdd, member, filter);
}

template <typename Member>
void InterestOf<Member>::remove(Member& member, const Filter& filter) {
  change(Change::kRemove, member, filter);
}

template <typename Member>
bool InterestOf<Member>::is_for_every_event(const Filter& filter) {
  return index_of(filter) == Index::kNothing;
}

template <typename Member>
void InterestOf<Member>::change(Change change, Member& member, const Filter& filter) {
  switch (index_of(filter)) {
    case Index::kTopics:
      for (const auto& topic : filter.topics()) change_topic(change, member, topic);
      return;
    case Index::kTypes:
      for (const auto& type : filter.types()) change_type(change, member, type);
      return;
    case Index::kNothing:
      change_set(change, member, by_nothing_);
      return;
  }
}

template <typename Member>
void InterestOf<Member>::change_set(Change change, Member& member, Members& members) {
  if (change == Change::kAdd) {
    members.insert(&member);
  } else {
    members.erase(&member);
  }
}

template <typename Member>
void InterestOf<Member>::change_set(Change change, Member& member,
                                    std::unique_ptr<Members>& members) {
  if (!members) {
    if (change == Change::kRemove) return;  // the same pattern twice
    members = std::make_unique<Members>();
  }
  change_set(change, member, *members);
  if (members->empty()) members.reset();
}

// Whether the key came or went.
template <typename Member>
bool InterestOf<Member>::change_entry(Change change, Member& member, Table& table,
                                      std::string_view key) {
  if (change == Change::kAdd) {
    const auto [entry, is_new] = table.try_emplace(std::string(key));
    entry->second.insert(&member);
    return is_new;
  }
  const auto found = table.find(key);
  if (found == table.end()) return false;
  found->second.erase(&member);
  if (!found->second.empty()) return false;
  table.erase(found);
  return true;
}

template <typename Member>
void InterestOf<Member>::change_topic(Change change, Member& member, std::string_view pattern) {
  if (wire::is_exact_topic(pattern)) {
    change_entry(change, member, by_topic_, pattern);
  } else {
    change_node(change, member, tree_, wire::TopicLevels(pattern), 0);
  }
}

template <typename Member>
void InterestOf<Member>::change_type(Change change, Member& member, std::string_view pattern) {
  const wire::TypePattern type(pattern);
  if (type.is_exact()) {
    change_entry(change, member, by_type_, pattern);
    return;
  }
  const auto prefix = type.literal_prefix().substr(0, kMostPrefix);
  if (!change_entry(change, member, by_prefix_, prefix)) return;
  std::uint32_t& keys = prefixes_[prefix.size()];
  keys = change == Change::kAdd ? keys + 1 : keys - 1;
}

// Nodes that a removal leaves empty go on the way back.
template <typename Member>
void InterestOf<Member>::change_node(Change change, Member& member, Node& node,
                                     wire::TopicLevels pattern, std::size_t depth) {
  if (pattern.are_done()) return change_set(change, member, node.here);
  const auto level = pattern.take();
  if (wire::is_rest(level) || depth == kMostLevels) {
    return change_set(change, member, node.rest);
  }
  if (wire::is_one_level(level)) {
    if (!node.any) {
      if (change == Change::kRemove) return;
      node.any = std::make_unique<Node>();
    }
    change_node(change, member, *node.any, pattern, depth + 1);
    if (node.any->is_empty()) node.any.reset();
    return;
  }
  if (!node.children) {
    if (change == Change::kRemove) return;
    node.children = std::make_unique<typename Node::Children>(0, hash_);
  }
  auto child = node.children->find(level);
  if (child == node.children->end()) {
    if (change == Change::kRemove) return;
    child = node.children->try_emplace(std::string(level)).first;
  }
  change_node(change, member, child->second, pattern, depth + 1);
  if (child->second.is_empty()) node.children->erase(child);
  if (node.children->empty()) node.children.reset();
}

template <typename Member>
std::size_t InterestOf<Member>::for_event(std::string_view type, std::string_view topic,
                                          Visit visit) const {
  std::size_t work = look_up(by_topic_, topic, visit) + look_up(by_type_, type, visit);
  if (!topic.empty() && !tree_.is_empty()) work += walk(tree_, wire::TopicLevels(topic), visit);
  for (std::size_t size = 1; size <= std::min(kMostPrefix, type.size()); ++size) {
    if (prefixes_[size] > 0) work += look_up(by_prefix_, type.substr(0, size), visit);
  }
  return work;
}

template <typename Member>
std::size_t InterestOf<Member>::for_every_event(Visit visit) const {
  return visit_all(by_nothing_, visit);
}

template class InterestOf<Subscriber>;
template class InterestOf<PacedGroup>;

}  // namespace sse::hub
