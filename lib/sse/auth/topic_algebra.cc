#include "sse/auth/topic_algebra.h"

#include <cstddef>
#include <map>
#include <utility>

#include "sse/wire/topic_pattern.h"

namespace sse::auth {
namespace {

/// A level with the spelling that all results have.
std::string_view spelled(std::string_view level) {
  if (wire::is_one_level(level)) return "+";
  return wire::is_rest(level) ? "#" : level;
}

/// The levels of a pattern with a look at the next one.
class Levels {
 public:
  explicit Levels(std::string_view pattern) : levels_(pattern) { step(); }

  bool is_done() const { return !has_level_; }
  bool is_rest() const { return has_level_ && wire::is_rest(level_); }
  bool is_one() const { return wire::is_one_level(level_); }
  std::string_view level() const { return level_; }

  void step() {
    has_level_ = !levels_.are_done();
    level_ = has_level_ ? levels_.take() : std::string_view();
  }

 private:
  wire::TopicLevels levels_;
  std::string_view level_;
  bool has_level_ = false;
};

void append(std::string& pattern, std::string_view level, bool& is_first) {
  if (!is_first) pattern += '/';
  is_first = false;
  pattern += spelled(level);
}

/// Patterns by level, to ask of one whether another covers it: only what may cover it is visited,
/// where comparing all pairs of 1,024 patterns takes some 90 ms of a loop.
class PatternTree {
 public:
  /// `pattern` must outlive the tree. Of equal patterns the first one counts.
  void add(std::string_view pattern, std::size_t number) {
    std::size_t at = 0;
    for (Levels levels(pattern); !levels.is_done(); levels.step()) {
      const auto [child, is_new] = nodes_[at].below.try_emplace(spelled(levels.level()), size_);
      at = child->second;
      if (is_new) nodes_.resize(++size_);
    }
    if (nodes_[at].number == kNone) nodes_[at].number = number;
  }

  bool is_covered(std::string_view pattern, std::size_t number) const {
    return is_covered(0, Levels(pattern), number);
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  struct Node {
    std::map<std::string_view, std::size_t> below;
    std::size_t number = kNone;  // of the pattern that ends here
  };

  std::size_t child(std::size_t at, std::string_view level) const {
    const auto found = nodes_[at].below.find(level);
    return found == nodes_[at].below.end() ? kNone : found->second;
  }
  bool is_end_of_other(std::size_t at, std::size_t number) const {
    return nodes_[at].number != kNone && nodes_[at].number != number;
  }

  bool is_covered(std::size_t at, Levels left, std::size_t number) const {
    const auto rest = child(at, "#");
    if (rest != kNone && is_end_of_other(rest, number)) return true;
    if (left.is_done()) return is_end_of_other(at, number);
    if (left.is_rest()) return false;
    const auto level = left.level();
    const bool is_one = left.is_one();
    left.step();
    const auto one = child(at, "+");
    if (one != kNone && is_covered(one, left, number)) return true;
    const auto same = is_one ? kNone : child(at, level);
    return same != kNone && is_covered(same, left, number);
  }

  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::size_t size_ = 1;
};

}  // namespace

std::optional<std::string> intersection(std::string_view a, std::string_view b) {
  std::string both;
  bool is_first = true;
  Levels left(a);
  Levels right(b);
  for (; !left.is_rest() && !right.is_rest(); left.step(), right.step()) {
    if (left.is_done() != right.is_done()) return std::nullopt;
    if (left.is_done()) break;
    if (!left.is_one() && !right.is_one() && left.level() != right.level()) return std::nullopt;
    append(both, left.is_one() ? right.level() : left.level(), is_first);
  }
  // `#` of one is the rest of the other, which may be none.
  for (Levels& rest = left.is_rest() ? right : left; !rest.is_done(); rest.step()) {
    append(both, rest.level(), is_first);
  }
  // `/#` and `+` share the topic of one empty level, which no event has: it would have no topic.
  if (both.empty()) return std::nullopt;
  return both;
}

bool covers(std::string_view wide, std::string_view narrow) {
  Levels outer(wide);
  Levels inner(narrow);
  // `+/#` does not match an event without a topic, `#` does.
  if (wire::is_every_topic(narrow)) return wire::is_every_topic(wide);
  for (;; outer.step(), inner.step()) {
    if (outer.is_rest()) return true;
    if (outer.is_done() || inner.is_done()) return outer.is_done() && inner.is_done();
    if (inner.is_rest()) return false;
    if (!outer.is_one() && (inner.is_one() || outer.level() != inner.level())) return false;
  }
}

void drop_covered(std::vector<std::string>& patterns) {
  if (patterns.size() < 2) return;
  PatternTree tree;
  for (std::size_t i = 0; i < patterns.size(); ++i) tree.add(patterns[i], i);
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (!tree.is_covered(patterns[i], i)) kept.push_back(i);
  }
  std::vector<std::string> left;
  left.reserve(kept.size());
  for (const auto i : kept) left.push_back(std::move(patterns[i]));
  patterns = std::move(left);
}

}  // namespace sse::auth
