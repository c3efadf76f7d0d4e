#include "sse/wire/topic_pattern.h"

namespace sse::wire {
namespace {

bool is_one_level(std::string_view level) {
  return level == "+" || level == "*";
}

bool is_rest(std::string_view level) {
  return level == "#" || level == "**";
}

/// Takes the first level off `text`; afterwards `text` is what follows its `/`, and `more` whether
/// there was one.
std::string_view take_level(std::string_view& text, bool& more) {
  const std::size_t slash = text.find('/');
  more = slash != std::string_view::npos;
  const auto level = text.substr(0, slash);
  text.remove_prefix(more ? slash + 1 : text.size());
  return level;
}

}  // namespace

std::string_view fault_of_topic_pattern(std::string_view pattern) {
  for (bool more = true; more;) {
    const auto level = take_level(pattern, more);
    if (is_rest(level) && more) return "# or ** stands for the rest, so it must be the last level";
    if (!is_exact_topic(level) && !is_one_level(level) && !is_rest(level)) {
      return "+, *, # and ** each stand for whole levels between /";
    }
  }
  return {};
}

bool matches_topic(std::string_view pattern, std::string_view topic) {
  bool more_pattern = true;
  bool more_topic = !topic.empty();  // no topic has no levels
  while (more_pattern) {
    const auto wanted = take_level(pattern, more_pattern);
    if (is_rest(wanted)) return true;
    if (!more_topic) return false;
    const auto level = take_level(topic, more_topic);
    if (!is_one_level(wanted) && wanted != level) return false;
  }
  return !more_topic;
}

bool is_exact_topic(std::string_view pattern) {
  return pattern.find_first_of("+*#") == std::string_view::npos;
}

bool is_every_topic(std::string_view pattern) {
  return is_rest(pattern);
}

}  // namespace sse::wire
