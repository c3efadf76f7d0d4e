#include "sse/api/watch_request.h"

#include <string>
#include <string_view>
#include <vector>

#include "sse/base/ascii.h"
#include "sse/http/characters.h"
#include "sse/http/request.h"
#include "sse/json/object.h"
#include "sse/web/query.h"

namespace sse::api {
namespace {

constexpr std::string_view kEventStream = "text/event-stream";

std::string last_event_id(const http::Request& request) {
  if (const auto id = request.fields.get("Last-Event-ID"); !id.empty()) return std::string(id);
  for (const char* name : {"after", "last_event_id", "lastEventId", "Last-Event-ID"}) {
    if (auto id = web::query_text(request, name); id && !id->empty()) return std::move(*id);
  }
  return {};
}

Result<log::StartRequest> read_start(const http::Request& request, const Now& now) {
  const auto since = web::query_text(request, "since");
  if (std::string id = last_event_id(request); !id.empty()) {
    if (since == "each") return log::StartRequest(log::NewestOfEach{std::move(id)});
    return log::StartRequest(log::AfterId{std::move(id)});
  }
  if (!since) return log::StartRequest(log::FromLatest{});
  return log::parse_since(*since, now);
}

std::vector<std::string> query_values(const http::Request& request, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [known, value] : request.params) {
    if (known == name) values.push_back(value);
  }
  return values;
}

Status add_topics(const http::Request& request, const TopicParameters& parameters,
                  std::vector<std::string>& topics) {
  for (const auto& parameter : parameters) {
    for (const std::string& value : query_values(request, parameter.name)) {
      topics.push_back(SSE_TRY(parameter.topic_of(value)));
    }
  }
  return {};
}

}  // namespace

Result<WatchRequest> read_watch_request(const http::Request& request, const Now& now,
                                        const TopicParameters& parameters) {
  WatchRequest wanted;
  wanted.start = SSE_TRY(read_start(request, now));
  std::vector<std::string> topics = query_values(request, "topic");
  SSE_TRY(add_topics(request, parameters, topics));
  wanted.filter = SSE_TRY(hub::Filter::make(query_values(request, "type"), std::move(topics)));
  return wanted;
}

Status check_pairs(const log::View& view, const log::Start& start, std::size_t max_pairs) {
  if (!start.newest_of_each || view.tells_pairs_from(start.cursor.next)) return {};
  return Error{ErrorCode::kFull, "since=each: the hub has had more than " +
                                     std::to_string(max_pairs) +
                                     " pairs of type and topic (--max-pairs), so the newest of "
                                     "each is not known from here on; since=earliest has all"};
}

Result<hub::Ids> read_ids(const http::Request& request) {
  const std::string* ids = request.param("ids");
  if (ids == nullptr || *ids == "all") return hub::Ids::kAll;
  if (*ids == "events") return hub::Ids::kEvents;
  return json::field_error("ids", "events or all", json::in_quotes(*ids));
}

bool names_event_stream(const http::Request& request) {
  const std::string accepted = request.fields.list("Accept");
  std::string_view rest = accepted;
  while (!rest.empty()) {
    std::string_view range = http::take_part(rest, ',');
    if (equals_ignoring_case(http::take_part(range, ';'), kEventStream)) return true;
  }
  return false;
}

}  // namespace sse::api
