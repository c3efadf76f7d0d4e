#include "sse/takeover/channel.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <thread>
#include <utility>

#include "sse/base/little_endian.h"
#include "sse/takeover/packing.h"

namespace sse::takeover {
namespace {

// The kernel counts descriptors that are on their way; the peer takes them out.
constexpr std::chrono::milliseconds kPause{1};

Error gone() {
  return {ErrorCode::kUnavailable, "the other process has gone"};
}

Error failed(const char* what) {
  return {ErrorCode::kIo, std::string("cannot ") + what + ": " + std::strerror(errno)};
}

// Each number of a header: kind, bytes, descriptors.
constexpr std::size_t kNumberSize = 4;
constexpr std::size_t kHeaderSize = 3 * kNumberSize;

std::uint32_t number_at(const char* bytes) {
  return static_cast<std::uint32_t>(number_of({bytes, kNumberSize}, kNumberSize));
}

using Control = std::array<char, CMSG_SPACE(sizeof(int) * kMostDescriptors)>;

void take_descriptors(msghdr& message, std::vector<UniqueFd>& descriptors) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
      descriptors.emplace_back(fd);
    }
  }
}

}  // namespace

Result<Channel> Channel::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return Error{ErrorCode::kInvalid, "--takeover-socket " + path + ": expected a path of 1 to " +
                                          std::to_string(sizeof address.sun_path - 1) + " bytes"};
  }
  path.copy(address.sun_path, path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (!socket.is_open() || ::connect(socket.get(), generic, sizeof address) != 0) {
    const bool is_none = errno == ENOENT || errno == ECONNREFUSED;
    return Error{is_none ? ErrorCode::kUnavailable : ErrorCode::kIo,
                 "no hub gives itself up at " + path + ": " + std::strerror(errno)};
  }
  return Channel(std::move(socket));
}

Status Channel::wait(short events) const {
  while (true) {
    int patience = -1;
    if (deadline_ != Deadline::max()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          deadline_ - std::chrono::steady_clock::now());
      patience = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, INT_MAX));
    }
    std::array<pollfd, 2> polled{{{socket_.get(), events, 0}, {cut_off_, POLLIN, 0}}};
    const int ready = ::poll(polled.data(), polled.size(), patience);
    if (ready > 0 && polled[1].revents != 0) {
      return Error{ErrorCode::kUnavailable, "this process is to stop"};
    }
    if (ready > 0) return {};
    if (ready == 0) return Error{ErrorCode::kUnavailable, "the other process takes too long"};
    if (errno != EINTR) return failed("wait for the other process");
  }
}

Status Channel::send(Kind kind, std::string_view bytes, const std::vector<int>& descriptors) {
  if (descriptors.size() > kMostDescriptors || bytes.size() > kMostBytes) {
    return Error{ErrorCode::kInvalid, "what is to be handed over does not fit one message"};
  }
  std::string all;
  all.reserve(kHeaderSize + bytes.size());
  for (const std::size_t number :
       {static_cast<std::size_t>(kind), bytes.size(), descriptors.size()}) {
    append_number(all, number, kNumberSize);
  }
  all += bytes;
  alignas(cmsghdr) Control control{};
  std::size_t sent = 0;
  while (sent < all.size()) {
    SSE_TRY(wait(POLLOUT));
    iovec piece{all.data() + sent, all.size() - sent};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (sent == 0 && !descriptors.empty()) {
      const std::size_t size = sizeof(int) * descriptors.size();
      message.msg_control = control.data();
      message.msg_controllen = CMSG_SPACE(size);
      cmsghdr* part = CMSG_FIRSTHDR(&message);
      part->cmsg_level = SOL_SOCKET;
      part->cmsg_type = SCM_RIGHTS;
      part->cmsg_len = CMSG_LEN(size);
      std::memcpy(CMSG_DATA(part), descriptors.data(), size);
    }
    const ssize_t moved = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (moved > 0) {
      sent += static_cast<std::size_t>(moved);
    } else if (errno == ETOOMANYREFS) {
      if (std::chrono::steady_clock::now() >= deadline_) return failed("hand descriptors over");
      std::this_thread::sleep_for(kPause);
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return gone();
    } else if (errno != EAGAIN && errno != EINTR) {
      return failed("send to the other process");
    }
  }
  return {};
}

Status Channel::read(char* into, std::size_t size, std::vector<UniqueFd>& descriptors) {
  for (std::size_t got = 0; got < size;) {
    SSE_TRY(wait(POLLIN));
    alignas(cmsghdr) Control control{};
    iovec piece{into + got, size - got};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t moved = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (moved < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (moved == 0 || (moved < 0 && errno == ECONNRESET)) return gone();
    if (moved < 0) return failed("receive from the other process");
    take_descriptors(message, descriptors);
    if ((message.msg_flags & MSG_CTRUNC) != 0) {
      return Error{ErrorCode::kInvalid,
                   "there are too few descriptors for what is handed over (ulimit -n)"};
    }
    got += static_cast<std::size_t>(moved);
  }
  return {};
}

Result<Message> Channel::receive() {
  Message message;
  std::array<char, kHeaderSize> header{};
  SSE_TRY(read(header.data(), header.size(), message.descriptors));
  const std::uint32_t size = number_at(header.data() + 4);
  const std::uint32_t descriptors = number_at(header.data() + 8);
  if (size > kMostBytes || descriptors > kMostDescriptors) {
    return Error{ErrorCode::kInvalid, "what the other process sends is not a message"};
  }
  message.kind = static_cast<Kind>(number_at(header.data()));
  message.bytes.resize(size);
  SSE_TRY(read(message.bytes.data(), size, message.descriptors));
  if (message.descriptors.size() != descriptors) {
    return Error{ErrorCode::kInvalid, "descriptors were lost on their way"};
  }
  if (message.kind == Kind::kRefusal) {
    return Error{ErrorCode::kForbidden, std::string(Unpacker(message.bytes).text())};
  }
  return message;
}

void Channel::stop_receiving() {
  ::shutdown(socket_.get(), SHUT_RD);
}

bool Channel::has_arrived() const {
  int bytes = 0;
  return ::ioctl(socket_.get(), FIONREAD, &bytes) == 0 && bytes > 0;
}

bool Channel::is_left() const {
  pollfd polled{socket_.get(), POLLRDHUP, 0};
  return ::poll(&polled, 1, 0) > 0;
}

Result<PeerProcess> Channel::peer() const {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
    return failed("know the other process");
  }
  return PeerProcess{peer.pid, peer.uid};
}

}  // namespace sse::takeover
