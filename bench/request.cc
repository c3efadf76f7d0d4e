#include "request.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <charconv>

namespace sse::bench {
namespace {

constexpr std::string_view kBlankLine = "\r\n\r\n";

std::size_t number_of(const std::string& digits) {
  std::size_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace

std::string Reply::field(std::string_view name) const {
  const auto at = head.find("\r\n" + std::string(name) + ": ");
  if (at == std::string::npos) return {};
  const auto begin = at + 2 + name.size() + 2;
  return head.substr(begin, head.find('\r', begin) - begin);
}

Requests::Requests(std::uint16_t port) : fd_(connect_to(port)) {
}

Reply Requests::post(std::string_view target, std::string_view body, std::string_view type) {
  std::string text = "POST " + std::string(target) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  text.append("Content-Type: ").append(type);
  text.append("\r\nContent-Length: ").append(std::to_string(body.size())).append(kBlankLine);
  text.append(body);
  for (std::string_view rest = text; !rest.empty();) {
    const auto sent = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent <= 0) return {};
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  Reply reply;
  std::string received;
  std::array<char, 16384> buffer;
  for (std::size_t end = std::string::npos;;) {
    const auto bytes = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (bytes <= 0) return {};
    received.append(buffer.data(), static_cast<std::size_t>(bytes));
    if (end == std::string::npos) end = received.find(kBlankLine);
    if (end == std::string::npos) continue;
    reply.head = received.substr(0, end + 2);
    const auto length = number_of(reply.field("Content-Length"));
    if (received.size() < end + kBlankLine.size() + length) continue;
    reply.body = received.substr(end + kBlankLine.size(), length);
    reply.status = static_cast<int>(number_of(reply.head.substr(9, 3)));
    return reply;
  }
}

UniqueFd connect_to(std::uint16_t port, int receive_buffer) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int one = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (receive_buffer > 0) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&server), sizeof server) != 0) fd.reset();
  return fd;
}

void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace sse::bench
