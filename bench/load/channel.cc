#include "channel.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "request.h"

namespace sse::bench {
namespace {

constexpr std::size_t kReadSize = 256U << 10U;
constexpr std::size_t kPerSourceAddress = 10'000;
constexpr std::uint32_t kFirstSource = (127U << 24U) | (1U << 8U) | 1U;  // 127.0.1.1

}  // namespace

bool PlainChannel::send(std::string_view bytes) {
  return send_all(fd_.get(), bytes);
}

bool PlainChannel::receive(ByteTaker& taker) {
  static thread_local std::array<char, kReadSize> buffer;
  const auto size = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (size <= 0) return false;
  taker.take({buffer.data(), static_cast<std::size_t>(size)});
  return true;
}

UniqueFd connect_from(std::size_t index, std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr =
      htonl(kFirstSource + static_cast<std::uint32_t>(index / kPerSourceAddress));
  sockaddr_in server = source;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port = htons(port);
  const int one = 1;
  ::setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&source), sizeof source) != 0 ||
      ::connect(fd.get(), reinterpret_cast<sockaddr*>(&server), sizeof server) != 0) {
    const int reason = errno;
    fd.reset();
    errno = reason;
  }
  return fd;
}

}  // namespace sse::bench
