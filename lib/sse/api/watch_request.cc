#include "sse/api/watch_request.h"

#include <string>
#include <string_view>
#include <vector>

#include "sse/base/ascii.h"
#include "sse/base/quantities.h"
#include "sse/gate/rights.h"
#include "sse/http/characters.h"
#include "sse/http/request.h"
#include "sse/http/response.h"
#include "sse/json/object.h"
#include "sse/web/query.h"
#include "sse/wire/done_id.h"
#include "sse/wire/topic_pattern.h"

namespace sse::api {
namespace {

constexpr std::string_view kEventStream = "text/event-stream";

struct Position {
  std::string id;  ///< empty: none was given
  bool is_last_event_id = false;
};

Position read_position(const http::Request& request) {
  if (const auto id = request.fields.get("Last-Event-ID"); !id.empty()) {
    return {std::string(id), true};
  }
  if (auto id = web::query_text(request, "after"); id && !id->empty()) return {std::move(*id)};
  for (const char* name : {"last_event_id", "lastEventId", "Last-Event-ID"}) {
    if (auto id = web::query_text(request, name); id && !id->empty()) return {std::move(*id), true};
  }
  return {};
}

Status read_start(const http::Request& request, const Now& now, WatchRequest& wanted) {
  const auto since = web::query_text(request, "since");
  if (const auto [id, is_last_event_id] = read_position(request); !id.empty()) {
    wanted.is_done = is_last_event_id && wire::is_done_id(id);
    std::string after(wire::without_done(id));
    if (since == "each") {
      wanted.start = log::NewestOfEach{std::move(after)};
    } else {
      wanted.start = log::AfterId{std::move(after)};
    }
  } else if (since) {
    wanted.start = SSE_TRY(log::parse_since(wire::without_done(*since), now));
  }
  return {};
}

std::vector<std::string> query_values(const http::Request& request, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [known, value] : request.params) {
    if (known == name) values.push_back(value);
  }
  return values;
}

/// Any other character could end a pattern in a list, or is not ASCII.
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain = "/+#-._~*:@!$&'()=";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_letter_or_digit(c) || kPlain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kDigits[byte >> 4U];
      encoded += kDigits[byte & 0xFU];
    }
  }
  return encoded;
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

/// Nothing of any request would be cut.
bool may_read_everything(const gate::Rights& rights) {
  if (!rights.are_limited()) return true;
  const auto& topics = rights.principal()->subscribe.topics();
  return topics.size() == 1 && wire::is_every_topic(topics.front());  // it covers all others
}

/// Apart from the others: most hubs ask for no credentials.
Status cut_to(const gate::Rights& rights, const auth::NameOfTopic& name_of,
              std::vector<std::string> types, const std::vector<std::string>& topics,
              std::vector<std::string> last_types, WatchRequest& wanted) {
  SSE_TRY(hub::Filter::check(types, topics, last_types));
  auto cut = SSE_TRY(rights.cut(topics, name_of));
  const auto& principal = rights.principal();
  if (!cut.is_whole) wanted.cut_topics = principal->subscribe.texts_of(cut);
  hub::Filter::Judged judged;
  if (!cut.named.empty()) {
    judged = {std::move(cut.named), [principal, name_of](std::string_view topic) {
                return principal->subscribe.allows_metric_topic(topic, name_of);
              }};
  }
  wanted.filter = SSE_TRY(hub::Filter::make_cut(std::move(types), std::move(cut.patterns),
                                                std::move(last_types), std::move(judged)));
  return {};
}

}  // namespace

Result<WatchRequest> read_watch_request(const http::Request& request, const Now& now,
                                        const TopicParameters& parameters,
                                        const gate::Rights& rights,
                                        const auth::NameOfTopic& name_of) {
  WatchRequest wanted;
  SSE_TRY(read_start(request, now, wanted));
  std::vector<std::string> topics = query_values(request, "topic");
  SSE_TRY(add_topics(request, parameters, topics));
  auto types = query_values(request, "type");
  auto last_types = query_values(request, "until_type");
  if (!may_read_everything(rights)) {
    SSE_TRY(cut_to(rights, name_of, std::move(types), topics, std::move(last_types), wanted));
  } else {
    wanted.filter =
        SSE_TRY(hub::Filter::make(std::move(types), std::move(topics), std::move(last_types)));
  }
  return wanted;
}

void set_cut_topics(http::Response& response, const std::vector<std::string>& topics) {
  constexpr std::size_t kMost = 1'024;
  if (topics.empty()) return;
  std::string value;
  for (const auto& topic : topics) {
    const std::string encoded = percent_encoded(topic);
    if (value.size() + encoded.size() + 2 > kMost) {
      value += value.empty() ? "..." : ", ...";
      break;
    }
    if (!value.empty()) value += ", ";
    value += encoded;
  }
  response.fields.set("SSE-Topics", value);
}

std::string comments_of_cut(const std::vector<std::string>& topics) {
  std::string text;
  for (const auto& topic : topics) text.append(": topic ").append(topic).append("\n");
  return text;
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

Result<std::chrono::nanoseconds> read_every(const http::Request& request, hub::Ids ids) {
  constexpr std::chrono::nanoseconds kShortest = std::chrono::milliseconds(10);
  constexpr std::chrono::nanoseconds kLongest = std::chrono::seconds(60);
  const auto text = web::query_text(request, "every");
  if (!text) return std::chrono::nanoseconds(0);
  const auto every = parse_duration(*text);
  if (!every || *every < kShortest || *every > kLongest) {
    return json::field_error("every",
                             "a duration from " + format_duration(kShortest) + " to " +
                                 format_duration(kLongest) + ", such as 500ms",
                             json::in_quotes(*text));
  }
  if (ids == hub::Ids::kEvents) {
    return Error{ErrorCode::kInvalid,
                 "every: a stream with an interval resumes from blocks that hold an id alone, and "
                 "ids=events leaves them out; use one of the two"};
  }
  return *every;
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
