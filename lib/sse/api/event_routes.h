#pragma once

/// \file
/// `POST /events`: generic publishing, for any domain (docs/stream.md).

#include <cstddef>
#include <functional>

#include "sse/base/export.h"

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace sse::http {
class Router;
}

namespace sse::hub {
class Publisher;
}

namespace sse::api {

struct RequestBody;

/// Thread-safe. Outlives the router's use.
class SSE_EXPORT EventRoutes {
 public:
  /// `stream_count`: the streams that are open now.
  EventRoutes(hub::Publisher& publisher, std::function<std::size_t()> stream_count)
      : publisher_(publisher), stream_count_(std::move(stream_count)) {}

  void add_to(http::Router& router);

  void publish(const httplib::Request& request, httplib::Response& response) const;

 private:
  void publish_one(const httplib::Request& request, httplib::Response& response) const;
  void publish_many(const RequestBody& body, httplib::Response& response) const;

  hub::Publisher& publisher_;
  const std::function<std::size_t()> stream_count_;
};

}  // namespace sse::api
