#include "sse/base/logged_target.h"

#include <algorithm>
#include <array>

#include "sse/base/ascii.h"

namespace sse {
namespace {

constexpr std::array<std::string_view, 5> kSecrets = {"ticket", "token", "access_token", "auth",
                                                      "authorization"};

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// A name as the query's reader sees it: `tick%65t` is `ticket`.
std::string decoded(std::string_view name) {
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool is_escape = name[i] == '%' && i + 2 < name.size();
    const int high = is_escape ? hex_value(name[i + 1]) : -1;
    const int low = is_escape ? hex_value(name[i + 2]) : -1;
    if (high < 0 || low < 0) {
      text += name[i];
    } else {
      text += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return text;
}

bool is_secret(std::string_view name) {
  const std::string known = decoded(name);
  return std::any_of(kSecrets.begin(), kSecrets.end(),
                     [&](auto secret) { return equals_ignoring_case(known, secret); });
}

}  // namespace

std::string logged_target(std::string_view target) {
  const auto query = target.find('?');
  if (query == std::string_view::npos) return std::string(target);
  std::string shown(target.substr(0, query + 1));
  for (std::size_t begin = query + 1;;) {
    const auto end = std::min(target.find('&', begin), target.size());
    const auto parameter = target.substr(begin, end - begin);
    const auto equals = std::min(parameter.find('='), parameter.size());
    if (equals < parameter.size() && is_secret(parameter.substr(0, equals))) {
      shown.append(parameter.substr(0, equals)).append("=***");
    } else {
      shown.append(parameter);
    }
    if (end == target.size()) return shown;
    shown += '&';
    begin = end + 1;
  }
}

}  // namespace sse
