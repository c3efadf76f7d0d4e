#pragma once

/// \file
/// `GET /-/healthz` (the process lives) and `GET /-/readyz` (it takes requests: it is not
/// draining).

#include <functional>

#include "sse/base/export.h"

namespace sse::http {
class Router;
}

namespace sse::api {

/// `is_ready` is asked for each request; thread-safe.
SSE_EXPORT void add_health_routes(http::Router& router, std::function<bool()> is_ready);

}  // namespace sse::api
