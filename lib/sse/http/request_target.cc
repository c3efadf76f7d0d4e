#include "sse/http/request_target.h"

#include <algorithm>
#include <cstddef>

#include "sse/base/utf8.h"
#include "sse/http/authority.h"
#include "sse/http/characters.h"
#include "sse/http/request.h"

namespace sse::http {
namespace {

// Each parameter costs a hundred bytes where two were sent.
constexpr std::size_t kMaxParams = 512;

constexpr Refusal kBadPercent{400, "a '%' in the target must be followed by two hex digits"};
constexpr Refusal kNotText{400, "the decoded target must be UTF-8 without NUL"};

std::optional<std::string> percent_decode(std::string_view text) {
  if (text.find('%') == std::string_view::npos) return std::string(text);
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

bool is_text(std::string_view decoded) {
  return decoded.find('\0') == std::string_view::npos && is_valid_utf8(decoded);
}

bool climbs(std::string_view path) {
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    if (path.substr(0, slash) == "..") return true;
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return false;
}

std::optional<Refusal> parse_path(std::string_view path, Request& request) {
  if (path.find('%') == std::string_view::npos) {
    request.path = path;
  } else {
    auto decoded = percent_decode(path);
    if (!decoded) return kBadPercent;
    request.path = std::move(*decoded);
  }
  if (!is_text(request.path)) return kNotText;
  if (has_control_character(request.path)) {
    return Refusal{400, "the path holds a control character"};
  }
  if (climbs(request.path)) return Refusal{400, "the path must not hold '..'"};
  return std::nullopt;
}

std::optional<Refusal> parse_query(std::string_view query, Request& request) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals));
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return kBadPercent;
    if (!is_text(*name) || !is_text(*value)) return kNotText;
    if (request.params.size() == kMaxParams) {
      return Refusal{400, "more than 512 query parameters"};
    }
    request.params.emplace_back(std::move(*name), std::move(*value));
  }
  return std::nullopt;
}

// Splits `http://authority/path?query`. Nothing: not of that form.
std::optional<std::string_view> take_authority(std::string_view& target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    const auto rest = target.substr(scheme.size());
    const auto end = std::min(rest.find_first_of("/?"), rest.size());
    target = rest.substr(end);
    return rest.substr(0, end);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> parse_target(std::string_view target, Request& request,
                                    std::optional<std::string>& host) {
  if (request.method == "CONNECT") return Refusal{501, "CONNECT is refused: this is not a proxy"};
  request.target = target;
  if (target == "*") {
    if (request.method != "OPTIONS") return Refusal{400, "the target '*' goes with OPTIONS only"};
    request.path = "*";
    return std::nullopt;
  }
  for (const char c : target) {
    if (c == '#') return Refusal{400, "the target holds a '#': write %23"};
    if (!is_visible(c)) return Refusal{400, "the target holds a blank or a control character"};
  }
  std::string_view rest = target;
  if (const auto authority = take_authority(rest)) {
    if (!Authority::parse(*authority)) return Refusal{400, "the target's host is malformed"};
    host = *authority;
  } else if (rest.empty() || rest.front() != '/') {
    return Refusal{400, "the target must be a path (/...) or a whole http:// URL"};
  }
  const auto question = std::min(rest.find('?'), rest.size());
  const auto path = rest.substr(0, question);
  if (const auto refusal = parse_path(path.empty() ? "/" : path, request)) return refusal;
  return parse_query(rest.substr(std::min(question + 1, rest.size())), request);
}

}  // namespace sse::http
