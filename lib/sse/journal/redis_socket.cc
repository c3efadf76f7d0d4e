#include "sse/journal/redis_socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace sse::journal {
namespace {

Error ended(const char* why) {
  return {ErrorCode::kUnavailable, why};
}

}  // namespace

RedisSocket::RedisSocket(UniqueFd socket) : socket_(std::move(socket)) {
}

RedisSocket::~RedisSocket() = default;

short RedisSocket::wanted_events() const {
  return is_full_ ? POLLIN | POLLOUT : POLLIN;
}

Result<std::size_t> RedisSocket::read(std::span<char> into) {
  while (true) {
    const ssize_t got = ::recv(fd(), into.data(), into.size(), MSG_DONTWAIT);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) return ended("Redis has closed it");
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::size_t{0};
    if (errno != EINTR) return ended(std::strerror(errno));
  }
}

Result<std::size_t> RedisSocket::write(std::string_view bytes) {
  while (true) {
    const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    is_full_ = sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (is_full_) return std::size_t{0};
    if (errno != EINTR) return ended(std::strerror(errno));
  }
}

}  // namespace sse::journal
