#include "sse/api/json_writer.h"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

namespace sse::api {
namespace {

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\';
}

template <typename Number>
void append_chars(std::string& out, Number value) {
  char text[32];
  const auto end = std::to_chars(std::begin(text), std::end(text), value).ptr;
  out.append(std::begin(text), end);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    out.append(1, '"').append(text).append(1, '"');
    return;
  }
  out += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_json_number(std::string& out, double value) {
  append_chars(out, value);
}

void append_json_integer(std::string& out, std::int64_t value) {
  append_chars(out, value);
}

void append_json_uuid(std::string& out, const Uuid& uuid) {
  const auto chars = uuid_chars(uuid);
  out.append(1, '"').append(chars.data(), chars.size()).append(1, '"');
}

}  // namespace sse::api
