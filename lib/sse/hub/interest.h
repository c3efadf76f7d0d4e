#pragma once

/// \file
/// Which filtered subscribers of a loop an event may concern, so that the others cost nothing.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "sse/base/keyed_hash.h"
#include "sse/base/later.h"
#include "sse/wire/topic_pattern.h"

namespace sse::hub {

class Filter;
class Subscriber;

/// Each subscriber is indexed by one kind of its patterns, the one that narrows more:
///
///   all topics begin with a level of text   by topic
///   else all types begin with text          by type
///   else topics are filtered at all         by topic (`+/alarm`)
///   else                                    not at all: every event may concern it
///
/// Exact names are looked up. Topics with wildcards are a tree of levels, of which an event's topic
/// is a walk: to the child of that text, to the child of `+`, and past every `#`. Types with
/// wildcards are looked up by the text before the wildcard. Loop-affine.
class Interest {
 public:
  using Visit = FunctionRef<void(Subscriber&)>;

  /// Levels of the tree. An event reaches at most two nodes for each that it reached a level
  /// before, so this bounds what a topic can cost, whatever patterns there are. What a pattern says
  /// further down is left to the filter.
  static constexpr std::size_t kMostLevels = 8;
  /// Bytes of a type's text that are looked up; the same for types.
  static constexpr std::size_t kMostPrefix = 32;

  /// `hash`: of topics and types, which peers choose.
  explicit Interest(const KeyedHash& hash)
      : hash_(hash), by_topic_(0, hash), by_type_(0, hash), by_prefix_(0, hash) {}

  /// REQUIRES: `subscriber` is not here. `filter` is that of remove().
  void add(Subscriber& subscriber, const Filter& filter);
  void remove(Subscriber& subscriber, const Filter& filter);

  bool empty() const {
    return by_topic_.empty() && by_type_.empty() && by_prefix_.empty() && tree_.is_empty() &&
           by_nothing_.empty();
  }

  /// Calls `visit` for each indexed subscriber that may want an event of this type and topic, maybe
  /// more than once. Its filter decides. Returns the work: names looked up and subscribers visited.
  std::size_t for_event(std::string_view type, std::string_view topic, Visit visit) const;

  /// The same for those that every event may concern.
  std::size_t for_every_event(Visit visit) const;

 private:
  using Members = std::unordered_set<Subscriber*>;  // a set: thousands may end at once
  using Table = std::unordered_map<std::string, Members, KeyedHash, std::equal_to<>>;

  /// Where the patterns that begin with the same levels part.
  struct Node {
    using Children = std::unordered_map<std::string, Node, KeyedHash, std::equal_to<>>;

    bool is_empty() const { return !children && !any && !here && !rest; }

    std::unique_ptr<Children> children;  ///< by the text of the next level
    std::unique_ptr<Node> any;           ///< the next level is `+`
    std::unique_ptr<Members> here;       ///< the pattern ends here
    std::unique_ptr<Members> rest;       ///< `#` follows, or more levels than the tree has
  };

  enum class Change : std::uint8_t { kAdd, kRemove };

  void change(Change change, Subscriber& subscriber, const Filter& filter);
  void change_topic(Change change, Subscriber& subscriber, std::string_view pattern);
  void change_type(Change change, Subscriber& subscriber, std::string_view pattern);
  static void change_set(Change change, Subscriber& subscriber, Members& members);
  static void change_set(Change change, Subscriber& subscriber, std::unique_ptr<Members>& members);
  static bool change_entry(Change change, Subscriber& subscriber, Table& table,
                           std::string_view key);
  void change_node(Change change, Subscriber& subscriber, Node& node, wire::TopicLevels pattern,
                   std::size_t depth);

  const KeyedHash hash_;
  Table by_topic_;
  Table by_type_;
  Table by_prefix_;
  std::array<std::uint32_t, kMostPrefix + 1> prefixes_{};  // of by_prefix_, by their length
  Node tree_;
  Members by_nothing_;
};

}  // namespace sse::hub
