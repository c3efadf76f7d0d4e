#include "sse/hub/filter.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "sse/base/utf8.h"
#include "sse/hub/interest.h"
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

std::size_t bytes_of(const std::vector<std::string>& patterns) {
  return std::accumulate(patterns.begin(), patterns.end(), std::size_t{0},
                         [](std::size_t sum, const auto& text) { return sum + text.size(); });
}

// Of a pattern here and in an Interest, rounded up from what glibc's malloc gives for it (a test
// holds this against it): strings and table entries, and a node for each level of the tree.
constexpr std::size_t kOfFilter = 256;
constexpr std::size_t kOfPattern = 480;
constexpr std::size_t kOfLevel = 320;
constexpr std::size_t kCopiesOfText = 3;

std::size_t footprint_of(const std::vector<std::string>& types,
                         const std::vector<std::string>& topics) {
  std::size_t bytes = kOfFilter + (types.size() + topics.size()) * kOfPattern +
                      kCopiesOfText * (bytes_of(types) + bytes_of(topics));
  for (const auto& topic : topics) {
    if (wire::is_exact_topic(topic)) continue;
    const auto levels = 1 + std::count(topic.begin(), topic.end(), '/');
    bytes +=
        kOfLevel * std::min<std::size_t>(static_cast<std::size_t>(levels), Interest::kMostLevels);
  }
  return bytes;
}

static_assert(kOfFilter + kMaxFilters * (kOfPattern + Interest::kMostLevels * kOfLevel) +
                  kCopiesOfText * kMaxFilterBytes <=
              Filter::kMostFootprint);

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
  if (bytes_of(types) + bytes_of(topics) > kMaxFilterBytes) {
    return Error{ErrorCode::kInvalid, "the filters of a stream may have at most " +
                                          std::to_string(kMaxFilterBytes) + " bytes together"};
  }
  if (types.empty() && topics.empty()) return std::unique_ptr<const Filter>();
  return std::unique_ptr<const Filter>(new Filter(std::move(types), std::move(topics)));
}

Filter::Filter(std::vector<std::string> types, std::vector<std::string> topics)
    : types_(std::move(types)),
      topics_(std::move(topics)),
      type_patterns_(types_.begin(), types_.end()),
      types_are_exact_(std::all_of(type_patterns_.begin(), type_patterns_.end(),
                                   [](const auto& pattern) { return pattern.is_exact(); })),
      topics_are_exact_(std::all_of(topics_.begin(), topics_.end(), wire::is_exact_topic)),
      every_topic_(topics_.empty() ||
                   std::any_of(topics_.begin(), topics_.end(), wire::is_every_topic)),
      footprint_(footprint_of(types_, topics_)) {
}

bool Filter::wants_type(std::string_view type) const {
  return types_.empty() || std::any_of(type_patterns_.begin(), type_patterns_.end(),
                                       [&](const auto& pattern) { return pattern.matches(type); });
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
