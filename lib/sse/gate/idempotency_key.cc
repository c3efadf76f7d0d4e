#include "sse/gate/idempotency_key.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "sse/http/characters.h"
#include "sse/http/request.h"

namespace sse::gate {
namespace {

// What UUIDs, base64 and sf-tokens are made of.
bool is_bare_character(char c) {
  return http::is_token_character(c) || c == ':' || c == '/' || c == '=';
}

bool is_printable(char c) {
  return c >= 0x20 && c <= 0x7E;
}

// An sf-string (RFC 8941 section 3.3.3); nullopt when it is none.
std::optional<std::string> unquote(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::string key;
  while (!text.empty()) {
    if (text.front() == '\\') {
      text.remove_prefix(1);
      if (text.empty() || (text.front() != '"' && text.front() != '\\')) return std::nullopt;
    } else if (text.front() == '"' || !is_printable(text.front())) {
      return std::nullopt;
    }
    key += text.front();
    text.remove_prefix(1);
  }
  return key;
}

Error malformed(std::string_view why) {
  return {ErrorCode::kInvalid, std::string(kIdempotencyKeyHeader).append(": ").append(why)};
}

}  // namespace

Result<std::optional<std::string>> read_idempotency_key(const http::Request& request) {
  const std::size_t given = request.fields.count(kIdempotencyKeyHeader);
  if (given == 0) return std::optional<std::string>();
  if (given > 1) return malformed("expected one key, got several");
  const std::string_view text = request.fields.get(kIdempotencyKeyHeader);
  auto key = unquote(text);
  if (!key && std::all_of(text.begin(), text.end(), is_bare_character)) key = text;
  if (!key)
    return malformed("expected a \"quoted string\" of printable ASCII, or a word such as a UUID");
  if (key->empty()) return malformed("expected a key, got nothing");
  if (key->size() > kMaxIdempotencyKey) {
    return malformed("expected at most " + std::to_string(kMaxIdempotencyKey) + " bytes");
  }
  return key;
}

Result<std::optional<std::chrono::nanoseconds>> read_idempotency_key_age(
    const http::Request& request) {
  const std::size_t given = request.fields.count(kIdempotencyKeyAgeHeader);
  if (given == 0) return std::optional<std::chrono::nanoseconds>();
  constexpr std::size_t kMostDigits = 9;  // 30 years, and nanoseconds do not overflow
  const std::string_view text = request.fields.get(kIdempotencyKeyAgeHeader);
  const std::string_view whole = text.substr(0, text.find('.'));
  const std::string_view part = text.substr(std::min(text.size(), whole.size() + 1));
  const bool is_right = !whole.empty() && whole.front() != '-' && whole.size() <= kMostDigits &&
                        part.size() <= 3 && (whole == text || !part.empty());
  std::string digits = std::string(whole).append(part);
  digits.resize(whole.size() + 3, '0');
  std::int64_t milliseconds = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), milliseconds);
  if (!is_right || given > 1 || error != std::errc() || end != digits.data() + digits.size()) {
    return Error{ErrorCode::kInvalid, "Idempotency-Key-Age: expected seconds, such as 12 or 0.250"};
  }
  return std::optional<std::chrono::nanoseconds>(std::chrono::milliseconds(milliseconds));
}

}  // namespace sse::gate
