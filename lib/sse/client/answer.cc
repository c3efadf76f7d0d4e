#include "sse/client/answer.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string>

#include <strings.h>

namespace sse::client {
namespace {

constexpr std::string_view kEventStream = "text/event-stream";

/// A number that a header gives in seconds; more than a year is a year.
constexpr std::int64_t kMostSeconds = std::int64_t{365} * 24 * 3600;

bool is_event_stream(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return type.size() == kEventStream.size() &&
         ::strncasecmp(type.data(), kEventStream.data(), type.size()) == 0;
}

std::optional<std::chrono::seconds> seconds(std::string_view text) {
  std::int64_t count = 0;
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
  if (parsed.ec == std::errc::result_out_of_range) return std::chrono::seconds(kMostSeconds);
  return std::chrono::seconds(std::min(count, kMostSeconds));
}

}  // namespace

Answer judge(const ResponseHead& head, Resuming resuming) {
  switch (head.status) {
    case 200:
      if (!is_event_stream(head.header("Content-Type"))) return Answer::kNotAnEventStream;
      return head.header("SSE-Refused").empty() ? Answer::kStream : Answer::kRefused;
    case 204:
      return Answer::kStop;
    case 301:
    case 308:
      return Answer::kMoved;
    case 302:
    case 303:
    case 307:
      return Answer::kElsewhere;
    case 400:
    case 413:
    case 422:
      return Answer::kInvalid;
    case 401:
    case 403:
      return Answer::kForbidden;
    case 408:
    case 425:
      return Answer::kUnavailable;
    case 410:
    case 412:
      return resuming == Resuming::kYes ? Answer::kGone : Answer::kNotAnEventStream;
    case 429:
      return Answer::kBusy;
    default:
      return head.status >= 500 && head.status < 600 ? Answer::kUnavailable
                                                     : Answer::kNotAnEventStream;
  }
}

std::optional<std::chrono::nanoseconds> retry_after(const ResponseHead& head, WallTime now) {
  const std::string value(head.header("Retry-After"));
  if (const auto count = seconds(value)) return *count;
  std::tm date{};
  const char* end = ::strptime(value.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  if (value.empty() || end == nullptr || *end != '\0') return std::nullopt;
  const WallTime then{std::chrono::seconds(::timegm(&date))};
  return std::max(then - now, std::chrono::nanoseconds(0));
}

std::optional<std::chrono::seconds> heartbeat(const ResponseHead& head) {
  return seconds(head.header("SSE-Heartbeat"));
}

}  // namespace sse::client
