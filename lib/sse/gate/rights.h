#pragma once

/// \file
/// What the caller of a request may read and write: the one thing that routes ask.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sse/auth/grants.h"
#include "sse/auth/principal.h"
#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::http {
class Call;
}

namespace sse::gate {

/// The grants of a request's principal, or everything where the hub asks for no credentials. A
/// value, which outlives its call. Thread-safe.
class SSE_EXPORT Rights {
 public:
  /// Everything.
  Rights() = default;
  explicit Rights(auth::SharedPrincipal principal) : principal_(std::move(principal)) {}

  static Rights of(const http::Call& call);

  /// Whether anything is asked at all.
  bool are_limited() const { return principal_ != nullptr; }
  /// Null when they are not limited.
  const auth::SharedPrincipal& principal() const { return principal_; }

  /// `topic`: empty for an event without one.
  bool may_publish(std::string_view topic) const {
    return principal_ == nullptr || principal_->publish.allows_topic(topic);
  }
  bool may_subscribe(std::string_view topic) const {
    return principal_ == nullptr || principal_->subscribe.allows_topic(topic);
  }
  /// Whether one grant covers all of `pattern`.
  bool may_publish_all(std::string_view pattern) const;

  /// By the name of a metric: grants such as `metric:cpu*`. Its topic is asked apart.
  bool may_publish_metric(std::string_view name) const {
    return principal_ == nullptr || principal_->publish.allows_metric(name);
  }
  bool may_subscribe_metric(std::string_view name) const {
    return principal_ == nullptr || principal_->subscribe.allows_metric(name);
  }
  /// Whether there is a grant by name: only then is a name worth looking up.
  bool has_publish_names() const { return principal_ && !principal_->publish.metrics().empty(); }
  bool has_subscribe_names() const {
    return principal_ && !principal_->subscribe.metrics().empty();
  }

  /// What is left of a request for these patterns, none for everything (auth::Grants::cut()).
  /// REQUIRES: are_limited(). Error: kForbidden, naming the pattern and the grants; kInvalid when
  /// they are too many.
  Result<auth::Cut> cut(std::span<const std::string> patterns,
                        const auth::NameOfTopic& name_of) const;

  // kForbidden, with the grants there are: "may not publish to ci/api; granted: ci/web/#".

  Error no_publishing(std::string_view topic) const;
  Error no_subscribing(std::string_view topic) const;

 private:
  auth::SharedPrincipal principal_;  // null: everything
};

/// The principal of a call: null where the hub asks for no credentials, and `anonymous` for a
/// request without one.
SSE_EXPORT auth::SharedPrincipal principal_of(const http::Call& call);

}  // namespace sse::gate
