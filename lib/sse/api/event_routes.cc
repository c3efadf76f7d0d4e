#include "sse/api/event_routes.h"

#include <httplib.h>

#include "sse/api/answer.h"
#include "sse/api/json_writer.h"
#include "sse/api/request_body.h"
#include "sse/http/router.h"
#include "sse/hub/publisher.h"

namespace sse::api {
namespace {

/// Text is sent as its text, anything else as it was written.
Result<wire::Event> parse_event(const JsonObject& object) {
  wire::Event event;
  const JsonMember* content = SSE_TRY(object.required("data", "any JSON"));
  SSE_TRY(object.check_keys({"type", "topic", "data"}));
  const auto type = SSE_TRY(object.optional_string("type", "a string"));
  const auto topic = SSE_TRY(object.optional_string("topic", "a string"));
  event.type = type.value_or("");
  event.topic = topic.value_or("");
  event.data = content->kind == JsonKind::kString ? content->text : std::string(content->raw);
  return event;
}

}  // namespace

void EventRoutes::add_to(http::Router& router) {
  router.add("POST", "/events",
             [this](const httplib::Request& request, httplib::Response& response) {
               publish(request, response);
             });
}

void EventRoutes::publish(const httplib::Request& request, httplib::Response& response) const {
  const auto body = read_request_body(request);
  if (!body) return answer_error(response, body.error());
  if (body->shape == BodyShape::kObject) return publish_one(request, response);
  publish_many(*body, response);
}

void EventRoutes::publish_one(const httplib::Request& request, httplib::Response& response) const {
  JsonReader reader;
  if (const auto read = read_object(request, reader); !read) {
    return answer_error(response, read.error());
  }
  const auto event = parse_event(reader.object());
  if (!event) return answer_error(response, event.error());
  const auto id = publisher_.publish(*event);
  if (!id) return answer_error(response, id.error());

  std::string body = R"({"id":)";
  append_json_uuid(body, id->uuid());
  body += R"(,"subscribers":)" + std::to_string(stream_count_()) + '}';
  answer_json(response, 201, std::move(body));
  set_event_id(response, id->uuid());
}

void EventRoutes::publish_many(const RequestBody& body, httplib::Response& response) const {
  auto parsed = parse_items<wire::Event>(body, parse_event);
  if (!parsed) return answer_error(response, parsed.error());
  std::vector<wire::Event> events;
  events.reserve(parsed->size());
  for (auto& item : *parsed) {
    if (item) events.push_back(std::move(*item));
  }
  const auto ids = publisher_.publish_batch(events);

  BatchAnswer answer;
  auto next = ids.begin();
  for (const auto& item : *parsed) {
    if (!item) {
      answer.reject(item.error());
    } else if (const auto& id = *next++; id) {
      answer.accept(id->uuid());
    } else {
      answer.reject(id.error());
    }
  }
  answer.send(response);
}

}  // namespace sse::api
