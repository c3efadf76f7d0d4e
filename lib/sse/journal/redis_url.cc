#include <algorithm>
#include <optional>

#include "sse/base/ascii.h"
#include "sse/base/escape.h"
#include "sse/base/quantities.h"
#include "sse/journal/cluster_options.h"

namespace sse::journal {
namespace {

constexpr std::uint16_t kRedisPort = 6379;
constexpr std::uint16_t kSentinelPort = 26379;
constexpr std::size_t kMostName = 200;

constexpr char kForm[] =
    "expected redis://[USER@]HOST[:PORT][,HOST...][/DB], with sentinel=NAME, sentinel-user=USER or "
    "name=KEY behind a question mark, rediss:// for TLS, or redis+unix:PATH[?name=KEY]";

/// The text as it may be read by all: a password is left out, wherever it stands.
std::string shown(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return quoted(text);
  const std::size_t slashes = text.substr(0, at).find("//");
  const std::size_t begin = slashes == std::string_view::npos ? 0 : slashes + 2;
  return quoted(std::string(text.substr(0, begin)) + "..." + std::string(text.substr(at)));
}

Error refused(std::string_view text, const std::string& why) {
  return {ErrorCode::kInvalid, shown(text) + ": " + why + "; " + kForm};
}

/// What is before the first `mark`; `rest` keeps what is behind it, and is empty without one.
std::string_view cut(std::string_view& rest, char mark) {
  const std::size_t at = rest.find(mark);
  const std::string_view before = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return before;
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= kMostName &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("-_.:").find(c) != std::string_view::npos;
         });
}

std::optional<RedisAddress> read_address(std::string_view text, std::uint16_t standard) {
  std::string_view host = text;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    has_port = rest.starts_with(':');
    if (!rest.empty() && !has_port) return std::nullopt;
    if (has_port) port = rest.substr(1);
  } else if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
  }
  if (host.empty()) return std::nullopt;
  if (!has_port) return RedisAddress{std::string(host), standard};
  const auto number = parse_digits(port);
  if (!number || *number == 0 || *number > 65'535) return std::nullopt;
  return RedisAddress{std::string(host), static_cast<std::uint16_t>(*number)};
}

Status read_query(std::string_view query, bool is_unix, RedisUrl& url) {
  while (!query.empty()) {
    std::string_view value = cut(query, '&');
    const std::string_view name = cut(value, '=');
    if (name == "sentinel" && !is_unix && is_word(value)) {
      url.sentinel = value;
    } else if (name == "sentinel-user" && !is_unix && is_word(value)) {
      url.sentinel_user = value;
    } else if (name == "name" && is_word(value)) {
      url.name = value;
    } else {
      return Error{ErrorCode::kInvalid,
                   "the parameter " + shown(name) + " is not known, or its value is not a name"};
    }
  }
  if (url.sentinel.empty() && !url.sentinel_user.empty()) {
    return Error{ErrorCode::kInvalid, "sentinel-user= needs sentinel="};
  }
  return {};
}

}  // namespace

std::string to_string(const RedisAddress& address) {
  if (address.port == 0) return address.host;
  const bool is_v6 = address.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

Result<RedisUrl> parse_redis_url(std::string_view text) {
  constexpr std::string_view kTcp = "redis://";
  constexpr std::string_view kTls = "rediss://";
  constexpr std::string_view kUnix = "redis+unix:";
  const bool is_unix = text.starts_with(kUnix);
  const bool is_secure = text.starts_with(kTls);
  const std::string_view scheme = is_unix ? kUnix : is_secure ? kTls : kTcp;
  if (!text.starts_with(scheme)) return refused(text, "this is not such a URL");
  std::string_view query = text.substr(scheme.size());
  std::string_view place = cut(query, '?');
  RedisUrl url;
  url.is_secure = is_secure;
  if (const auto read = read_query(query, is_unix, url); !read) {
    return refused(text, read.error().text);
  }
  if (is_unix) {
    if (!place.starts_with('/')) return refused(text, "the path must be absolute");
    url.addresses.push_back({std::string(place), 0});
    return url;
  }
  if (const std::size_t at = place.rfind('@'); at != std::string_view::npos) {
    url.user = place.substr(0, at);
    place.remove_prefix(at + 1);
    if (url.user.find(':') != std::string::npos) {
      return Error{ErrorCode::kInvalid,
                   "a password does not belong into --cluster, which other users of this machine "
                   "can read: use --cluster-password-file or SSE_CLUSTER_PASSWORD"};
    }
  }
  std::string_view hosts = cut(place, '/');
  if (!place.empty()) {
    const auto database = parse_digits(place);
    if (!database || *database > 1'000'000) return refused(text, "the database is not a number");
    url.database = static_cast<unsigned>(*database);
  }
  const std::uint16_t standard = url.sentinel.empty() ? kRedisPort : kSentinelPort;
  while (!hosts.empty()) {
    const auto address = read_address(cut(hosts, ','), standard);
    if (!address) return refused(text, "an address is not HOST or HOST:PORT");
    url.addresses.push_back(*address);
  }
  if (url.addresses.empty()) return refused(text, "there is no host");
  return url;
}

}  // namespace sse::journal
