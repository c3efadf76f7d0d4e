#include "request.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <charconv>

namespace sse::bench {
namespace {

constexpr std::string_view kBlankLine = "\r\n\r\n";

std::size_t number_of(std::string_view digits) {
  std::size_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

std::string_view field_of(std::string_view head, const std::string& name) {
  const auto at = head.find("\r\n" + name + ": ");
  if (at == std::string_view::npos) return {};
  const auto value = head.substr(at + 2 + name.size() + 2);
  return value.substr(0, value.find('\r'));
}

}  // namespace

std::optional<ReplyView> find_reply(std::string_view received) {
  static const std::string kContentLength = "Content-Length";
  constexpr std::size_t kStatusAt = 9;  // behind "HTTP/1.1 "
  const auto end = received.find(kBlankLine);
  if (end == std::string_view::npos) return std::nullopt;
  ReplyView reply;
  reply.head = received.substr(0, end + 2);
  reply.status =
      reply.head.size() > kStatusAt ? static_cast<int>(number_of(reply.head.substr(kStatusAt))) : 0;
  const auto begin = end + kBlankLine.size();
  reply.size = begin + number_of(field_of(reply.head, kContentLength));
  if (received.size() < reply.size) return std::nullopt;
  reply.body = received.substr(begin, reply.size - begin);
  return reply;
}

std::string Reply::field(std::string_view name) const {
  return std::string(field_of(head, std::string(name)));
}

Requests::Requests(std::uint16_t port) : fd_(connect_to(port)) {
}

Reply Requests::post(std::string_view path, std::string_view body, std::string_view fields) {
  std::string text = "POST " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  text.append(fields).append("Content-Type: application/json\r\nContent-Length: ");
  text.append(std::to_string(body.size())).append(kBlankLine).append(body);
  return exchange(text);
}

Reply Requests::exchange(std::string_view request) {
  if (!send_all(fd_.get(), request)) return {};
  std::string received;
  std::array<char, 16384> buffer;
  while (true) {
    const auto size = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (size <= 0) return {};
    received.append(buffer.data(), static_cast<std::size_t>(size));
    if (const auto reply = find_reply(received)) {
      return {reply->status, std::string(reply->head), std::string(reply->body)};
    }
  }
}

UniqueFd connect_to(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int one = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  const timeval patience{30, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&server), sizeof server) != 0) fd.reset();
  return fd;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) {
      pollfd writable{fd, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (sent <= 0) {
      return false;
    } else {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  return true;
}

}  // namespace sse::bench
