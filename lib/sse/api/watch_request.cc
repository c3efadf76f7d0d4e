#include "sse/api/watch_request.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include <httplib.h>

#include "sse/json/object.h"
#include "sse/json/reader.h"
#include "sse/web/query.h"

namespace sse::api {
namespace {

constexpr std::string_view kEventStream = "text/event-stream";

std::string last_event_id(const httplib::Request& request) {
  if (std::string id = request.get_header_value("Last-Event-ID"); !id.empty()) return id;
  for (const char* name : {"after", "last_event_id", "lastEventId", "Last-Event-ID"}) {
    if (auto id = web::query_text(request, name); id && !id->empty()) return std::move(*id);
  }
  return {};
}

Result<log::StartRequest> read_start(const httplib::Request& request, const Now& now) {
  if (std::string id = last_event_id(request); !id.empty()) {
    return log::StartRequest(log::AfterId{std::move(id)});
  }
  const auto since = web::query_text(request, "since");
  if (!since) return log::StartRequest(log::FromLatest{});
  return log::parse_since(*since, now);
}

std::vector<std::string> query_values(const httplib::Request& request, const char* name) {
  std::vector<std::string> values;
  const auto [first, last] = request.params.equal_range(name);
  for (auto it = first; it != last; ++it) values.push_back(it->second);
  return values;
}

Status add_topics(const httplib::Request& request, const TopicParameters& parameters,
                  std::vector<std::string>& topics) {
  for (const auto& parameter : parameters) {
    for (const std::string& value : query_values(request, parameter.name.c_str())) {
      topics.push_back(SSE_TRY(parameter.topic_of(value)));
    }
  }
  return {};
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

}  // namespace

Result<WatchRequest> read_watch_request(const httplib::Request& request, const Now& now,
                                        const TopicParameters& parameters) {
  WatchRequest wanted;
  wanted.start = SSE_TRY(read_start(request, now));
  std::vector<std::string> topics = query_values(request, "topic");
  SSE_TRY(add_topics(request, parameters, topics));
  wanted.filter = SSE_TRY(hub::Filter::make(query_values(request, "type"), std::move(topics)));
  return wanted;
}

Result<hub::Ids> read_ids(const httplib::Request& request) {
  const auto ids = web::query_text(request, "ids");
  if (!ids || *ids == "all") return hub::Ids::kAll;
  if (*ids == "events") return hub::Ids::kEvents;
  return Error{ErrorCode::kInvalid, "ids: expected events or all"};
}

bool names_event_stream(const httplib::Request& request) {
  const auto [first, last] = request.headers.equal_range("Accept");
  for (auto it = first; it != last; ++it) {
    std::string_view rest = it->second;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      const std::string_view range = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const std::string_view type = json::trim_space(range.substr(0, range.find(';')));
      if (equal_ignoring_case(type, kEventStream)) return true;
    }
  }
  return false;
}

}  // namespace sse::api
