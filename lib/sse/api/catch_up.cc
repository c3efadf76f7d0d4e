#include "sse/api/catch_up.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "sse/http/call.h"
#include "sse/hub/hub.h"

namespace sse::api {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMostCatchUp{3'000};
// An id of an epoch that this hub has not heard of comes with no event that could be waited for.
constexpr milliseconds kLookAgain{50};

std::optional<wire::EventId> wanted_id(const log::StartRequest& start) {
  if (const auto* after = std::get_if<log::AfterId>(&start)) return wire::EventId::parse(after->id);
  const auto* each = std::get_if<log::NewestOfEach>(&start);
  return each == nullptr ? std::nullopt : wire::EventId::parse(each->after);
}

/// Not of an id that is here, or that was and has expired.
bool is_ahead(const hub::Hub& hub, const log::View& view, const wire::EventId& id) {
  if (!hub.journal().may_still_come(id)) return false;
  const auto start = log::locate(view, log::AfterId{to_string(id)});
  return start.gap && start.gap->reason != log::GapReason::kExpired;
}

}  // namespace

bool awaits_catch_up(http::Call& call, hub::Hub& hub, const log::StartRequest& start) {
  const auto id = wanted_id(start);
  if (!id || call.is_again() || !is_ahead(hub, hub.log().view(), *id)) return false;
  auto& loop = call.loop();
  const auto until = loop.now().boot + kMostCatchUp;
  call.answer_in_slices([&hub, &loop, id = *id, until, group = call.request().group,
                         identity = call.identity()](http::Response&, Budget&, const auto& later) {
    const log::View view = hub.log().view();
    const auto left = until - loop.now().boot;
    if (left.count() <= 0 || hub.is_draining() || !is_ahead(hub, view, id)) {
      return http::Slice::kAgain;
    }
    hub::Wait wait;
    wait.next = view.head() + 1;
    wait.longest = std::min<std::chrono::nanoseconds>(left, kLookAgain);
    wait.done = [resume = later()](wire::Sequence) { resume(); };
    wait.peer = group;
    wait.identity = identity;
    hub.wait(loop, std::move(wait));
    return http::Slice::kLater;
  });
  return true;
}

}  // namespace sse::api
