#include "sse/log/start.h"

#include <algorithm>
#include <chrono>

#include "sse/base/moment.h"
#include "sse/base/quantities.h"
#include "sse/base/time_text.h"
#include "sse/base/uuid.h"

namespace sse::log {
namespace {

std::chrono::milliseconds to_unix_ms(WallTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch();
}

/// What each kind of request means in a view.
class Locator {
 public:
  explicit Locator(const View& view) : view_(view) {}

  Start operator()(const FromLatest&) const { return {{view_.head() + 1, 0}, false, {}}; }
  Start operator()(const FromEarliest&) const { return at(view_.tail()); }

  Start operator()(const NewestOfEach& request) const {
    Start start = request.after.empty() ? at(view_.tail()) : (*this)(AfterId{request.after});
    start.gap.reset();
    start.newest_of_each = true;
    return start;
  }

  Start operator()(const FromLast& request) const {
    const wire::Sequence wanted = view_.head() + 1 - std::min(request.events, view_.head());
    if (wanted >= view_.tail()) return at(wanted);
    return gap("-" + std::to_string(request.events), GapReason::kExpired, view_.tail() - wanted);
  }

  Start operator()(const FromTime& request) const {
    const auto time = to_unix_ms(request.time);
    const auto expired = view_.newest_expired_time();
    if (!expired || *expired < time) return since(time);
    return gap(format_rfc3339(request.time), GapReason::kExpired, std::nullopt);
  }

  Start operator()(const AfterId& request) const {
    const auto id = wire::EventId::parse(request.id);
    if (!id) return gap(request.id, GapReason::kUnknown, std::nullopt);
    if (!view_.knows_epoch(id->epoch())) {
      return gap(request.id, GapReason::kOtherStream, std::nullopt);
    }
    if (!is_position(*id)) return gap(request.id, GapReason::kUnknown, std::nullopt);
    const wire::Sequence wanted = id->sequence() + 1;
    if (wanted >= view_.tail()) return at(wanted);
    return gap(request.id, GapReason::kExpired, view_.tail() - wanted);
  }

 private:
  /// Whether an id is one that this log gave out: all of it where the event is held, else its
  /// epoch's range of sequences and its time, which is all that is known of an event that is gone,
  /// or archived.
  bool is_position(const wire::EventId& id) const {
    if (id == view_.head_id()) return true;
    if (!view_.gave_out(id.epoch(), id.sequence())) return false;
    if (id.sequence() == 0) return true;
    if (id.sequence() >= view_.first_held()) return view_.event(id.sequence()).id == id;
    if (view_.is_archived(id.sequence())) return view_.may_be_archived(id);
    const auto expired = view_.newest_expired_time();
    return expired && id.unix_time() <= *expired;
  }

  Start since(std::chrono::milliseconds time) const {
    const auto archived = view_.archived_since(time);
    if (!archived) return at(view_.first_since(time));
    Start start = at(*archived);
    start.not_before = time;
    return start;
  }

  static Start at(wire::Sequence next) { return {{next, 0}, true, {}}; }

  Start gap(std::string requested, GapReason reason, std::optional<std::uint64_t> missed) const {
    return {{view_.tail(), 0}, true, Gap{std::move(requested), view_.oldest_id(), missed, reason}};
  }

  const View& view_;
};

}  // namespace

Result<StartRequest> parse_since(std::string_view text, const Now& now) {
  if (text == "earliest") return StartRequest(FromEarliest{});
  if (text == "latest") return StartRequest(FromLatest{});
  if (text == "each") return StartRequest(NewestOfEach{});
  if (parse_uuid(text)) return StartRequest(AfterId{std::string(text)});
  if (text.substr(0, 1) == "-") {
    if (const auto events = parse_digits(text.substr(1))) return StartRequest(FromLast{*events});
  } else if (const auto time = parse_moment(text, now)) {
    return StartRequest(FromTime{*time});
  }
  return Error{ErrorCode::kInvalid,
               "since '" + std::string(text) +
                   "': expected earliest, latest, -N (the last N events), each (the newest of "
                   "each type and topic), a duration with a unit (5m), a time "
                   "(2026-01-31T12:00:00Z or @1769860800), or an event id"};
}

std::string_view to_string(GapReason reason) {
  switch (reason) {
    case GapReason::kExpired:
      return "expired";
    case GapReason::kUnknown:
      return "unknown";
    case GapReason::kOtherStream:
      return "other-stream";
  }
  return {};
}

Start locate(const View& view, const StartRequest& request) {
  return std::visit(Locator(view), request);
}

}  // namespace sse::log
