#include "sse/api/event_routes.h"

#include <functional>
#include <memory>
#include <utility>

#include "sse/gate/rights.h"
#include "sse/http/call.h"
#include "sse/http/router.h"
#include "sse/hub/event_draft.h"
#include "sse/hub/publisher.h"
#include "sse/json/writer.h"
#include "sse/web/answer.h"
#include "sse/web/batch.h"
#include "sse/web/one_object.h"
#include "sse/web/request_body.h"

namespace sse::api {
namespace {

/// Text is sent as its text, anything else as it was written.
Result<wire::Event> parse_event(const json::Object& object) {
  const json::Member* content = SSE_TRY(object.required("data", "any JSON"));
  SSE_TRY(object.check_keys({"type", "topic", "data"}));
  const auto type = SSE_TRY(object.optional_string("type", "a string"));
  const auto topic = SSE_TRY(object.optional_string("topic", "a string"));
  wire::Event event;
  event.type = type.value_or("");
  event.topic = topic.value_or("");
  event.data = content->kind == json::Kind::kString ? content->text : content->raw;
  return event;
}

/// Which events a caller may publish. A value: what is published in slices outlives its call.
class PublishRule {
 public:
  PublishRule(gate::Rights rights, const ReservedEvents& reserved)
      : rights_(std::move(rights)), reserved_(reserved) {}

  /// Error: kForbidden.
  Status check(const wire::Event& event) const {
    if (!rights_.are_limited()) return {};
    if (!rights_.may_publish(event.topic)) return rights_.no_publishing(event.topic);
    for (const auto& each : reserved_.get()) {
      const bool is_reserved =
          event.type.starts_with(each.type_prefix) || event.topic.starts_with(each.topic_prefix);
      if (is_reserved && !rights_.may_publish_all(each.grant)) {
        return Error{ErrorCode::kForbidden, "may not publish " + each.type_prefix + "* or to " +
                                                each.topic_prefix + "...: that takes a grant of " +
                                                each.grant};
      }
    }
    return {};
  }

 private:
  gate::Rights rights_;
  std::reference_wrapper<const ReservedEvents> reserved_;
};

}  // namespace

void EventRoutes::add_to(http::Router& router) {
  router.add(
      "POST", "/events", [this](http::Call& call) { publish(call); }, http::RouteNeeds::publish());
}

void EventRoutes::publish(http::Call& call) const {
  const auto body = web::read_request_body(call.request());
  if (!body) return web::answer_error(call.response(), body.error());
  if (body->shape == web::BodyShape::kObject) return publish_one(call);
  publish_many(*body, call);
}

void EventRoutes::publish_one(http::Call& call) const {
  const auto parse = [rule = PublishRule(gate::Rights::of(call), reserved_)](
                         const json::Object& object) -> Result<wire::Event> {
    auto event = parse_event(object);
    if (event) {
      if (const auto may = rule.check(*event); !may) event = may.error();
    }
    return event;
  };
  web::answer_object<wire::EventId>(
      call, parse,
      [this](const wire::Event& event, Later<wire::EventId> later) {
        return publisher_.publish(event, later);
      },
      [this](http::Response& known, const Result<wire::EventId>& id) {
        answer_published(known, id);
      });
}

void EventRoutes::answer_published(http::Response& response,
                                   const Result<wire::EventId>& id) const {
  if (!id) return web::answer_error(response, id.error());
  constexpr std::size_t kUsualSize = 80;  // with 14 digits of subscribers: allocated once
  std::string body;
  body.reserve(kUsualSize);
  body += R"({"id":)";
  json::append_uuid(body, id->uuid());
  body.append(R"(,"subscribers":)").append(std::to_string(stream_count_())) += '}';
  web::answer_json(response, 201, std::move(body));
  web::set_event_id(response, id->uuid());
}

void EventRoutes::publish_many(const web::RequestBody& body, http::Call& call) const {
  auto draft = std::make_unique<hub::EventDraft>(publisher_);
  auto& events = *draft;
  web::answer_batch(call, body, std::move(draft),
                    [&events, rule = PublishRule(gate::Rights::of(call), reserved_)](
                        const json::Object& object, std::size_t slot) -> Status {
                      const wire::Event event = SSE_TRY(parse_event(object));
                      SSE_TRY(rule.check(event));
                      return events.add(event, slot);
                    });
}

}  // namespace sse::api
