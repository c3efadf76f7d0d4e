#include "selection.h"

#include <algorithm>
#include <utility>

#include "sse/client/hub_json.h"

namespace sse::sub {

Status Selection::exclude(const std::vector<std::string>& globs) {
  excluded_ = SSE_TRY(hub::Filter::make(globs, {}));
  return {};
}

Status Selection::grep(const std::string& pattern) {
  grep_ = SSE_TRY(Pattern::compile(pattern));
  return {};
}

Status Selection::where(const std::vector<std::string>& texts) {
  std::vector<Condition> conditions;
  for (const std::string& text : texts) conditions.push_back(SSE_TRY(Condition::parse(text)));
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
  if (grep_ && !grep_->matches(event.data)) return false;
  if (conditions_.empty()) return true;
  return client::is_json(event.data) &&
         std::all_of(conditions_.begin(), conditions_.end(),
                     [&](const Condition& condition) { return condition.holds(event.data); });
}

}  // namespace sse::sub
