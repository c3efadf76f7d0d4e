#pragma once

#include "sse/log/start.h"

namespace sse::http {
class Call;
}  // namespace sse::http

namespace sse::hub {
class Hub;
}  // namespace sse::hub

namespace sse::api {

/// Where hubs share one order, a subscriber may come from one that is some milliseconds ahead of
/// this one: what it has seen last is not unknown, but not here yet. True: `start` is such a
/// position, and the handler is called again (http::Call::is_again()) when the event is here or
/// will not come, after three seconds at the latest. False: it goes on at once. The handler must
/// not have done anything that may not be done twice.
bool awaits_catch_up(http::Call& call, hub::Hub& hub, const log::StartRequest& start);

}  // namespace sse::api
