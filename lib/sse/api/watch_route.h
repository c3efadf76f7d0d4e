#pragma once

/// \file
/// `GET /events/watch`: from a request to a stream (docs/stream.md).

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sse/api/topic_parameter.h"
#include "sse/auth/grants.h"
#include "sse/auth/token_fault.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/identity.h"
#include "sse/hub/hub.h"

namespace sse::gate {
class RateLimits;
class StreamQuota;
class TicketDesk;
}  // namespace sse::gate

namespace sse::http {
class Call;
class Router;
struct Response;
}  // namespace sse::http

namespace sse::api {

/// Thread-safe. Outlives the router's use.
class SSE_EXPORT WatchRoute {
 public:
  WatchRoute(hub::Hub& hub, const Clock& clock, const TopicParameters& parameters);

  /// Limits of streams by principal. Before serving; both outlive this.
  void set_limits(gate::RateLimits& rates, gate::StreamQuota& quota) {
    rates_ = &rates;
    quota_ = &quota;
  }

  /// How grants by the names of metrics are judged. Before serving.
  void set_metric_names(auth::NameOfTopic name_of) { name_of_ = std::move(name_of); }

  void add_to(http::Router& router);

  /// Streams may come by tickets. Before serving; outlives this.
  void set_tickets(gate::TicketDesk& desk) { desk_ = &desk; }

  /// Whether a principal may still do what it could: asked where a request has waited. Before
  /// serving.
  void set_still_counts(std::function<bool(const Identity&)> still_counts) {
    still_counts_ = std::move(still_counts);
  }

  /// Answers a request for a stream that must stay away for a while (429 or 503, or as an
  /// EventSource needs it).
  void refuse_for_now(http::Call& call, const auth::TokenFault& fault,
                      std::chrono::milliseconds stay_away) const;

  /// Starts a stream, or answers: 400, 204 when it was read to its end, a refusal, and HEAD with
  /// the stream's head.
  void watch(http::Call& call) const;

 private:
  hub::StreamRefusal refusal_for(hub::Refusal reason, std::chrono::nanoseconds wait) const;
  void refuse_ticket(http::Call& call, const Error& error) const;
  std::optional<hub::StreamRefusal> check_limits(const http::Call& call,
                                                 std::shared_ptr<const void>& held) const;
  void refuse(http::Call& call, const hub::StreamRefusal& refusal, const std::string& why) const;
  void set_stream_head(http::Call& call, const log::Start& start, const log::View& view) const;

  hub::Hub& hub_;
  const Clock& clock_;
  const TopicParameters& parameters_;
  const std::string heartbeat_;                        // in seconds, as a field has it
  auth::NameOfTopic name_of_;                          // null: there are no metrics
  gate::RateLimits* rates_ = nullptr;                  // null: no limit
  gate::StreamQuota* quota_ = nullptr;                 // the same
  gate::TicketDesk* desk_ = nullptr;                   // null: there are no tickets
  std::function<bool(const Identity&)> still_counts_;  // null: no credentials are asked for
};

}  // namespace sse::api
