#include "reading_text.h"

#include "sse/base/escape.h"
#include "sse/base/time_text.h"

#include "cli/time_value.h"

namespace sse::pub {

Result<WallTime> read_time(std::string_view text, std::optional<WallTime> now) {
  const std::string_view seconds = text.starts_with('@') ? text.substr(1) : text;
  const auto is_settled = [](const auto& time) {
    return time || time.error().code == ErrorCode::kTooLarge;
  };
  if (auto time = cli::parse_epoch(seconds); is_settled(time)) return time;
  if (now) return cli::parse_time(text, *now);
  if (auto time = parse_rfc3339(text); is_settled(time)) return time;
  return Error{
      ErrorCode::kInvalid,
      sse::quoted(text) +
          " is not a time; expected RFC 3339 (2026-01-31T12:00:00Z) or seconds since 1970"};
}

void write_reading(std::string_view value, const std::optional<WallTime>& time, std::string& json) {
  json = ",\"value\":";
  json += value;
  if (time) json.append(",\"timestamp\":\"").append(format_rfc3339_nanos(*time)).append("\"");
  json += '}';
}

}  // namespace sse::pub
