#include "event_line.h"

#include "sse/base/escape.h"
#include "sse/base/utf8.h"
#include "sse/json/string.h"

namespace sse::pub {

Status append_member(std::string_view name, std::string_view text, std::string& json) {
  if (!is_valid_utf8(text)) {
    return Error{ErrorCode::kInvalid,
                 "the " + std::string(name) + " is not UTF-8: " + sse::quoted(text)};
  }
  if (!json.ends_with('{')) json += ',';
  json.append("\"").append(name).append("\":");
  json::append_string(json, text);
  return {};
}

Status write_event(std::string_view type, std::string_view topic, std::string_view data,
                   std::string& json) {
  json = '{';
  if (!type.empty()) SSE_TRY(append_member("type", type, json));
  if (!topic.empty()) SSE_TRY(append_member("topic", topic, json));
  SSE_TRY(append_member("data", data, json));
  json += '}';
  return {};
}

}  // namespace sse::pub
