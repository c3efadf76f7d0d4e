#pragma once

/// \file
/// Which of those that have a filter an event may concern, so that the others cost nothing.

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
class PacedGroup;
class Subscriber;

/// Each member, a subscriber or a group of them, is indexed by one kind of its patterns, the one
/// that narrows more:
///
///   all topics begin with a level of text   by topic
///   else all types begin with text          by type
///   else topics are filtered at all         by topic (`+/alarm`)
///   else                                    not at all: every event may concern it
///
/// Exact names are looked up. Topics with wildcards are a tree of levels, of which an event's topic
/// is a walk: to the child of that text, to the child of `+`, and past every `#`. Types with
/// wildcards are looked up by the text before the wildcard. Loop-affine.
template <typename Member>
class InterestOf {
 public:
  using Visit = FunctionRef<void(Member&)>;

  /// Levels of the tree. An event reaches at most two nodes for each that it reached a level
  /// before, so this bounds what a topic can cost, whatever patterns there are. What a pattern says
  /// further down is left to the filter.
  static constexpr std::size_t kMostLevels = 8;
  /// Bytes of a type's text that are looked up; the same for types.
  static constexpr std::size_t kMostPrefix = 32;

  /// `hash`: of topics and types, which peers choose.
  explicit InterestOf(const KeyedHash& hash)
      : hash_(hash), by_topic_(0, hash), by_type_(0, hash), by_prefix_(0, hash) {}

  /// REQUIRES: `member` is not here. `filter` has the patterns of that of remove().
  void add(Member& member, const Filter& filter);
  void remove(Member& member, const Filter& filter);

  /// Whether members with this filter are indexed by nothing.
  static bool is_for_every_event(const Filter& filter);

  bool empty() const {
    return by_topic_.empty() && by_type_.empty() && by_prefix_.empty() && tree_.is_empty() &&
           by_nothing_.empty();
  }

  /// Calls `visit` for each indexed member that may want an event of this type and topic, maybe
  /// more than once. Its filter decides. Returns the work: names looked up and members visited.
  std::size_t for_event(std::string_view type, std::string_view topic, Visit visit) const;

  /// The same for those that every event may concern.
  std::size_t for_every_event(Visit visit) const;

 private:
  using Members = std::unordered_set<Member*>;  // a set: thousands may end at once
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

  void change(Change change, Member& member, const Filter& filter);
  void change_topic(Change change, Member& member, std::string_view pattern);
  void change_type(Change change, Member& member, std::string_view pattern);
  static void change_set(Change change, Member& member, Members& members);
  static void change_set(Change change, Member& member, std::unique_ptr<Members>& members);
  static bool change_entry(Change change, Member& member, Table& table, std::string_view key);
  void change_node(Change change, Member& member, Node& node, wire::TopicLevels pattern,
                   std::size_t depth);

  const KeyedHash hash_;
  Table by_topic_;
  Table by_type_;
  Table by_prefix_;
  std::array<std::uint32_t, kMostPrefix + 1> prefixes_{};  // of by_prefix_, by their length
  Node tree_;
  Members by_nothing_;
};

/// Of the filtered streams of a loop that are sent each event at once.
using Interest = InterestOf<Subscriber>;

}  // namespace sse::hub
