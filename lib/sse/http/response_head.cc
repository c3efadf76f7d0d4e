#include "sse/http/response_head.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "sse/base/logging.h"
#include "sse/http/characters.h"
#include "sse/http/response.h"
#include "sse/http/status.h"

namespace sse::http {
namespace {

std::string_view reason_of(int status) {
  const auto slot = status_slot(status);
  return slot < kStatuses.size() ? kStatuses[slot].reason : std::string_view();
}

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  out.append(digits, end);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

bool is_the_connections(std::string_view name) {
  return equals_ignoring_case(name, "Content-Length") ||
         equals_ignoring_case(name, "Transfer-Encoding") ||
         equals_ignoring_case(name, "Connection");
}

void append_status_line(std::string& out, int status) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(std::clamp(status, 100, 999)));
  out += ' ';
  out += reason_of(status);
  out += "\r\n";
}

// A field that would break the framing is a handler's mistake, or an attack through it.
bool is_in_order(std::string_view name, std::string_view value) {
  if (is_token(name) && is_field_value(value)) return true;
  log_line(LogLevel::kError,
           "left a malformed header field out of an answer: " + std::string(name));
  return false;
}

bool is_of_http1(std::string_view name) {
  return is_the_connections(name) || equals_ignoring_case(name, "Keep-Alive") ||
         equals_ignoring_case(name, "Proxy-Connection") || equals_ignoring_case(name, "Upgrade");
}

bool has_no_body(int status) {
  return status / 100 == 1 || status == 204 || status == 304;
}

bool asks_to_close(const Response& response) {
  return list_holds(response.fields.list("Connection"), kClose);
}

}  // namespace

AnswerFields choose_fields(Version version, const Response& response, bool closing) {
  const bool is_http_1_0 = version == Version::kHttp10;
  AnswerFields fields;
  if (has_no_body(response.status)) {
    fields.form = BodyForm::kNone;
  } else if (!response.pieces || response.length) {
    fields.form = BodyForm::kSized;
    fields.length = response.pieces ? *response.length : response.body.size();
  } else {
    fields.form = version == Version::kHttp11 ? BodyForm::kChunked : BodyForm::kUntilClose;
  }
  // A stream of HTTP/2 has one request.
  if (closing || version == Version::kHttp2 || fields.form == BodyForm::kUntilClose ||
      asks_to_close(response)) {
    fields.connection = kClose;
  } else if (is_http_1_0) {
    fields.connection = "keep-alive";
  }
  return fields;
}

AnswerFields choose_stream_fields(Version version) {
  AnswerFields fields;
  fields.form = version == Version::kHttp11 ? BodyForm::kChunked : BodyForm::kUntilClose;
  fields.connection = kClose;
  return fields;
}

void append_head(std::string& out, const Response& response, const AnswerFields& fields) {
  append_status_line(out, response.status);
  for (const auto& [name, value] : response.fields) {
    if (!is_the_connections(name) && is_in_order(name, value)) append_field(out, name, value);
  }
  if (fields.form == BodyForm::kSized) {
    out += "Content-Length: ";
    append_number(out, fields.length);
    out += "\r\n";
  } else if (fields.form == BodyForm::kChunked) {
    append_field(out, "Transfer-Encoding", "chunked");
  }
  if (!fields.date.empty()) append_field(out, "Date", fields.date);
  if (!fields.connection.empty()) append_field(out, "Connection", fields.connection);
  out += "\r\n";
}

void for_each_field(const Response& response, const AnswerFields& fields,
                    const FunctionRef<void(std::string_view, std::string_view)>& visit) {
  for (const auto& [name, value] : response.fields) {
    if (!is_of_http1(name) && is_in_order(name, value)) visit(name, trimmed(value));
  }
  if (fields.form == BodyForm::kSized) visit("content-length", std::to_string(fields.length));
  if (!fields.date.empty()) visit("date", fields.date);
}

std::string http_date(std::int64_t unix_seconds) {
  // strftime() would speak the locale's language.
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = static_cast<std::time_t>(unix_seconds);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  const int length = std::snprintf(text, sizeof text, "%s, %02d %s %d %02d:%02d:%02d GMT",
                                   kDays[utc.tm_wday], utc.tm_mday, kMonths[utc.tm_mon],
                                   utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace sse::http
