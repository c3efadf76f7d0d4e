#include "sse/api/event_routes.h"

#include <httplib.h>

#include "sse/http/router.h"
#include "sse/hub/publisher.h"
#include "sse/json/writer.h"
#include "sse/web/answer.h"
#include "sse/web/later_answer.h"
#include "sse/web/request_body.h"

namespace sse::api {
namespace {

/// Text is sent as its text, anything else as it was written.
Status parse_event(const json::Object& object, hub::EventSlot& slot) {
  const json::Member* content = SSE_TRY(object.required("data", "any JSON"));
  SSE_TRY(object.check_keys({"type", "topic", "data"}));
  const auto type = SSE_TRY(object.optional_string("type", "a string"));
  const auto topic = SSE_TRY(object.optional_string("topic", "a string"));
  slot.event.type = type.value_or("");
  slot.event.topic = topic.value_or("");
  slot.event.data =
      content->kind == json::Kind::kString ? content->text : std::string(content->raw);
  return {};
}

void answer_many(httplib::Response& response, const hub::Publisher::Slots& slots) {
  web::answer_batch(response, slots, [](const hub::EventSlot& slot) { return slot.id.uuid(); });
}

}  // namespace

void EventRoutes::add_to(http::Router& router) {
  router.add_deferred("POST", "/events",
                      [this](const httplib::Request& request, httplib::Response& response,
                             http::Deferral& deferral) { publish(request, response, deferral); });
}

void EventRoutes::publish(const httplib::Request& request, httplib::Response& response,
                          http::Deferral& deferral) const {
  const auto body = web::read_request_body(request);
  if (!body) return web::answer_error(response, body.error());
  if (body->shape == web::BodyShape::kObject) return publish_one(request, response, deferral);
  publish_many(*body, response, deferral);
}

void EventRoutes::publish_one(const httplib::Request& request, httplib::Response& response,
                              http::Deferral& deferral) const {
  json::Reader reader;
  if (const auto read = web::read_object(request, reader); !read) {
    return web::answer_error(response, read.error());
  }
  hub::EventSlot slot;
  if (const auto parsed = parse_event(reader.object(), slot); !parsed) {
    return web::answer_error(response, parsed.error());
  }
  const auto respond = [this](httplib::Response& known, const Result<wire::EventId>& id) {
    answer_published(known, id);
  };
  web::answer_when_known<wire::EventId>(
      deferral, response,
      [&](Later<wire::EventId> later) { return publisher_.publish(slot.event, later); }, respond);
}

void EventRoutes::answer_published(httplib::Response& response,
                                   const Result<wire::EventId>& id) const {
  if (!id) return web::answer_error(response, id.error());
  std::string body = R"({"id":)";
  json::append_uuid(body, id->uuid());
  body += R"(,"subscribers":)" + std::to_string(stream_count_()) + '}';
  web::answer_json(response, 201, std::move(body));
  web::set_event_id(response, id->uuid());
}

void EventRoutes::publish_many(const web::RequestBody& body, httplib::Response& response,
                               http::Deferral& deferral) const {
  auto slots = web::parse_slots<hub::EventSlot>(body, parse_event);
  if (!slots) return web::answer_error(response, slots.error());
  web::answer_batch_when_known(
      deferral, response, *std::move(slots),
      [&](hub::Publisher::Slots& parsed, const auto& later) {
        return publisher_.publish(parsed, later);
      },
      answer_many);
}

}  // namespace sse::api
