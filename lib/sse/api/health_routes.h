#pragma once

/// \file
/// `GET /-/healthz` (the process lives) and `GET /-/readyz` (events are taken; else 503 says why
/// not).

#include <functional>

#include "sse/base/export.h"
#include "sse/log/journal.h"

namespace sse::http {
class Router;
}

namespace sse::api {

/// `state` is asked for each request; thread-safe.
SSE_EXPORT void add_health_routes(http::Router& router, std::function<log::JournalState()> state);

}  // namespace sse::api
