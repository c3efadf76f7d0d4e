#include "sse/auth/grants.h"

#include <algorithm>

#include "sse/auth/topic_algebra.h"
#include "sse/base/escape.h"
#include "sse/base/utf8.h"
#include "sse/wire/topic_pattern.h"
#include "sse/wire/type_pattern.h"

namespace sse::auth {
namespace {

static_assert(kMaxGrantSize <= wire::TypePattern::kMaxSize);

Error invalid(std::string_view grant, std::string_view why) {
  return {ErrorCode::kInvalid, "grant " + quoted(grant) + ": " + std::string(why)};
}

Status check_text(std::string_view grant) {
  if (grant.empty()) return invalid(grant, "it is empty; everything is #");
  if (grant.size() > kMaxGrantSize) {
    return invalid(grant, "it may have at most " + std::to_string(kMaxGrantSize) + " bytes");
  }
  if (!is_valid_utf8(grant)) return invalid(grant, "it is not valid UTF-8");
  if (has_control_character(grant)) return invalid(grant, "it holds a control character");
  return {};
}

Status check_topic(std::string_view pattern) {
  if (pattern.find(' ') != std::string_view::npos) return invalid(pattern, "it holds a blank");
  if (pattern.back() == '/') return invalid(pattern, "it ends in /");
  const auto fault = wire::fault_of_topic_pattern(pattern);
  return fault.empty() ? Status() : invalid(pattern, fault);
}

bool is_covered(std::string_view pattern, const std::vector<std::string>& by) {
  return std::any_of(by.begin(), by.end(),
                     [&](const std::string& wide) { return covers(wide, pattern); });
}

}  // namespace

Result<Grants> Grants::make(const std::vector<std::string>& grants) {
  if (grants.size() > kMaxGrants) {
    return Error{ErrorCode::kInvalid, "expected at most " + std::to_string(kMaxGrants) +
                                          " grants, got " + std::to_string(grants.size())};
  }
  Grants made;
  for (const auto& grant : grants) {
    SSE_TRY(check_text(grant));
    if (grant.starts_with(kMetricGrant)) {
      if (grant.size() == kMetricGrant.size())
        return invalid(grant, "a glob of metric names is missing");
      made.metrics_.push_back(grant.substr(kMetricGrant.size()));
    } else {
      SSE_TRY(check_topic(grant));
      made.topics_.push_back(grant);
    }
  }
  drop_covered(made.topics_);
  return made;
}

bool Grants::allows_topic(std::string_view topic) const {
  return std::any_of(topics_.begin(), topics_.end(), [&](const std::string& pattern) {
    return wire::matches_topic(pattern, topic);
  });
}

bool Grants::allows_metric(std::string_view name) const {
  return std::any_of(metrics_.begin(), metrics_.end(), [&](const std::string& glob) {
    return wire::TypePattern(glob).matches(name);
  });
}

bool Grants::allows_metric_topic(std::string_view topic, const NameOfTopic& name_of) const {
  if (metrics_.empty() || name_of == nullptr) return false;
  const auto name = name_of(topic);
  return name && allows_metric(*name);
}

bool Grants::reaches(const std::string& exact_topic, const NameOfTopic& name_of) const {
  return allows_topic(exact_topic) || allows_metric_topic(exact_topic, name_of);
}

Result<Cut, CutFault> Grants::cut(std::span<const std::string> request,
                                  const NameOfTopic& name_of) const {
  static const std::string every = "#";
  std::vector<std::string> wanted(request.begin(), request.end());
  if (wanted.empty()) wanted.push_back(every);
  for (const auto& pattern : request) {
    if (wire::is_exact_topic(pattern) && !reaches(pattern, name_of)) {
      return CutFault{CutFault::Kind::kNotGranted, pattern};
    }
  }
  // The most usual grant, and nothing is lost of any request.
  if (topics_.size() == 1 && wire::is_every_topic(topics_.front())) {
    drop_covered(wanted);
    std::sort(wanted.begin(), wanted.end());
    return Cut{std::move(wanted)};
  }
  const std::string first = wanted.front();
  drop_covered(wanted);
  Cut cut;
  for (auto& pattern : wanted) cut_one(std::move(pattern), name_of, cut);
  if (cut.patterns.empty() && cut.named.empty()) {
    return CutFault{CutFault::Kind::kNotGranted, first};
  }
  std::sort(cut.patterns.begin(), cut.patterns.end());
  cut.patterns.erase(std::unique(cut.patterns.begin(), cut.patterns.end()), cut.patterns.end());
  if (cut.patterns.size() > kMaxCutPatterns) return CutFault{CutFault::Kind::kTooMany, first};
  drop_covered(cut.patterns);
  drop_covered(cut.named);
  std::erase_if(cut.named, [&](const auto& each) { return is_covered(each, cut.patterns); });
  return cut;
}

// One that is exact was found to be granted.
void Grants::cut_one(std::string pattern, const NameOfTopic& name_of, Cut& cut) const {
  // The usual case, and it cannot add more than was asked for.
  if (wire::is_exact_topic(pattern) || is_covered(pattern, topics_)) {
    cut.patterns.push_back(std::move(pattern));
    return;
  }
  cut.is_whole = false;
  for (const auto& grant : topics_) {
    if (auto both = intersection(pattern, grant)) cut.patterns.push_back(std::move(*both));
  }
  if (metrics_.empty() || name_of == nullptr) return;
  if (auto both = intersection(pattern, kMetricTopics)) cut.named.push_back(std::move(*both));
}

std::vector<std::string> Grants::texts() const {
  std::vector<std::string> all = topics_;
  for (const auto& glob : metrics_) all.push_back(std::string(kMetricGrant) + glob);
  return all;
}

std::vector<std::string> Grants::texts_of(const Cut& cut) const {
  std::vector<std::string> left = cut.patterns;
  if (cut.named.empty()) return left;
  for (const auto& glob : metrics_) left.push_back(std::string(kMetricGrant) + glob);
  return left;
}

}  // namespace sse::auth
