#include "sse/hub/filter.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "sse/base/check.h"
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

std::size_t bytes_of(std::span<const std::string> patterns) {
  return std::accumulate(patterns.begin(), patterns.end(), std::size_t{0},
                         [](std::size_t sum, const auto& text) { return sum + text.size(); });
}

bool fits_any(const std::vector<wire::TypePattern>& patterns, std::string_view type) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const auto& pattern) { return pattern.matches(type); });
}

log::AskingCost cost_of(std::span<const std::string> patterns) {
  return {patterns.size(), bytes_of(patterns)};
}

// A name is looked up under a lock, and compared with the globs of a principal.
constexpr std::size_t kPatternsOfJudgement = 30;

/// Adds those of `more` that `patterns` does not have.
void add_missing(const std::vector<std::string>& more, std::vector<std::string>& patterns) {
  for (const auto& pattern : more) {
    if (std::find(patterns.begin(), patterns.end(), pattern) == patterns.end()) {
      patterns.push_back(pattern);
    }
  }
}

// Of a pattern here and in an Interest, rounded up from what glibc's malloc gives for it (a test
// holds this against it): strings and table entries, and a node for each level of the tree.
constexpr std::size_t kOfFilter = 256;
constexpr std::size_t kOfPattern = 480;
constexpr std::size_t kOfLastType = 160;  // in no Interest
constexpr std::size_t kOfLevel = 320;
constexpr std::size_t kCopiesOfText = 3;

std::size_t footprint_of(const std::vector<std::string>& types,
                         const std::vector<std::string>& topics,
                         std::span<const std::string> last_types) {
  const auto text = bytes_of(types) + bytes_of(topics) + bytes_of(last_types);
  std::size_t bytes = kOfFilter + (types.size() + topics.size()) * kOfPattern +
                      last_types.size() * kOfLastType + kCopiesOfText * text;
  for (const auto& topic : topics) {
    if (wire::is_exact_topic(topic)) continue;
    const auto levels = 1 + std::count(topic.begin(), topic.end(), '/');
    bytes +=
        kOfLevel * std::min<std::size_t>(static_cast<std::size_t>(levels), Interest::kMostLevels);
  }
  return bytes;
}

// All topics, or all last types of a stream whose types they are, too.
static_assert(kOfFilter + kMaxFilters * (kOfPattern + kOfLastType) +
                  2 * kCopiesOfText * kMaxFilterBytes <=
              Filter::kMostFootprint);
static_assert(kOfFilter + kMaxFilters * (kOfPattern + Interest::kMostLevels * kOfLevel) +
                  kCopiesOfText * kMaxFilterBytes <=
              Filter::kMostFootprint);

}  // namespace

Status Filter::check(const std::vector<std::string>& types, const std::vector<std::string>& topics,
                     const std::vector<std::string>& last_types) {
  if (types.size() + topics.size() + last_types.size() > kMaxFilters) {
    return Error{ErrorCode::kInvalid,
                 "a stream may have at most " + std::to_string(kMaxFilters) + " filters"};
  }
  for (const auto& type : types) SSE_TRY(check_text("type", type, kMaxTypeSize));
  for (const auto& type : last_types) SSE_TRY(check_text("until_type", type, kMaxTypeSize));
  for (const auto& topic : topics) SSE_TRY(check_topic(topic));
  if (bytes_of(types) + bytes_of(topics) + bytes_of(last_types) > kMaxFilterBytes) {
    return Error{ErrorCode::kInvalid, "the filters of a stream may have at most " +
                                          std::to_string(kMaxFilterBytes) + " bytes together"};
  }
  return {};
}

Result<std::unique_ptr<const Filter>> Filter::make(std::vector<std::string> types,
                                                   std::vector<std::string> topics,
                                                   std::vector<std::string> last_types) {
  // Most streams ask for everything: nothing to check.
  if (types.empty() && topics.empty() && last_types.empty()) {
    return std::unique_ptr<const Filter>();
  }
  SSE_TRY(check(types, topics, last_types));
  return build(std::move(types), std::move(topics), std::move(last_types), {});
}

Result<std::unique_ptr<const Filter>> Filter::make_cut(std::vector<std::string> types,
                                                       std::vector<std::string> topics,
                                                       std::vector<std::string> last_types,
                                                       Judged judged) {
  SSE_CHECK(!topics.empty() || !judged.patterns.empty());  // it would be everything
  SSE_TRY(check(types, {}, last_types));
  if (std::any_of(topics.begin(), topics.end(), wire::is_every_topic)) {
    topics.clear();
    judged.patterns.clear();
  }
  auto filter =
      build(std::move(types), std::move(topics), std::move(last_types), std::move(judged));
  if (filter != nullptr && filter->footprint() > kMostFootprint) {
    return Error{ErrorCode::kInvalid,
                 "these topics cut to what you may read are too large a filter; ask for fewer"};
  }
  return filter;
}

std::unique_ptr<const Filter> Filter::build(std::vector<std::string> types,
                                            std::vector<std::string> topics,
                                            std::vector<std::string> last_types, Judged judged) {
  if (!types.empty()) add_missing(last_types, types);
  topics.insert(topics.end(), judged.patterns.begin(), judged.patterns.end());
  if (types.empty() && topics.empty() && last_types.empty()) return nullptr;
  auto last = last_types.empty() ? nullptr : std::make_unique<const Last>(std::move(last_types));
  auto asked =
      judged.patterns.empty() ? nullptr : std::make_unique<const Judged>(std::move(judged));
  return std::unique_ptr<const Filter>(
      new Filter(std::move(types), std::move(topics), std::move(last), std::move(asked)));
}

Filter::Last::Last(std::vector<std::string> last_types)
    : types(std::move(last_types)), patterns(types.begin(), types.end()) {
}

Filter::Filter(std::vector<std::string> types, std::vector<std::string> topics,
               std::unique_ptr<const Last> last, std::unique_ptr<const Judged> judged)
    : types_(std::move(types)),
      topics_(std::move(topics)),
      type_patterns_(types_.begin(), types_.end()),
      last_(std::move(last)),
      judged_(std::move(judged)),
      types_are_exact_(std::all_of(type_patterns_.begin(), type_patterns_.end(),
                                   [](const auto& pattern) { return pattern.is_exact(); })),
      topics_are_exact_(judged_ == nullptr &&
                        std::all_of(topics_.begin(), topics_.end(), wire::is_exact_topic)),
      every_topic_(topics_.empty() ||
                   std::any_of(topics_.begin(), topics_.end(), wire::is_every_topic)),
      footprint_(footprint_of(types_, topics_, last_types())) {
}

bool Filter::wants_type(std::string_view type) const {
  return types_.empty() || fits_any(type_patterns_, type);
}

bool Filter::ends(std::string_view type) const {
  return last_ != nullptr && fits_any(last_->patterns, type);
}

std::span<const std::string> Filter::last_types() const {
  if (last_ == nullptr) return {};
  return last_->types;
}

bool Filter::wants_topic(std::string_view topic) const {
  if (every_topic_) return true;
  const auto fits = [&](const auto& pattern) { return wire::matches_topic(pattern, topic); };
  const auto plain = plain_topics();
  if (std::any_of(plain.begin(), plain.end(), fits)) return true;
  return judged_ != nullptr &&
         std::any_of(judged_->patterns.begin(), judged_->patterns.end(), fits) &&
         judged_->allows(topic);
}

std::span<const std::string> Filter::plain_topics() const {
  return std::span(topics_).first(topics_.size() -
                                  (judged_ == nullptr ? 0 : judged_->patterns.size()));
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
  log::AskingCost cost = cost_of(kind == log::Kind::kType ? types_ : topics_);
  if (kind == log::Kind::kTopic && judged_ != nullptr) cost.patterns += kPatternsOfJudgement;
  return cost;
}

log::AskingCost Filter::ending_cost() const {
  return cost_of(last_types());
}

}  // namespace sse::hub
