#pragma once

/// \file
/// `GET /events/watch`: from a request to a stream (docs/stream.md).

#include <string>

#include "sse/api/topic_parameter.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/hub/hub.h"

namespace sse::http {
class Call;
class Router;
struct Response;
}  // namespace sse::http

namespace sse::api {

/// Thread-safe. Outlives the router's use.
class SSE_EXPORT WatchRoute {
 public:
  WatchRoute(hub::Hub& hub, const Clock& clock, const TopicParameters& parameters)
      : hub_(hub), clock_(clock), parameters_(parameters) {}

  void add_to(http::Router& router);

  /// Starts a stream, or answers: 400, 204 when it was read to its end, a refusal, and HEAD with
  /// the stream's head.
  void watch(http::Call& call) const;

 private:
  void refuse(http::Call& call, const hub::StreamRefusal& refusal, const std::string& why) const;
  void set_stream_head(http::Response& response, const log::Start& start,
                       const log::View& view) const;

  hub::Hub& hub_;
  const Clock& clock_;
  const TopicParameters& parameters_;
};

}  // namespace sse::api
