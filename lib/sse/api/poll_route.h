#pragma once

/// \file
/// `GET /events`: the events of the stream by polling, for networks that break streams
/// (docs/stream.md).

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "sse/api/topic_parameter.h"
#include "sse/auth/grants.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/identity.h"
#include "sse/http/router.h"
#include "sse/hub/hub.h"

namespace sse::http {
class Call;
struct Response;
}  // namespace sse::http

namespace sse::api {

class PollAnswer;

inline constexpr std::size_t kDefaultPollLimit = 1'000;
inline constexpr std::size_t kMaxPollLimit = 10'000;
/// Proxies give up a request that is silent for a minute.
inline constexpr std::chrono::seconds kMaxPollWait{60};

/// Thread-safe. Outlives the router's use.
class SSE_EXPORT PollRoute {
 public:
  PollRoute(hub::Hub& hub, const Clock& clock, const TopicParameters& parameters)
      : hub_(hub), clock_(clock), parameters_(parameters) {}

  /// Asked again while an answer waits, and for each piece of it. Before serving; thread-safe.
  void set_still_counts(std::function<bool(const Identity&)> still_counts) {
    still_counts_ = std::move(still_counts);
  }

  /// How grants by the names of metrics are judged. Before serving.
  void set_metric_names(auth::NameOfTopic name_of) { name_of_ = std::move(name_of); }

  void add_to(http::Router& router);

  /// Answers with what there is, or defers until there is something, the wait is over, the peer
  /// leaves or the hub drains. Only a position that is gone is reported at once. A long search of a
  /// filter goes on in later turns.
  void poll(http::Call& call) const;

 private:
  struct Poll;

  void send(http::Response& response, std::shared_ptr<PollAnswer> answer,
            const SharedIdentity& identity) const;
  void wait(Poll poll, http::Call& call) const;
  void answer(const Poll& poll, wire::Sequence next, http::Response& response) const;

  hub::Hub& hub_;
  const Clock& clock_;
  const TopicParameters& parameters_;
  auth::NameOfTopic name_of_;                          // null: there are no metrics
  std::function<bool(const Identity&)> still_counts_;  // null: no credentials are asked for
};

}  // namespace sse::api
