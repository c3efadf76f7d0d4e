#pragma once

/// \file
/// `GET /-/healthz` (the process lives) and `GET /-/readyz` (events are taken: the hub neither
/// drains, nor has its journal failed).

#include <functional>

#include "sse/base/export.h"

namespace sse::http {
class Router;
}

namespace sse::api {

/// `is_ready` is asked for each request; thread-safe.
SSE_EXPORT void add_health_routes(http::Router& router, std::function<bool()> is_ready);

}  // namespace sse::api
