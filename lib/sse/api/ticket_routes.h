#pragma once

/// \file
/// `POST /tickets`: a ticket for a page's EventSource (docs/access.md).

#include <string>

#include "sse/base/export.h"

namespace sse {
class Clock;
}

namespace sse::gate {
class TicketDesk;
}

namespace sse::http {
class Router;
}

namespace sse::api {

/// `url`: before `/events/watch` in what the answer says (--public-url); empty: a path alone. Both
/// references outlive the router's use.
SSE_EXPORT void add_ticket_route(http::Router& router, gate::TicketDesk& desk, const Clock& clock,
                                 std::string url);

}  // namespace sse::api
