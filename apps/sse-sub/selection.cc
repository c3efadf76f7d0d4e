#include "selection.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "sse/client/hub_json.h"

namespace sse::sub {
namespace {

/// The conditions of `A || B`. Inside double quotes the bars are text.
std::vector<std::string> alternatives_of(std::string_view text) {
  constexpr std::string_view kOr = " || ";
  std::vector<std::string> parts(1);
  bool is_quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_quoted && text.substr(at, kOr.size()) == kOr) {
      parts.emplace_back();
      at += kOr.size() - 1;
      continue;
    }
    if (text[at] == '"') is_quoted = !is_quoted;
    parts.back() += text[at];
    if (is_quoted && text[at] == '\\' && at + 1 < text.size()) parts.back() += text[++at];
  }
  return parts;
}

}  // namespace

Status Selection::exclude(const std::vector<std::string>& globs) {
  excluded_ = SSE_TRY(hub::Filter::make(globs, {}));
  return {};
}

Status Selection::exclude_topics(const std::vector<std::string>& patterns) {
  excluded_topics_ = SSE_TRY(hub::Filter::make({}, patterns));
  return {};
}

Status Selection::grep(const std::string& pattern) {
  grep_ = SSE_TRY(Pattern::compile(pattern));
  return {};
}

Status Selection::where(const std::vector<std::string>& texts) {
  std::vector<std::vector<Condition>> conditions;
  for (const std::string& text : texts) {
    std::vector<Condition> alternatives;
    for (const auto& part : alternatives_of(text)) {
      alternatives.push_back(SSE_TRY(Condition::parse(part)));
    }
    conditions.push_back(std::move(alternatives));
  }
  conditions_ = std::move(conditions);
  return {};
}

Status Selection::only(const std::vector<std::string>& types,
                       const std::vector<std::string>& topics) {
  only_ = SSE_TRY(hub::Filter::make(types, topics));
  return {};
}

bool Selection::takes(const wire::ReceivedEvent& event) const {
  if (only_ && !(only_->wants_type(event.type) && only_->wants_topic(event.topic))) return false;
  if (excluded_ && excluded_->wants_type(event.type)) return false;
  if (excluded_topics_ && !event.topic.empty() && excluded_topics_->wants_topic(event.topic)) {
    return false;
  }
  if (grep_ && !grep_->matches(event.data)) return false;
  if (conditions_.empty()) return true;
  return client::is_json(event.data) &&
         std::all_of(conditions_.begin(), conditions_.end(), [&](const auto& alternatives) {
           return std::any_of(
               alternatives.begin(), alternatives.end(),
               [&](const Condition& condition) { return condition.holds(event.data); });
         });
}

}  // namespace sse::sub
