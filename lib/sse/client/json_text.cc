#include "sse/client/json_text.h"

#include <nlohmann/json.hpp>

namespace sse::client {
namespace {

/// The first byte of every JSON value; spares the parser most texts that are none.
constexpr std::string_view kFirstBytes = "{[\"-0123456789tfn \t\r\n";

bool needs_care(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F || c == '"' || c == '\\') return true;
  }
  return false;
}

}  // namespace

bool is_json(std::string_view text) {
  if (text.empty() || kFirstBytes.find(text.front()) == std::string_view::npos) return false;
  return nlohmann::json::accept(text.begin(), text.end());
}

void append_json_string(std::string_view text, std::string& out) {
  if (needs_care(text)) {
    out += nlohmann::json(text).dump(-1, ' ', /*ensure_ascii=*/false,
                                     nlohmann::json::error_handler_t::replace);
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

}  // namespace sse::client
