#include "sse/net/address.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>
#include <memory>

#include "sse/base/escape.h"

namespace sse::net {
namespace {

// Connections that the kernel completes while the acceptor is busy with others.
constexpr int kBacklog = 4096;

// Bytes that the kernel may hold unsent. A peer that never reads then costs some 48 KiB of kernel
// memory instead of 4 MiB, and a socket that reports room has room for a good piece.
constexpr int kNotSentLowAt = 16 * 1024;

Error failed(const std::string& what, const std::string& bind, int error) {
  auto code = ErrorCode::kIo;
  if (error == EADDRINUSE) code = ErrorCode::kUnavailable;
  if (error == EACCES) code = ErrorCode::kNotAllowed;
  return {code, "cannot " + what + " " + bind + ": " + std::strerror(error)};
}

void set_option(int fd, int level, int name, int value) {
  // These tune; a kernel or a socket family that lacks one works without it.
  setsockopt(fd, level, name, &value, sizeof value);
}

Result<UniqueFd> bind_and_listen(const std::string& bind, const sockaddr* address, socklen_t length,
                                 const SocketOptions& options) {
  UniqueFd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return failed("open a socket for", bind, errno);
  set_inherited_options(fd.get(), options);
  if (address->sa_family == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (::bind(fd.get(), address, length) != 0) return failed("listen on", bind, errno);
  if (::listen(fd.get(), kBacklog) != 0) return failed("listen on", bind, errno);
  return fd;
}

Result<UniqueFd> listen_on_host(const std::string& host, std::uint16_t port,
                                const SocketOptions& options) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    return Error{ErrorCode::kInvalid,
                 "cannot listen on " + host + ": " + gai_strerror(error) +
                     "; expected an address of this machine, unix:PATH or fd:N"};
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, &freeaddrinfo);
  return bind_and_listen(host + " port " + std::to_string(port), found->ai_addr, found->ai_addrlen,
                         options);
}

/// Whether a hub that was killed left this socket behind: only then does surely no process listen.
/// EAGAIN means a full backlog, EACCES that we cannot know.
bool is_refused(const sockaddr_un& address) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  return probe.is_open() && ::connect(probe.get(), generic, sizeof address) != 0 &&
         errno == ECONNREFUSED;
}

Result<UniqueFd> listen_on_path(const std::string& path, const SocketOptions& options) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return Error{ErrorCode::kInvalid, "cannot listen on unix:" + path +
                                          ": expected a path of 1 to " +
                                          std::to_string(sizeof address.sun_path - 1) + " bytes"};
  }
  path.copy(address.sun_path, path.size());
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  auto fd = bind_and_listen("unix:" + path, generic, sizeof address, options);
  if (fd || fd.error().code != ErrorCode::kUnavailable) return fd;
  SSE_TRY(check_socket_file(path));
  if (!is_refused(address)) return fd;
  ::unlink(path.c_str());
  return bind_and_listen("unix:" + path, generic, sizeof address, options);
}

Result<UniqueFd> adopt(const std::string& text, const SocketOptions& options) {
  int number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  int listening = 0;
  socklen_t length = sizeof listening;
  if (error != std::errc{} || end != text.data() + text.size() ||
      getsockopt(number, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0 || listening == 0) {
    return Error{ErrorCode::kInvalid,
                 "cannot use fd:" + text + ": expected the number of a listening socket"};
  }
  UniqueFd fd(fcntl(number, F_DUPFD_CLOEXEC, 3));
  if (!fd.is_open() || fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK) != 0) {
    return failed("use", "fd:" + text, errno);
  }
  set_inherited_options(fd.get(), options);
  return fd;
}

std::string format_address(const sockaddr_storage& storage) {
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return std::string(text) + ":" + std::to_string(ntohs(v4.sin_port));
  }
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  return storage.ss_family == AF_UNIX ? "unix" : "unknown";
}

}  // namespace

void set_inherited_options(int fd, const SocketOptions& options) {
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  constexpr std::int64_t kMostMs = INT_MAX;
  const auto user_timeout = std::min<std::int64_t>(options.user_timeout.count(), kMostMs);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(user_timeout));
  set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kNotSentLowAt);
  if (options.send_buffer > 0) {
    constexpr std::size_t kMost = INT_MAX;
    set_option(fd, SOL_SOCKET, SO_SNDBUF, static_cast<int>(std::min(options.send_buffer, kMost)));
  }
}

Result<UniqueFd> listen_on(const std::string& bind, std::uint16_t port,
                           const SocketOptions& options) {
  if (bind.rfind("unix:", 0) == 0) return listen_on_path(bind.substr(5), options);
  if (bind.rfind("fd:", 0) == 0) return adopt(bind.substr(3), options);
  const bool bracketed = bind.size() > 2 && bind.front() == '[' && bind.back() == ']';
  return listen_on_host(bracketed ? bind.substr(1, bind.size() - 2) : bind, port, options);
}

BoundAddress bound_address(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  BoundAddress bound;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return bound;
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    bound.ip = IpAddress::parse(inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text));
    bound.port = ntohs(v4.sin_port);
  } else if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    bound.ip = IpAddress::parse(inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text));
    bound.port = ntohs(v6.sin6_port);
  }
  bound.is_unix = storage.ss_family == AF_UNIX;
  return bound;
}

Result<AddressAndPort> parse_address_and_port(std::string_view text) {
  if (text.starts_with("unix:") || text.starts_with("fd:")) {
    return AddressAndPort{std::string(text), 0};
  }
  const auto colon = text.rfind(':');
  const bool has_host = colon != std::string_view::npos;
  const auto host = text.substr(0, has_host ? colon : 0);
  const auto digits = text.substr(has_host ? colon + 1 : 0);
  std::uint16_t port = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, port);
  const bool is_number = error == std::errc() && stop == end;
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  const bool is_host = !has_host || is_bracketed ||
                       (!host.empty() && host.find_first_of(":[]") == std::string_view::npos);
  if (is_number && is_host) return AddressAndPort{std::string(host), port};
  return Error{ErrorCode::kInvalid,
               quoted(text) +
                   " is not an address with a port: expected one such as 9100, "
                   "127.0.0.1:9100, [::1]:9100 or unix:PATH"};
}

std::optional<SocketFile> socket_file(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return std::nullopt;
  return SocketFile{found.st_dev, found.st_ino};
}

Status check_socket_file(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || S_ISSOCK(found.st_mode)) return {};
  return Error{ErrorCode::kUnavailable,
               "cannot listen on unix:" + path +
                   ": there is something else of that name, not a socket; remove it first"};
}

std::string peer_of(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return "gone";
  return format_address(storage);
}

}  // namespace sse::net
