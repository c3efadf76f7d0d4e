// Values as people and programs write them: ids, durations, sizes, rates, times, places in a
// stream, filters, URLs. What is read is what is written again; nothing takes long.

#include <cmath>
#include <string>
#include <vector>

#include "sse/base/escape.h"
#include "sse/base/quantities.h"
#include "sse/base/time_text.h"
#include "sse/base/utf8.h"
#include "sse/base/uuid.h"
#include "sse/client/endpoint.h"
#include "sse/hub/filter.h"
#include "sse/json/string.h"
#include "sse/log/start.h"
#include "sse/wire/event_id.h"

#include "fuzz/input.h"

namespace sse::fuzz {
namespace {

void check_ids(std::string_view text) {
  if (const auto uuid = parse_uuid(text)) {
    SSE_CHECK(text.size() == kUuidLength);
    SSE_CHECK(parse_uuid(to_string(*uuid)) == uuid);
  }
  if (const auto id = wire::EventId::parse(text)) {
    SSE_CHECK(wire::EventId::make(id->unix_time(), id->epoch(), id->sequence()) == *id);
    SSE_CHECK(wire::EventId::parse(to_string(*id)) == id);
  }
}

void check_quantities(std::string_view text) {
  if (const auto duration = parse_duration(text)) {
    SSE_CHECK(duration->count() >= 0);
    const auto again = parse_duration(format_duration(*duration));
    SSE_CHECK(again && *again == *duration);
  }
  if (const auto bytes = parse_size(text)) {
    const auto again = parse_size(format_size(*bytes));
    SSE_CHECK(again && *again == *bytes);
  }
  if (const auto rate = parse_rate(text)) SSE_CHECK(std::isfinite(*rate) && *rate > 0);
  if (const auto time = parse_rfc3339(text)) {
    const auto again = parse_rfc3339(format_rfc3339(*time));
    SSE_CHECK(again && *again == *time);
  }
  const Now now{WallTime(std::chrono::seconds(1'800'000'000)), BootTime(std::chrono::hours(1))};
  if (const auto since = log::parse_since(text, now); !since) {
    SSE_CHECK(!since.error().text.empty());
  }
}

void check_text(std::string_view text) {
  const auto shown = escaped(text);
  SSE_CHECK(is_valid_utf8(shown) && !has_control_character(shown));
  SSE_CHECK(client::percent_decode(client::percent_encode(text)).value_or("?") == text);
  std::string json;
  json::append_string(json, text);
  SSE_CHECK(is_valid_utf8(json));
  SSE_CHECK(json.find_first_of("\r\n") == std::string::npos);
}

void check_endpoint(std::string_view text) {
  const auto hub = client::Endpoint::parse(text);
  if (!hub) return;
  SSE_CHECK(!has_control_character(hub->url()) && hub->url().find(' ') == std::string::npos);
  const auto again = client::Endpoint::parse(hub->url());
  SSE_CHECK(again && again->url() == hub->url() && again->same_origin(*hub));
}

/// Patterns one a line, and each of them held against the texts of all.
void check_filter(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    lines.emplace_back(line);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  for (const auto& [types, topics] : {std::pair(lines, std::vector<std::string>()),
                                      std::pair(std::vector<std::string>(), lines)}) {
    const auto filter = hub::Filter::make(types, topics);
    if (!filter || *filter == nullptr) continue;
    for (const auto& line : lines) {
      const bool is_plain = line.find_first_of("*?+#") == std::string::npos;
      if (is_plain && !types.empty()) SSE_CHECK((*filter)->wants_type(line));
      if (is_plain && !topics.empty()) SSE_CHECK((*filter)->wants_topic(line));
      if (!is_plain) static_cast<void>((*filter)->wants_topic(line));
    }
  }
}

}  // namespace
}  // namespace sse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = sse::fuzz::text_of(data, size);
  sse::fuzz::check_ids(text);
  sse::fuzz::check_quantities(text);
  sse::fuzz::check_text(text);
  sse::fuzz::check_endpoint(text);
  sse::fuzz::check_filter(text);
  return 0;
}
