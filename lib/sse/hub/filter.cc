#include "sse/hub/filter.h"

#include <algorithm>
#include <utility>

#include "sse/base/utf8.h"
#include "sse/hub/publisher.h"
#include "sse/log/segment.h"
#include "sse/wire/topic_pattern.h"

namespace sse::hub {
namespace {

constexpr std::string_view kEscapeHint =
    " (in a URL, write %23 for # and %2B for +, which it would read as something else)";

Error invalid(std::string_view kind, const std::string& pattern, std::string_view expected) {
  return Error{ErrorCode::kInvalid,
               std::string(kind) + " filter '" + pattern + "': " + std::string(expected)};
}

bool is_exact_type(std::string_view pattern) {
  return pattern.find_first_of("*?") == std::string_view::npos;
}

Status check_text(std::string_view kind, const std::string& pattern, std::size_t max_size) {
  if (pattern.empty()) return invalid(kind, pattern, "it is empty; leave it out to filter nothing");
  if (pattern.size() > max_size)
    return invalid(kind, "...", "it may have at most " + std::to_string(max_size) + " bytes");
  if (!is_valid_utf8(pattern)) return invalid(kind, "...", "it is not valid UTF-8");
  if (has_control_character(pattern)) return invalid(kind, "...", "it holds a control character");
  return {};
}

Status check_topic(const std::string& pattern) {
  constexpr std::string_view kKind = "topic";
  if (auto status = check_text(kKind, pattern, kMaxTopicSize); !status) return status;
  if (pattern.find(' ') != std::string::npos) {
    return invalid(kKind, pattern, "it holds a blank" + std::string(kEscapeHint));
  }
  if (pattern.back() == '/') {
    return invalid(kKind, pattern, "it ends in /" + std::string(kEscapeHint));
  }
  const auto fault = wire::fault_of_topic_pattern(pattern);
  if (!fault.empty()) return invalid(kKind, pattern, fault);
  return {};
}

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// Moves `at` behind the character it is at.
void skip_character(std::string_view text, std::size_t& at) {
  ++at;
  while (at < text.size() && is_continuation(text[at])) ++at;
}

/// Greedy with one place to come back to: the last `*`, which then takes one byte more. So the work
/// is bounded by the product of the lengths, whatever the pattern.
bool matches_glob(std::string_view pattern, std::string_view text) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = kNone;
  std::size_t star_end = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_end = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      skip_character(text, t);
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != kNone) {
      skip_character(text, star_end);
      t = star_end;
      p = star + 1;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == kNone;
}

}  // namespace

Result<std::unique_ptr<const Filter>> Filter::make(std::vector<std::string> types,
                                                   std::vector<std::string> topics) {
  if (types.size() + topics.size() > kMaxFilters) {
    return Error{ErrorCode::kInvalid,
                 "a stream may have at most " + std::to_string(kMaxFilters) + " filters"};
  }
  for (const auto& type : types) {
    if (auto status = check_text("type", type, kMaxTypeSize); !status) return status.error();
  }
  for (const auto& topic : topics) {
    if (auto status = check_topic(topic); !status) return status.error();
  }
  if (types.empty() && topics.empty()) return std::unique_ptr<const Filter>();
  return std::unique_ptr<const Filter>(new Filter(std::move(types), std::move(topics)));
}

Filter::Filter(std::vector<std::string> types, std::vector<std::string> topics)
    : types_(std::move(types)),
      topics_(std::move(topics)),
      types_are_exact_(std::all_of(types_.begin(), types_.end(), is_exact_type)),
      topics_are_exact_(std::all_of(topics_.begin(), topics_.end(), wire::is_exact_topic)),
      every_topic_(topics_.empty() ||
                   std::any_of(topics_.begin(), topics_.end(), wire::is_every_topic)) {
}

bool Filter::wants_type(std::string_view type) const {
  return types_.empty() || std::any_of(types_.begin(), types_.end(), [&](const auto& pattern) {
           return matches_glob(pattern, type);
         });
}

bool Filter::wants_topic(std::string_view topic) const {
  return every_topic_ || std::any_of(topics_.begin(), topics_.end(), [&](const auto& pattern) {
           return wire::matches_topic(pattern, topic);
         });
}

std::span<const std::string> Filter::exact_topics() const {
  if (!topics_are_exact_) return {};
  return topics_;
}

std::span<const std::string> Filter::exact_types() const {
  if (!types_are_exact_) return {};
  return types_;
}

log::AskingCost Filter::asking_cost(log::Kind kind) const {
  const auto& patterns = kind == log::Kind::kType ? types_ : topics_;
  log::AskingCost cost{patterns.size(), 0};
  for (const auto& pattern : patterns) cost.pattern_bytes += pattern.size();
  return cost;
}

}  // namespace sse::hub
