#pragma once

/// \file
/// Patterns of topics, as filters have them: levels by `/`; `+` or `*` is one level, `#` or `**` at
/// the end the rest (also none: `a/#` matches `a`, `#` every event, also one without a topic).

#include <string_view>

#include "sse/base/export.h"

namespace sse::wire {

/// The levels of a topic or pattern, one after the other. A value that refers to its text.
class SSE_EXPORT TopicLevels {
 public:
  /// `topic`: empty has one level, which is empty.
  explicit TopicLevels(std::string_view topic) : left_(topic) {}

  bool are_done() const { return done_; }
  /// REQUIRES: !are_done().
  std::string_view take();

 private:
  std::string_view left_;
  bool done_ = false;
};

/// Whether this level of a pattern is `+` or `*`.
inline bool is_one_level(std::string_view level) {
  return level == "+" || level == "*";
}

/// Whether this level of a pattern is `#` or `**`.
inline bool is_rest(std::string_view level) {
  return level == "#" || level == "**";
}

/// What is wrong with the wildcards and levels of `pattern`, and what was expected; empty: nothing.
/// REQUIRES: `pattern` is not empty.
SSE_EXPORT std::string_view fault_of_topic_pattern(std::string_view pattern);

/// REQUIRES: `pattern` has no fault. `topic`: empty for an event without one.
SSE_EXPORT bool matches_topic(std::string_view pattern, std::string_view topic);

/// Whether it has no wildcard, so that it matches itself only.
SSE_EXPORT bool is_exact_topic(std::string_view pattern);

/// Whether it matches every event, also one without a topic.
SSE_EXPORT bool is_every_topic(std::string_view pattern);

}  // namespace sse::wire
