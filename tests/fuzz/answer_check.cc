#include "fuzz/answer_check.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <nlohmann/json.hpp>
#include <strings.h>

#include "sse/base/check.h"
#include "sse/base/utf8.h"
#include "sse/http/characters.h"

namespace sse::fuzz {
namespace {

constexpr std::string_view kBlankLine = "\r\n\r\n";

std::string_view take_line(std::string_view& text) {
  const auto end = text.find("\r\n");
  SSE_CHECK(end != std::string_view::npos);
  const auto line = text.substr(0, end);
  text.remove_prefix(end + 2);
  return line;
}

bool is_name(std::string_view text, const std::string& name) {
  return text.size() == name.size() && ::strncasecmp(text.data(), name.data(), name.size()) == 0;
}

/// The value of a field; that it comes once is checked.
std::optional<std::string_view> field(std::string_view head, const std::string& name) {
  std::optional<std::string_view> value;
  take_line(head);
  for (auto line = take_line(head); !line.empty(); line = take_line(head)) {
    const auto colon = line.find(": ");
    if (!is_name(line.substr(0, colon), name)) continue;
    SSE_CHECK(!value);
    value = line.substr(colon + 2);
  }
  return value;
}

template <typename Number>
Number number(std::string_view digits, int base) {
  Number value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  SSE_CHECK(error == std::errc{} && end == digits.data() + digits.size());
  return value;
}

void check_chunked(std::string_view body) {
  for (;;) {
    const auto size = number<std::size_t>(take_line(body), 16);
    SSE_CHECK(body.size() >= size + 2);
    SSE_CHECK(body.substr(size, 2) == "\r\n");
    body.remove_prefix(size + 2);
    if (size == 0) break;
  }
  SSE_CHECK(body.empty());
}

void check_refusal(std::string_view head, std::string_view body) {
  SSE_CHECK(field(head, "Content-Type") == "application/json");
  const auto refusal = nlohmann::json::parse(body, nullptr, false);
  SSE_CHECK(refusal.is_object() && refusal.size() == 1 && refusal.contains("error"));
  SSE_CHECK(refusal["error"].is_string() && !refusal["error"].get<std::string>().empty());
}

}  // namespace

std::size_t check_head(std::string_view bytes, int status) {
  const auto end = bytes.find(kBlankLine);
  SSE_CHECK(end != std::string_view::npos);
  auto head = bytes.substr(0, end + kBlankLine.size());
  const auto line = take_line(head);
  SSE_CHECK(line.starts_with("HTTP/1.1 " + std::to_string(status) + " "));
  SSE_CHECK(!has_control_character(line));
  for (auto text = take_line(head); !text.empty(); text = take_line(head)) {
    SSE_CHECK(is_valid_utf8(text) && !has_control_character(text));
    const auto colon = text.find(": ");
    SSE_CHECK(colon != std::string_view::npos && colon > 0);
    const auto name = text.substr(0, colon);
    SSE_CHECK(std::all_of(name.begin(), name.end(), http::is_token_character));
  }
  SSE_CHECK(head.empty());
  return end + kBlankLine.size();
}

void check_answer(std::string_view bytes, int status, std::string_view method) {
  const auto head = bytes.substr(0, check_head(bytes, status));
  const auto body = bytes.substr(head.size());
  const auto length = field(head, "Content-Length");
  const auto coding = field(head, "Transfer-Encoding");
  SSE_CHECK(!(length && coding));
  if (method == "HEAD" || status == 204) {
    SSE_CHECK(body.empty());
  } else if (coding) {
    SSE_CHECK(*coding == "chunked");
    check_chunked(body);
  } else if (length) {
    SSE_CHECK(number<std::size_t>(*length, 10) == body.size());
  } else {
    SSE_CHECK(field(head, "Connection") == "close");
  }
  if (status >= 400 && method != "HEAD") check_refusal(head, body);
}

}  // namespace sse::fuzz
