#include "sse/wire/topic_pattern.h"

namespace sse::wire {
std::string_view TopicLevels::take() {
  const std::size_t slash = left_.find('/');
  done_ = slash == std::string_view::npos;
  const auto level = left_.substr(0, slash);
  left_.remove_prefix(done_ ? left_.size() : slash + 1);
  return level;
}

std::string_view fault_of_topic_pattern(std::string_view pattern) {
  for (TopicLevels levels(pattern); !levels.are_done();) {
    const auto level = levels.take();
    if (is_rest(level) && !levels.are_done()) {
      return "# or ** stands for the rest, so it must be the last level";
    }
    if (!is_exact_topic(level) && !is_one_level(level) && !is_rest(level)) {
      return "+, *, # and ** each stand for whole levels between /";
    }
  }
  return {};
}

bool matches_topic(std::string_view pattern, std::string_view topic) {
  if (topic.empty()) return is_every_topic(pattern);  // no topic has no levels
  if (pattern == topic) return true;                  // level by level it takes longer
  TopicLevels levels(topic);
  for (TopicLevels wanted(pattern); !wanted.are_done();) {
    const auto want = wanted.take();
    if (is_rest(want)) return true;
    if (levels.are_done()) return false;
    const auto level = levels.take();
    if (!is_one_level(want) && want != level) return false;
  }
  return levels.are_done();
}

bool is_exact_topic(std::string_view pattern) {
  return pattern.find_first_of("+*#") == std::string_view::npos;
}

bool is_every_topic(std::string_view pattern) {
  return is_rest(pattern);
}

}  // namespace sse::wire
