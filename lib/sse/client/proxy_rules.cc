#include "sse/client/proxy_rules.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include <strings.h>

namespace sse::client {
namespace {

/// An address in network order: 4 bytes or 16.
struct Address {
  std::array<unsigned char, 16> bytes{};
  std::size_t size = 0;

  static Address parse(std::string_view text) {
    Address address;
    const std::string copy(text.substr(0, text.find('%')));
    if (::inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) {
      address.size = 4;
    } else if (::inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) {
      address.size = 16;
    }
    return address;
  }

  bool shares_prefix(const Address& other, std::size_t bits) const {
    if (size == 0 || size != other.size || bits > size * 8) return false;
    const std::size_t whole = bits / 8;
    if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                    other.bytes.begin())) {
      return false;
    }
    const unsigned rest = bits % 8;
    return rest == 0 || ((bytes[whole] ^ other.bytes[whole]) >> (8U - rest)) == 0;
  }
};

bool equals(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool is_below(std::string_view host, std::string_view domain) {
  return host.size() > domain.size() && equals(host.substr(host.size() - domain.size()), domain) &&
         host[host.size() - domain.size() - 1] == '.';
}

bool is_loopback(std::string_view host) {
  if (equals(host, "localhost") || is_below(host, "localhost")) return true;
  const Address address = Address::parse(host);
  return address.shares_prefix(Address::parse("127.0.0.0"), 8) ||
         address.shares_prefix(Address::parse("::1"), 128) ||
         address.shares_prefix(Address::parse("::ffff:127.0.0.0"), 104);
}

/// Takes `:port` and brackets off an entry; false when the port is another one.
bool takes_port(std::string_view& entry, std::uint16_t port) {
  const bool has_brackets = entry.starts_with('[');
  const auto colon = entry.rfind(':');
  const bool is_plain_ipv6 = !has_brackets && std::count(entry.begin(), entry.end(), ':') > 1;
  if (colon != entry.npos && !is_plain_ipv6 && (!has_brackets || entry[colon - 1] == ']')) {
    if (entry.substr(colon + 1) != std::to_string(port)) return false;
    entry = entry.substr(0, colon);
  }
  if (has_brackets && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
  return true;
}

bool is_in_range(std::string_view host, std::string_view range) {
  const auto slash = range.find('/');
  const std::string_view count = range.substr(slash + 1);
  std::size_t bits = 0;
  const auto parsed = std::from_chars(count.data(), count.data() + count.size(), bits);
  return parsed.ec == std::errc{} && parsed.ptr == count.data() + count.size() &&
         Address::parse(host).shares_prefix(Address::parse(range.substr(0, slash)), bits);
}

bool covers(std::string_view entry, std::string_view host, std::uint16_t port) {
  if (entry == "*") return true;
  if (entry.find('/') != entry.npos) return is_in_range(host, entry);
  if (!takes_port(entry, port)) return false;
  const Address address = Address::parse(entry);
  if (address.size != 0) return address.shares_prefix(Address::parse(host), address.size * 8);
  while (entry.starts_with('.')) entry.remove_prefix(1);
  return !entry.empty() && (equals(host, entry) || is_below(host, entry));
}

std::string first_of(const Variables& variables, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (auto value = variables(name); !value.empty()) return value;
  }
  return {};
}

}  // namespace

bool no_proxy_covers(std::string_view list, std::string_view host, std::uint16_t port) {
  constexpr std::string_view kSeparators = ", \t";
  while (!list.empty()) {
    const std::string_view entry = list.substr(0, list.find_first_of(kSeparators));
    if (!entry.empty() && covers(entry, host, port)) return true;
    list.remove_prefix(std::min(entry.size() + 1, list.size()));
  }
  return false;
}

std::string proxy_for(const Endpoint& url, const std::optional<std::string>& given,
                      const Variables& variables) {
  if (!url.socket_path().empty() || is_loopback(url.host())) return {};
  const bool is_secure = url.scheme() == Endpoint::Scheme::kHttps;
  std::string proxy = given.value_or("");
  if (!given) {
    proxy = is_secure ? first_of(variables, {"https_proxy", "HTTPS_PROXY"})
                      : first_of(variables, {"http_proxy"});
    if (proxy.empty()) proxy = first_of(variables, {"all_proxy", "ALL_PROXY"});
  }
  if (proxy.empty()) return {};
  const std::string exempt = first_of(variables, {"no_proxy", "NO_PROXY"});
  return no_proxy_covers(exempt, url.host(), url.port()) ? std::string() : proxy;
}

Status check_proxy(std::string_view text) {
  const Error error{ErrorCode::kInvalid,
                    "'" + shown_proxy(text) +
                        "' is not a proxy; expected http://host:port, https://, socks5://, "
                        "socks5h://, socks4:// or socks4a://"};
  if (text.empty()) return {};  // none
  std::string_view rest = text;
  if (const auto end = text.find("://"); end != text.npos) {
    constexpr std::array<std::string_view, 6> kSchemes{"http",    "https",  "socks5",
                                                       "socks5h", "socks4", "socks4a"};
    const auto is_scheme = [&](std::string_view scheme) {
      return equals(text.substr(0, end), scheme);
    };
    if (std::none_of(kSchemes.begin(), kSchemes.end(), is_scheme)) return error;
    rest = text.substr(end + 3);
  }
  if (const auto at = rest.rfind('@'); at != rest.npos) rest.remove_prefix(at + 1);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const bool is_host = !rest.empty() && rest.front() != ':' && rest.find('/') == rest.npos;
  const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
  });
  return is_host && !has_control ? Status() : Status(error);
}

std::string shown_proxy(std::string_view proxy) {
  const auto scheme = proxy.find("://");
  const std::size_t start = scheme == proxy.npos ? 0 : scheme + 3;
  const auto at = proxy.rfind('@');
  if (at == proxy.npos || at < start) return std::string(proxy);
  return std::string(proxy.substr(0, start)) + std::string(proxy.substr(at + 1));
}

}  // namespace sse::client
