#pragma once

/// \file
/// `POST /events`: generic publishing, for any domain (docs/stream.md).

#include <cstddef>
#include <functional>
#include <utility>

#include "sse/api/reserved_events.h"
#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/wire/event_id.h"

namespace sse::http {
class Call;
class Router;
struct Response;
}  // namespace sse::http

namespace sse::hub {
class Publisher;
}

namespace sse::web {
struct RequestBody;
}

namespace sse::api {

/// Thread-safe. Outlives the router's use.
class SSE_EXPORT EventRoutes {
 public:
  /// `stream_count`: the streams that are open now. `reserved` outlives this.
  EventRoutes(hub::Publisher& publisher, std::function<std::size_t()> stream_count,
              const ReservedEvents& reserved)
      : publisher_(publisher), stream_count_(std::move(stream_count)), reserved_(reserved) {}

  void add_to(http::Router& router);

  void publish(http::Call& call) const;

 private:
  void publish_one(http::Call& call) const;
  void publish_many(const web::RequestBody& body, http::Call& call) const;

  void answer_published(http::Response& response, const Result<wire::EventId>& id) const;

  hub::Publisher& publisher_;
  const std::function<std::size_t()> stream_count_;
  const ReservedEvents& reserved_;
};

}  // namespace sse::api
