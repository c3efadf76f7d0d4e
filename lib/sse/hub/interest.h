#pragma once

/// \file
/// Which filtered subscribers of a loop an event may concern, so that the others cost nothing.

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "sse/base/keyed_hash.h"

namespace sse::hub {

class Filter;
class Subscriber;

/// Subscribers by the exact topics they want, else by the exact types; those with patterns may be
/// concerned by everything. Loop-affine.
class Interest {
 public:
  /// `hash`: of topics and types, which peers choose.
  explicit Interest(const KeyedHash& hash) : by_topic_(0, hash), by_type_(0, hash) {}

  void add(Subscriber& subscriber, const Filter& filter);
  void remove(Subscriber& subscriber, const Filter& filter);

  bool empty() const { return by_topic_.empty() && by_type_.empty() && by_pattern_.empty(); }

  /// Calls `visit` for whoever may want an event of this type and topic; maybe more than once for
  /// one.
  template <typename Visit>
  void for_event(std::string_view type, std::string_view topic, Visit visit) const {
    visit_all(by_topic_, topic, visit);
    visit_all(by_type_, type, visit);
  }
  template <typename Visit>
  void for_patterns(Visit visit) const {
    for (auto* subscriber : by_pattern_) visit(*subscriber);
  }

 private:
  using Members = std::unordered_set<Subscriber*>;  // a set: thousands may end at once
  using Table = std::unordered_map<std::string, Members, KeyedHash, std::equal_to<>>;

  template <typename Visit>
  static void visit_all(const Table& table, std::string_view key, Visit visit) {
    if (table.empty()) return;
    const auto found = table.find(key);
    if (found == table.end()) return;
    for (auto* subscriber : found->second) visit(*subscriber);
  }

  Table by_topic_;
  Table by_type_;
  Members by_pattern_;
};

}  // namespace sse::hub
