#include "sse/web/query.h"

#include <charconv>

#include "sse/base/moment.h"
#include "sse/base/quantities.h"
#include "sse/http/request.h"
#include "sse/json/object.h"

namespace sse::web {

std::optional<std::string> query_text(const http::Request& request, const char* name) {
  const std::string* value = request.param(name);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

Result<bool> query_flag(const http::Request& request, const char* name) {
  const auto text = query_text(request, name);
  if (!text || *text == "false") return false;
  if (*text == "true") return true;
  return json::field_error(name, "true or false", json::in_quotes(*text));
}

Result<std::size_t> query_count(const http::Request& request, const char* name,
                                std::size_t fallback, std::size_t most) {
  const auto text = query_text(request, name);
  if (!text) return fallback;
  std::size_t count = 0;
  const char* end = text->data() + text->size();
  const auto [stop, status] = std::from_chars(text->data(), end, count);
  if (status == std::errc() && stop == end && count >= 1 && count <= most) return count;
  return json::field_error(name, "a number from 1 to " + std::to_string(most),
                           json::in_quotes(*text));
}

Result<std::chrono::nanoseconds> query_duration(const http::Request& request, const char* name,
                                                std::chrono::nanoseconds most) {
  const auto text = query_text(request, name);
  if (!text) return std::chrono::nanoseconds(0);
  const auto duration = parse_duration(*text);
  if (duration && *duration <= most) return *duration;
  return json::field_error(name, "a duration such as 10s, at most " + format_duration(most),
                           json::in_quotes(*text));
}

Result<std::optional<WallTime>> query_time(const http::Request& request, const char* name,
                                           const Now& now) {
  const auto text = query_text(request, name);
  if (!text) return std::optional<WallTime>();
  if (const auto time = parse_moment(*text, now)) return std::optional(*time);
  return json::field_error(name, "an RFC 3339 time, @epoch or a duration ago such as 5m",
                           json::in_quotes(*text));
}

Result<Uuid> query_uuid(const http::Request& request, const char* name) {
  const std::string text = query_text(request, name).value_or("");
  if (const auto uuid = parse_uuid(text)) return *uuid;
  return json::field_error(name, "a UUID", json::in_quotes(text));
}

}  // namespace sse::web
