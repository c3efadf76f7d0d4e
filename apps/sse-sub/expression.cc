#include "expression.h"

#include <algorithm>

#include "sse/base/escape.h"
#include "sse/client/hub_json.h"

namespace sse::sub {

Error error_at(std::string_view text, std::size_t at, std::string_view what) {
  const auto before = text.substr(0, at);
  const auto column = 1 + std::count_if(before.begin(), before.end(), [](char c) {
                        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
                      });
  return {ErrorCode::kInvalid,
          sse::quoted(text) + ": column " + std::to_string(column) + ": " + std::string(what)};
}

std::string_view string_at(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2U : 1U;
  if (end >= text.size()) return {};
  const auto string = text.substr(at, end + 1 - at);
  return client::is_json(string) ? string : std::string_view();
}

Result<json::Pointer> read_pointer(std::string_view text, std::size_t& at, std::string_view ends) {
  const std::size_t start = at;
  std::string pointer;
  if (start < text.size() && text[start] == '"') {
    const auto string = string_at(text, start);
    if (string.empty()) {
      return error_at(text, start, "expected a JSON string that ends with a double quote");
    }
    json::append_text_of(json::whole_value(string), pointer);
    at += string.size();
  } else {
    at = std::min(text.find_first_of(ends, start), text.size());
    pointer = text.substr(start, at - start);
  }
  auto parsed = json::Pointer::parse(pointer);
  if (!parsed) return error_at(text, start, parsed.error().text);
  return parsed;
}

}  // namespace sse::sub
