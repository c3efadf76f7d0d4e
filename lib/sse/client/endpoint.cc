#include "sse/client/endpoint.h"

#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "sse/base/ascii.h"
#include "sse/base/escape.h"
#include "sse/base/ip_address.h"
#include "sse/base/logged_target.h"
#include "sse/base/utf8.h"

namespace sse::client {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool is_beyond_ascii(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

void append_escape(char c, std::string& out) {
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHexDigits[byte >> 4U];
  out += kHexDigits[byte & 0xFU];
}

Error invalid(std::string text) {
  return {ErrorCode::kInvalid, std::move(text)};
}

Error bad_url(std::string_view text, std::string_view why) {
  return invalid(sse::quoted(text) + " is not a URL of a hub: " + std::string(why) +
                 "; expected http://host:port/path, host:port, :port or unix:/path/of/socket");
}

/// Path and query as they go into a request line: what is not ASCII is percent-encoded.
std::string encode_target(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_beyond_ascii(c)) {
      append_escape(c, out);
    } else {
      out += c;
    }
  }
  return out;
}

/// A Location may hold blanks, which browsers encode.
std::string encode_blanks(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == ' ' ? std::string("%20") : std::string(1, c);
  return out;
}

/// RFC 3986 section 5.2.4, for an absolute path.
std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool ends_in_slash = false;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash before the segment
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    ends_in_slash = segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!ends_in_slash) kept.push_back(segment);
  }
  std::string out;
  for (const std::string_view segment : kept) (out += '/') += segment;
  if (ends_in_slash || out.empty()) out += '/';
  return out;
}

/// Which rule of the characters in a URL `text` breaks; empty when none.
std::string_view broken_character_rule(std::string_view text) {
  const auto is_blank_or_control = [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
  };
  if (std::any_of(text.begin(), text.end(), is_blank_or_control)) {
    return "it holds a blank or a control character (write %20 for a blank)";
  }
  if (text.find('#') != std::string_view::npos) return "it holds '#' (write %23)";
  return {};
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view text) {
  if (text.starts_with(kUnix)) return parse_unix(text);
  return parse_http(text);
}

/// `unix:/run/sse.sock`, or with a path of the hub `unix:/run/sse.sock:/events/watch`.
Result<Endpoint> Endpoint::parse_unix(std::string_view text) {
  if (const auto why = broken_character_rule(text); !why.empty()) return bad_url(text, why);
  if (has_control_character(text)) return bad_url(text, "it holds a control character");
  const std::string_view rest = text.substr(kUnix.size());
  const std::string_view socket = rest.substr(0, rest.find(":/"));
  if (socket.empty()) return bad_url(text, "it names no socket");
  if (socket.size() >= sizeof(sockaddr_un::sun_path)) {
    return bad_url(text, "the path of a Unix socket has at most 107 bytes");
  }
  Endpoint endpoint;
  endpoint.socket_path_ = socket;
  endpoint.host_ = "localhost";
  endpoint.port_ = 80;
  std::string_view target = rest.substr(socket.size());
  if (!target.empty()) target.remove_prefix(1);  // the colon
  if (auto read = endpoint.read_target(target); !read) return read.error();
  return endpoint;
}

Result<Endpoint> Endpoint::parse_http(std::string_view text) {
  if (text.empty()) return bad_url(text, "it is empty");
  if (text.find_first_not_of("0123456789") == std::string_view::npos) {
    return invalid(sse::quoted(text) +
                   " is not a URL of a hub; did you mean :" + std::string(text) + "?");
  }
  if (const auto why = broken_character_rule(text); !why.empty()) return bad_url(text, why);

  Endpoint endpoint;
  std::string_view rest = text;
  std::uint16_t default_port = kDefaultPort;
  if (const auto end = text.find("://");
      end != std::string_view::npos && end < text.find_first_of("/?")) {
    std::string scheme(text.substr(0, end));
    std::transform(scheme.begin(), scheme.end(), scheme.begin(), to_lower);
    if (scheme != "http" && scheme != "https") {
      return bad_url(text, "its scheme is " + sse::quoted(scheme) + ", not http or https");
    }
    endpoint.scheme_ = scheme == "https" ? Scheme::kHttps : Scheme::kHttp;
    default_port = scheme == "https" ? 443 : 80;
    rest.remove_prefix(end + 3);
    if (rest.empty() || rest.front() == '/') return bad_url(text, "it names no host");
  }
  const std::size_t authority = std::min(rest.find_first_of("/?"), rest.size());
  if (auto read = endpoint.read_authority(rest.substr(0, authority), default_port); !read) {
    return bad_url(text, read.error().text);
  }
  if (auto read = endpoint.read_target(rest.substr(authority)); !read) return read.error();
  return endpoint;
}

Status Endpoint::read_authority(std::string_view text, std::uint16_t default_port) {
  if (text.find('@') != std::string_view::npos) {
    return invalid("it holds a user name (pass a token in SSE_TOKEN, or a header with -H)");
  }
  std::string_view host = text;
  std::string_view port;
  bool has_port = false;
  if (!text.empty() && text.front() == '[') {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return invalid("an IPv6 address ends with ']'");
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    has_port = !port.empty();
    if (has_port && port.front() != ':') return invalid("only :port can follow ']'");
    if (auto read = read_zone(host); !read) return read;
    if (host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) {
      return invalid("between '[' and ']' belongs an IPv6 address");
    }
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    if (text.find(':', colon + 1) != std::string_view::npos) {
      return invalid("an IPv6 address is written in brackets, as in [::1]:8089");
    }
    host = text.substr(0, colon);
    port = text.substr(colon);
    has_port = true;
  }
  port_ = default_port;
  if (has_port) {
    port.remove_prefix(1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), port_);
    if (error != std::errc{} || end != port.data() + port.size() || port_ == 0) {
      return invalid("its port " + sse::quoted(port) + " is not a number from 1 to 65535");
    }
  }
  if (host.empty() && (!has_port || text.front() == '[')) return invalid("it names no host");
  if (host.empty()) return {};  // `:8089` is this machine
  if (std::any_of(host.begin(), host.end(), is_beyond_ascii)) {
    return invalid("its host has letters beyond ASCII (write its xn-- form)");
  }
  host_ = host;
  std::transform(host_.begin(), host_.end(), host_.begin(), to_lower);
  return {};
}

/// Takes the zone off an IPv6 address: `%25eth0` (RFC 6874), or `%eth0` as people write it.
Status Endpoint::read_zone(std::string_view& host) {
  const auto percent = host.find('%');
  if (percent == std::string_view::npos) return {};
  std::string_view zone = host.substr(percent + 1);
  if (zone.size() > 2 && zone.starts_with("25")) zone.remove_prefix(2);
  const bool is_name = !zone.empty() && std::all_of(zone.begin(), zone.end(), [](char c) {
    return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
  });
  if (!is_name) return invalid("behind '%' belongs the name of a network interface");
  zone_ = zone;
  host = host.substr(0, percent);
  return {};
}

Status Endpoint::read_target(std::string_view text) {
  const std::size_t question = std::min(text.find('?'), text.size());
  path_ = encode_target(text.substr(0, question));
  query_ = question < text.size() ? encode_target(text.substr(question + 1)) : "";
  return {};
}

Result<Endpoint> Endpoint::resolve(std::string_view location) const {
  const std::string encoded = encode_blanks(location.substr(0, location.find('#')));
  const std::string_view reference = encoded;
  if (const auto why = broken_character_rule(reference); !why.empty()) {
    return bad_url(location, why);
  }
  const auto colon = reference.find(':');
  if (colon != std::string_view::npos && colon < reference.find_first_of("/?")) {
    return parse_http(reference);  // no server may send us to a socket of this machine
  }
  if (reference.substr(0, 2) == "//") {
    return parse_http((scheme_ == Scheme::kHttps ? "https:" : "http:") + std::string(reference));
  }
  Endpoint target = *this;
  if (reference.empty()) return target;
  const std::size_t question = std::min(reference.find('?'), reference.size());
  std::string path = encode_target(reference.substr(0, question));
  if (!path.empty()) {
    if (path.front() != '/') path = path_.substr(0, path_.rfind('/') + 1) + path;
    if (path.front() != '/') path.insert(0, 1, '/');
    target.path_ = remove_dot_segments(path);
  }
  target.query_ =
      question < reference.size() ? encode_target(reference.substr(question + 1)) : std::string();
  return target;
}

Endpoint Endpoint::with_path(std::string_view path) const {
  Endpoint other = *this;
  other.path_ = path;
  other.query_.clear();
  return other;
}

void Endpoint::add_query(std::string_view name, std::string_view value) {
  if (!query_.empty()) query_ += '&';
  query_ += name;
  query_ += '=';
  query_ += percent_encode(value);
}

bool Endpoint::same_origin(const Endpoint& other) const {
  return scheme_ == other.scheme_ && host_ == other.host_ && port_ == other.port_ &&
         zone_ == other.zone_ && socket_path_ == other.socket_path_;
}

bool Endpoint::is_readable_on_the_way() const {
  if (scheme_ == Scheme::kHttps || !socket_path_.empty()) return false;
  if (host_ == "localhost" || host_.ends_with(".localhost")) return false;  // RFC 6761 section 6.3
  const auto address = IpAddress::parse(host_);
  return !address || !address->is_loopback();
}

std::string Endpoint::origin() const {
  if (!socket_path_.empty()) return std::string(kUnix) + socket_path_;
  const bool is_ipv6 = host_.find(':') != std::string::npos;
  const std::string zone = zone_.empty() ? "" : "%25" + zone_;
  return (scheme_ == Scheme::kHttps ? "https://" : "http://") +
         (is_ipv6 ? "[" + host_ + zone + "]" : host_) + ":" + std::to_string(port_);
}

std::string Endpoint::url() const {
  return origin() + (socket_path_.empty() ? "" : ":") + target();
}

std::string Endpoint::shown() const {
  return logged_target(url());
}

std::string Endpoint::target() const {
  return (path_.empty() ? "/" : path_) + (query_.empty() ? "" : "?" + query_);
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      append_escape(c, out);
    }
  }
  return out;
}

Result<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned byte = 0;
    const char* digits = text.data() + i + 1;
    const char* end = text.data() + text.size();
    if (end - digits < 2 || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) {
      return invalid(sse::quoted(text) + ": a percent sign needs two hexadecimal digits");
    }
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

}  // namespace sse::client
