#include "support/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>

#include <linux/sockios.h>
#include <strings.h>

#include "support/catch.h"
#include "support/program.h"

namespace sse::test {
namespace {

void wait_readable(int fd, const char* what) {
  pollfd polled{fd, POLLIN, 0};
  const auto patience = std::chrono::milliseconds(kPatience).count();
  if (::poll(&polled, 1, static_cast<int>(patience)) != 1) FAIL("waited in vain: " << what);
}

/// Whether it is within a moment.
bool is_readable(int fd) {
  pollfd polled{fd, POLLIN, 0};
  return ::poll(&polled, 1, 5) == 1;
}

}  // namespace

std::string ScriptedConnection::target() const {
  const auto start = head_.find(' ') + 1;
  return head_.substr(start, head_.find(' ', start) - start);
}

std::string ScriptedConnection::header(std::string_view name) const {
  const std::string wanted = "\r\n" + std::string(name) + ": ";
  for (std::size_t at = 0; at + wanted.size() < head_.size(); ++at) {
    if (::strncasecmp(head_.data() + at, wanted.data(), wanted.size()) != 0) continue;
    at += wanted.size();
    return head_.substr(at, head_.find('\r', at) - at);
  }
  return {};
}

void ScriptedConnection::send(std::string_view bytes) const {
  REQUIRE(try_send(bytes));
}

bool ScriptedConnection::try_send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto size = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

void ScriptedConnection::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd_.reset();
}

void ScriptedConnection::wait_until_taken() const {
  const auto unsent = [this] {
    int bytes = 0;
    REQUIRE(::ioctl(fd_.get(), SIOCOUTQ, &bytes) == 0);
    return bytes;
  };
  wait_until([&] { return unsent() == 0; }, "the peer to take what was sent");
}

void ScriptedConnection::finish() {
  ::shutdown(fd_.get(), SHUT_WR);
  std::array<char, 4096> unread;
  do {
    wait_readable(fd_.get(), "the client to close its connection");
  } while (::recv(fd_.get(), unread.data(), unread.size(), 0) > 0);
  fd_.reset();
}

bool ScriptedConnection::is_closed_by_peer() const {
  wait_readable(fd_.get(), "the subscriber to close its connection");
  char byte = 0;
  return ::recv(fd_.get(), &byte, 1, 0) <= 0;
}

ScriptedServer::ScriptedServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener_.get(), generic, size) == 0);
  REQUIRE(::listen(listener_.get(), SOMAXCONN) == 0);
  REQUIRE(::getsockname(listener_.get(), generic, &size) == 0);
  port_ = ntohs(address.sin_port);
}

ScriptedConnection ScriptedServer::accept() const {
  auto connection = accept_unless([] { return false; });
  REQUIRE(connection);
  return *std::move(connection);
}

std::optional<ScriptedConnection> ScriptedServer::accept_unless(
    const std::function<bool()>& is_over) const {
  wait_until([&] { return is_readable(listener_.get()) || is_over(); }, "a connection");
  if (!is_readable(listener_.get())) return std::nullopt;
  UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  REQUIRE(fd.is_open());
  std::string head;
  std::array<char, 4096> piece;
  while (head.find("\r\n\r\n") == std::string::npos) {
    wait_readable(fd.get(), "a request head");
    const auto size = ::recv(fd.get(), piece.data(), piece.size(), 0);
    if (size <= 0) return std::nullopt;
    head.append(piece.data(), static_cast<std::size_t>(size));
  }
  return ScriptedConnection(std::move(fd), std::move(head));
}

ScriptedConnection ScriptedServer::accept_stream(std::string_view bytes) const {
  auto connection = accept();
  connection.send(std::string(kStreamHead) + std::string(bytes));
  return connection;
}

std::string ScriptedServer::answer(std::string_view status, std::string_view headers,
                                   std::string_view body) const {
  const auto connection = accept();
  connection.send("HTTP/1.1 " + std::string(status) + "\r\n" + std::string(headers) +
                  "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                  std::string(body));
  return connection.target();
}

}  // namespace sse::test
