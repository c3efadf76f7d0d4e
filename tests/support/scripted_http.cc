#include "support/scripted_http.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "support/catch.h"

namespace sse::test {
namespace {

/// A socket bound to a free port of 127.0.0.1, and that port.
UniqueFd bound(std::uint16_t& port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  REQUIRE(::bind(fd.get(), generic, size) == 0);
  REQUIRE(::getsockname(fd.get(), generic, &size) == 0);
  port = ntohs(address.sin_port);
  return fd;
}

std::size_t content_length(const std::string& head) {
  std::string lower = head;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto at = lower.find("content-length: ");
  return at == std::string::npos ? 0 : std::stoul(lower.substr(at + 16));
}

}  // namespace

ScriptedAnswer answer(int status, const std::string& body, const std::string& headers) {
  return {"HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
              "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
          ScriptedAnswer::Then::kKeepOpen};
}

ScriptedHttp::ScriptedHttp(std::vector<ScriptedAnswer> script)
    : script_(std::move(script)), listener_(bound(port_)) {
  REQUIRE(::listen(listener_.get(), 16) == 0);
  thread_ = std::thread([this] { serve(); });
}

ScriptedHttp::~ScriptedHttp() {
  stop_.wake();
  thread_.join();
}

std::vector<std::string> ScriptedHttp::requests() const {
  const MutexLock lock(mutex_);
  return requests_;
}

std::size_t ScriptedHttp::connections() const {
  const MutexLock lock(mutex_);
  return connections_;
}

/// False when the server is to end.
bool ScriptedHttp::wait_readable(int fd) const {
  std::array<pollfd, 2> polled{{{fd, POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  ::poll(polled.data(), polled.size(), -1);
  return polled[1].revents == 0;
}

void ScriptedHttp::serve() {
  while (wait_readable(listener_.get())) {
    const UniqueFd connection(::accept(listener_.get(), nullptr, nullptr));
    {
      const MutexLock lock(mutex_);
      ++connections_;
    }
    serve_connection(connection.get());
  }
}

bool ScriptedHttp::read_request(int fd, std::string& buffer, std::string& request) const {
  for (;;) {
    if (const auto end = buffer.find("\r\n\r\n"); end != std::string::npos) {
      const std::size_t size = end + 4 + content_length(buffer.substr(0, end));
      if (buffer.size() >= size) {
        request = buffer.substr(0, size);
        buffer.erase(0, size);
        return true;
      }
    }
    std::array<char, 4096> bytes;
    if (!wait_readable(fd)) return false;
    const ssize_t count = ::read(fd, bytes.data(), bytes.size());
    if (count <= 0) return false;
    buffer.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

void ScriptedHttp::serve_connection(int fd) {
  std::string buffer;
  std::string request;
  while (read_request(fd, buffer, request)) {
    ScriptedAnswer answer;
    {
      const MutexLock lock(mutex_);
      answer = script_[std::min(requests_.size(), script_.size() - 1)];
      requests_.push_back(request);
    }
    if (answer.make) answer.bytes = answer.make(request);
    [[maybe_unused]] const auto sent =
        ::send(fd, answer.bytes.data(), answer.bytes.size(), MSG_NOSIGNAL);
    if (answer.then == ScriptedAnswer::Then::kHang) wait_readable(-1);
    if (answer.then != ScriptedAnswer::Then::kKeepOpen) return;
  }
}

std::uint16_t closed_port() {
  std::uint16_t port = 0;
  bound(port);
  return port;
}

}  // namespace sse::test
