#pragma once

/// \file
/// `/session`: who a request comes from and what it may do; logging in and out of a page
/// (docs/access.md).

#include "sse/base/export.h"

namespace sse::gate {
class SessionDesk;
}

namespace sse::http {
class Router;
}

namespace sse::api {

/// For a hub that asks for no credentials: GET alone, which says that all is allowed.
SSE_EXPORT void add_open_session_route(http::Router& router);

/// For a hub that asks for credentials. GET also without one. `sessions` outlives the router's use.
SSE_EXPORT void add_session_routes(http::Router& router, gate::SessionDesk& sessions);

}  // namespace sse::api
