#include "sse/api/event_routes.h"

#include "sse/http/call.h"
#include "sse/http/router.h"
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

/// Of a batch (web::SlotBatch).
struct EventUse {
  using Slot = hub::EventSlot;

  Status parse(const json::Object& object, Slot& slot) const {
    slot.event = SSE_TRY(parse_event(object));
    return {};
  }
  bool publish(hub::Publisher::Slots& slots, LaterSlots<hub::Publisher::Slots> later) const {
    return publisher.publish(slots, later);
  }
  static Uuid id_of(const Slot& slot) { return slot.id.uuid(); }

  hub::Publisher& publisher;
};

}  // namespace

void EventRoutes::add_to(http::Router& router) {
  router.add("POST", "/events", [this](http::Call& call) { publish(call); });
}

void EventRoutes::publish(http::Call& call) const {
  const auto body = web::read_request_body(call.request());
  if (!body) return web::answer_error(call.response(), body.error());
  if (body->shape == web::BodyShape::kObject) return publish_one(call);
  publish_many(*body, call);
}

void EventRoutes::publish_one(http::Call& call) const {
  web::answer_object<wire::EventId>(
      call, parse_event,
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
  std::string body = R"({"id":)";
  json::append_uuid(body, id->uuid());
  body += R"(,"subscribers":)" + std::to_string(stream_count_()) + '}';
  web::answer_json(response, 201, std::move(body));
  web::set_event_id(response, id->uuid());
}

void EventRoutes::publish_many(const web::RequestBody& body, http::Call& call) const {
  const auto unit = publisher_.answers_at_once() ? web::BatchUnit::kSlice : web::BatchUnit::kWhole;
  web::answer_batch(call, body, unit, EventUse{publisher_});
}

}  // namespace sse::api
