// Header fields of HTTP/2: what becomes a request is read as the same request, and nothing in a
// field becomes another line, another field or another request.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sse/base/ascii.h"
#include "sse/http/request.h"
#include "sse/http/request_parser.h"
#include "sse/http/two/request_text.h"

#include "fuzz/input.h"

namespace sse::fuzz {
namespace {

constexpr http::RequestLimits kLimits{512, 64};  // small, so that they are met

using FieldList = std::vector<std::pair<std::string, std::string>>;

/// Names and values, each with its length before it.
FieldList fields_of(std::string_view bytes) {
  const auto take = [&bytes] {
    const std::size_t size = std::min<std::size_t>(take_byte(bytes), bytes.size());
    const std::string text(bytes.substr(0, size));
    bytes.remove_prefix(size);
    return text;
  };
  FieldList fields;
  while (!bytes.empty()) {
    std::string name = take();
    fields.emplace_back(std::move(name), take());
  }
  return fields;
}

const std::string* find(const FieldList& fields, std::string_view name) {
  for (const auto& field : fields) {
    if (field.first == name) return &field.second;
  }
  return nullptr;
}

/// Each field of the request is one that was given; Host, Cookie and the framing are made of
/// others.
void check_request(const http::Request& request, const FieldList& given) {
  SSE_CHECK(request.method == *find(given, ":method"));
  std::size_t plain = 0;
  for (const auto& [name, value] : request.fields) {
    if (name == "host" || name == "cookie" || name == "transfer-encoding" || name == "Host")
      continue;
    ++plain;
    const std::pair<std::string, std::string> wanted(name, value);
    SSE_CHECK(std::find(given.begin(), given.end(), wanted) != given.end());
  }
  const auto is_plain = [](const auto& field) {
    return !field.first.starts_with(':') && field.first != "host" && field.first != "cookie";
  };
  SSE_CHECK(plain == static_cast<std::size_t>(std::count_if(given.begin(), given.end(), is_plain)));
  const std::string* const authority = find(given, ":authority");
  if (authority != nullptr) SSE_CHECK(request.fields.get("Host") == *authority);
  SSE_CHECK(!request.fields.has("connection") && !request.fields.has("upgrade"));
}

void check(const FieldList& given, bool ends) {
  http::RequestText text(kLimits.max_head);
  for (const auto& [name, value] : given) text.add(name, value);
  const auto head = text.finish(ends);
  if (!head) return;
  http::RequestParser parser(kLimits);
  http::Request request;
  const auto taken = parser.feed(*head, request);
  if (parser.progress() == http::RequestParser::Progress::kRefused) return;
  // One head, all of it, and nothing behind it.
  SSE_CHECK(parser.progress() == http::RequestParser::Progress::kHead);
  SSE_CHECK(taken == head->size());
  check_request(request, given);
  parser.go_on();
  const bool has_body = parser.progress() == http::RequestParser::Progress::kIncomplete;
  SSE_CHECK(!has_body || !ends || text.body_form() == http::RequestText::BodyForm::kNone);
  if (text.body_form() != http::RequestText::BodyForm::kChunked) return;
  std::string body;
  http::append_chunk(body, "abc");
  body += http::kLastChunkText;
  SSE_CHECK(parser.feed(body, request) == body.size());
  SSE_CHECK(parser.progress() == http::RequestParser::Progress::kComplete && request.body == "abc");
}

}  // namespace
}  // namespace sse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = sse::fuzz::text_of(data, size);
  const bool ends = sse::fuzz::take_byte(bytes) % 2 == 0;
  sse::fuzz::check(sse::fuzz::fields_of(bytes), ends);
  return 0;
}
