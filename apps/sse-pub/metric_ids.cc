#include "metric_ids.h"

#include "sse/base/random.h"
#include "sse/base/uuid.h"

#include "dry_run.h"

namespace sse::pub {
namespace {

using client::PublishError;

/// A file of nothing but unknown names must not fill our memory.
constexpr std::size_t kMaxNames = 200'000;

/// A pipe may stay open for ever, and a metric may be made meanwhile.
constexpr std::chrono::seconds kAskAgain{5};

}  // namespace

client::Published<std::string_view> MetricIds::find(std::string_view name) {
  auto found = known_.find(name);
  if (found != known_.end() && !found->second.refusal.empty() &&
      clock_.now().boot >= found->second.refused_until) {
    known_.erase(found);
    found = known_.end();
  }
  if (found == known_.end()) {
    if (name.size() == kUuidLength && parse_uuid(name)) {
      direct_ = name;
      return std::string_view(direct_);
    }
    const std::string asked(name);
    auto known = SSE_TRY(ask(asked));
    if (known_.size() >= kMaxNames) known_.clear();
    found = known_.emplace(asked, std::move(known)).first;
  }
  if (!found->second.refusal.empty()) {
    return PublishError{PublishError::Kind::kInvalid, found->second.refusal};
  }
  return std::string_view(found->second.id);
}

std::optional<std::string> MetricIds::find_anew(const std::string& name) {
  const auto known = known_.find(name);
  if (known == known_.end()) return std::nullopt;
  const std::string before = known->second.id;
  known_.erase(known);
  client_.forget_metric(name);
  const auto now = find(name);
  if (!now || *now == before) return std::nullopt;
  return std::string(*now);
}

KeyedHash MetricIds::random_hash() {
  SystemRandom random;
  return KeyedHash(random);
}

client::Published<MetricIds::Known> MetricIds::ask(const std::string& name) {
  if (script_ != nullptr) {
    const std::string variable = "id" + std::to_string(++variables_);
    auto text = metric_script(*script_, variable, name, create_);
    if (!text) return refused(text.error().text);
    asked_ += *text;
    return Known{shell_variable(variable), "", {}};
  }
  before_asking_();
  auto id = client_.metric_id(name, create_);
  if (id) return Known{*std::move(id), "", {}};
  if (id.error().kind == PublishError::Kind::kInvalid) return refused(id.error().text);
  return std::move(id).error();
}

MetricIds::Known MetricIds::refused(std::string why) const {
  return {"", std::move(why), clock_.now().boot + kAskAgain};
}

}  // namespace sse::pub
