#include "sse/client/publish_json.h"

#include "sse/base/ascii.h"
#include "sse/base/escape.h"
#include "sse/base/utf8.h"
#include "sse/json/string.h"

namespace sse::client {
namespace {

Result<std::string> as_string(std::string_view what, std::string_view text) {
  if (!is_valid_utf8(text)) {
    return Error{ErrorCode::kInvalid, std::string(what) + " is not UTF-8: " + sse::quoted(text)};
  }
  std::string json;
  json::append_string(json, text);
  return json;
}

std::size_t count_digits(std::string_view text, std::size_t from) {
  std::size_t end = from;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - from;
}

}  // namespace

Result<std::string> json_number(std::string_view text) {
  const Error wrong{ErrorCode::kInvalid,
                    sse::quoted(text) + " is not a number; expected one like 3, -0.5 or 1e6"};
  const bool is_negative = text.starts_with('-');
  std::size_t at = is_negative || text.starts_with('+') ? 1 : 0;
  const std::size_t whole = count_digits(text, at);
  std::string_view before_point = text.substr(at, whole);
  at += whole;
  std::string_view after_point;
  if (at < text.size() && text[at] == '.') {
    after_point = text.substr(at + 1, count_digits(text, at + 1));
    at += 1 + after_point.size();
  }
  if (before_point.empty() && after_point.empty()) return wrong;
  while (before_point.size() > 1 && before_point.front() == '0') before_point.remove_prefix(1);

  std::string number = is_negative ? "-" : "";
  number += before_point.empty() ? "0" : before_point;
  if (!after_point.empty()) number.append(".").append(after_point);
  if (at == text.size()) return number;
  const std::string_view exponent = text.substr(at);
  const std::size_t sign =
      exponent.size() > 1 && (exponent[1] == '-' || exponent[1] == '+') ? 1 : 0;
  const std::size_t digits = count_digits(exponent, 1 + sign);
  const bool is_whole = digits > 0 && 1 + sign + digits == exponent.size();
  if ((exponent.front() != 'e' && exponent.front() != 'E') || !is_whole) return wrong;
  return number.append(exponent);
}

Result<std::string> reading_json(const NewReading& reading) {
  std::string json = "{\"metric_id\":" + SSE_TRY(as_string("the metric", reading.metric_id));
  json += ",\"value\":" + reading.value;
  if (reading.timestamp) json += ",\"timestamp\":\"" + *reading.timestamp + '"';
  return json += '}';
}

Result<std::string> event_json(const NewEvent& event) {
  std::string json = "{";
  if (!event.type.empty()) json += "\"type\":" + SSE_TRY(as_string("the type", event.type)) + ',';
  if (!event.topic.empty()) {
    json += "\"topic\":" + SSE_TRY(as_string("the topic", event.topic)) + ',';
  }
  return json + "\"data\":" + SSE_TRY(as_string("the data", event.data)) + '}';
}

Result<std::string> metric_json(std::string_view name, std::string_view input_frequency,
                                bool if_missing, std::string_view unit) {
  std::string json = "{\"name\":" + SSE_TRY(as_string("the name", name));
  json += ",\"input_frequency\":" + SSE_TRY(as_string("the frequency", input_frequency));
  if (!unit.empty()) json += ",\"unit\":" + SSE_TRY(as_string("the unit", unit));
  if (if_missing) json += ",\"if_missing\":true";
  return json += '}';
}

}  // namespace sse::client
