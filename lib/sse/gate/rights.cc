#include "sse/gate/rights.h"

#include <algorithm>
#include <vector>

#include "sse/auth/topic_algebra.h"
#include "sse/http/call.h"

namespace sse::gate {
namespace {

// Of the grants that an error text lists. All 64 would not be read.
constexpr std::size_t kMostListed = 10;

std::string listed(const auth::Grants& grants) {
  if (grants.is_empty()) return "nothing";
  const std::vector<std::string> all = grants.texts();
  std::string text;
  for (std::size_t i = 0; i < std::min(all.size(), kMostListed); ++i) {
    if (i > 0) text += ", ";
    text += all[i];
  }
  if (all.size() > kMostListed) {
    text.append(" and ").append(std::to_string(all.size() - kMostListed)).append(" more");
  }
  return text;
}

Error refusal(std::string_view verb, std::string_view topic, const auth::Grants& grants) {
  std::string text("may not ");
  text.append(verb).append(" ");
  if (topic.empty()) {
    text += "events without a topic (that takes #)";
  } else {
    text += topic;
  }
  return {ErrorCode::kForbidden, text.append("; granted: ").append(listed(grants))};
}

}  // namespace

Rights Rights::of(const http::Call& call) {
  return Rights(principal_of(call));
}

bool Rights::may_publish_all(std::string_view pattern) const {
  if (principal_ == nullptr) return true;
  const auto& topics = principal_->publish.topics();
  return std::any_of(topics.begin(), topics.end(),
                     [&](const std::string& grant) { return auth::covers(grant, pattern); });
}

Result<auth::Cut> Rights::cut(std::span<const std::string> patterns,
                              const auth::NameOfTopic& name_of) const {
  auto cut = principal_->subscribe.cut(patterns, name_of);
  if (cut) return *std::move(cut);
  const auth::CutFault& fault = cut.error();
  if (fault.kind == auth::CutFault::Kind::kNotGranted) return no_subscribing(fault.pattern);
  return Error{ErrorCode::kInvalid, "these topics cut to what you may read are more than " +
                                        std::to_string(auth::kMaxCutPatterns) +
                                        " patterns; ask for fewer"};
}

Error Rights::no_publishing(std::string_view topic) const {
  return refusal(topic.empty() ? "publish" : "publish to", topic, principal_->publish);
}

Error Rights::no_subscribing(std::string_view topic) const {
  return refusal(topic.empty() ? "read" : "subscribe to", topic, principal_->subscribe);
}

// Authentication alone sets a call's identity, and gives it nothing but principals.
auth::SharedPrincipal principal_of(const http::Call& call) {
  return std::static_pointer_cast<const auth::Principal>(call.identity());
}

}  // namespace sse::gate
