#include "sse/http/authority.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "sse/base/ascii.h"

namespace sse::http {
namespace {

// reg-name of RFC 3986 without its `%`. A table: every request has a Host.
constexpr auto kNameCharacters = [] {
  std::array<bool, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    table[byte] = is_letter_or_digit(static_cast<char>(byte));
  }
  for (const char c : std::string_view("-._~!$&'()*+,;="))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool is_name(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kNameCharacters[static_cast<unsigned char>(text[i])]) continue;
    const bool is_encoded = text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                            hex_value(text[i + 2]) >= 0;
    if (!is_encoded) return false;
    i += 2;
  }
  return !text.empty();
}

// Any number of digits, as the grammar has it.
bool read_port(std::string_view digits, std::optional<std::uint16_t>& port) {
  std::uint32_t number = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return false;
    number = number * 10 + static_cast<std::uint32_t>(c - '0');
    if (number > std::numeric_limits<std::uint16_t>::max()) return false;
  }
  if (!digits.empty()) port = static_cast<std::uint16_t>(number);
  return true;
}

}  // namespace

std::optional<Authority> Authority::parse(std::string_view text) {
  Authority authority;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    authority.host = text.substr(1, close - 1);
    authority.address = IpAddress::parse(authority.host);
    const bool is_v6 = authority.host.find(':') != std::string_view::npos;
    if (!authority.address || !is_v6) return std::nullopt;
    rest = text.substr(close + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    authority.host = text.substr(0, colon);
    if (!is_name(authority.host)) return std::nullopt;
    if (is_digit(authority.host.back())) authority.address = IpAddress::parse(authority.host);
    rest = text.substr(colon);
  }
  if (rest.empty()) return authority;
  if (rest.front() != ':' || !read_port(rest.substr(1), authority.port)) return std::nullopt;
  return authority;
}

}  // namespace sse::http
