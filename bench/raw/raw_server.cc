#include "raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace sse::bench {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
constexpr std::string_view kPublished = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
constexpr std::size_t kMostBytesKept = 64U << 20U;
constexpr std::size_t kStreamsBetweenReads = 128;

constexpr std::uint64_t kNoStream = ~std::uint64_t{0};
constexpr std::uint64_t kBlocked = std::uint64_t{1} << 63U;  // set in the place of a full socket

std::uint64_t field(std::string_view head, std::string_view name, std::uint64_t otherwise) {
  const auto at = head.find(name);
  if (at == std::string_view::npos) return otherwise;
  std::uint64_t number = 0;
  std::from_chars(head.data() + at + name.size(), head.data() + head.size(), number);
  return number;
}

}  // namespace

Result<std::uint16_t> RawServer::listen(std::uint16_t port) {
  epoll_.reset(epoll_create1(EPOLL_CLOEXEC));
  listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const int one = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_.get(), SOMAXCONN) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return Error{ErrorCode::kUnavailable,
                 "port " + std::to_string(port) + " of 127.0.0.1: " + std::strerror(errno)};
  }
  watch(listener_.get(), EPOLLIN);
  return ntohs(address.sin_port);
}

void RawServer::run() {
  while (true) {
    serve_ready(fed_ < end() ? 0 : -1);
    if (fed_ < end()) feed_all();
  }
}

void RawServer::serve_ready(int wait_ms) {
  std::array<epoll_event, 1024> ready;
  const int count = epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), wait_ms);
  for (int i = 0; i < count; ++i) {
    const auto& event = ready[static_cast<std::size_t>(i)];
    const int fd = event.data.fd;
    if (fd == listener_.get()) {
      accept_all();
    } else if ((event.events & EPOLLOUT) != 0) {
      unblock(fd);
    } else {
      read(fd);
    }
  }
}

void RawServer::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (static_cast<std::size_t>(fd) >= places_.size()) {
      places_.resize(static_cast<std::size_t>(fd) + 1, kNoStream);
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }
}

void RawServer::read(int fd) {
  static std::array<char, 65536> buffer;
  const auto size = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return forget(fd);
  std::string_view received(buffer.data(), static_cast<std::size_t>(size));
  const auto cut = cut_requests_.find(fd);
  if (cut == cut_requests_.end()) {
    const auto used = serve(fd, received);
    if (used < received.size()) cut_requests_[fd] = received.substr(used);
    return;
  }
  cut->second += received;
  cut->second.erase(0, serve(fd, cut->second));
  if (cut->second.empty()) cut_requests_.erase(cut);
}

/// Answers all whole requests, and returns how many bytes they had.
std::size_t RawServer::serve(int fd, std::string_view received) {
  std::size_t used = 0;
  while (used < received.size()) {
    const auto rest = received.substr(used);
    const auto end_of_head = rest.find(kEndOfHead);
    if (end_of_head == std::string_view::npos) break;
    const auto head = rest.substr(0, end_of_head + kEndOfHead.size());
    if (head.starts_with("GET ")) {
      subscribe(fd, head);
      return received.size();
    }
    const auto length = field(head, "Content-Length: ", 0);
    if (rest.size() < head.size() + length) break;
    publish(rest.substr(head.size(), length));
    ::send(fd, kPublished.data(), kPublished.size(), MSG_NOSIGNAL);
    used += head.size() + length;
  }
  return used;
}

void RawServer::publish(std::string_view body) {
  if (buffer_.size() > kMostBytesKept) drop_what_all_have();
  buffer_.append("id: ").append(std::to_string(ends_.size() + 1));
  buffer_.append("\ndata: ").append(body).append("\n\n");
  ends_.push_back(end());
}

void RawServer::subscribe(int fd, std::string_view head) {
  const auto after = std::min<Offset>(field(head, "Last-Event-ID: ", ends_.size()), ends_.size());
  const Offset place = std::max(begin_, after == 0 ? 0 : ends_[after - 1]);
  const std::string_view replay = std::string_view(buffer_).substr(place - begin_);
  std::array<iovec, 2> parts{iovec{const_cast<char*>(kStreamHead.data()), kStreamHead.size()},
                             iovec{const_cast<char*>(replay.data()), replay.size()}};
  const auto sent = ::writev(fd, parts.data(), replay.empty() ? 1 : 2);
  if (sent < static_cast<ssize_t>(kStreamHead.size())) return forget(fd);
  places_[static_cast<std::size_t>(fd)] = place + static_cast<Offset>(sent) - kStreamHead.size();
  if (places_[static_cast<std::size_t>(fd)] < end()) feed(fd);
}

void RawServer::unblock(int fd) {
  places_[static_cast<std::size_t>(fd)] &= ~kBlocked;
  watch(fd, EPOLLIN);
  feed(fd);
}

void RawServer::feed_all() {
  const Offset until = end();
  // Streams that are blocked have their turn when their socket takes bytes again.
  for (std::size_t fd = 0; fd < places_.size(); ++fd) {
    if ((places_[fd] & kBlocked) == 0) feed(static_cast<int>(fd));
    // What is published meanwhile goes with what the other streams get anyway.
    if (fd % kStreamsBetweenReads == 0) serve_ready(0);
  }
  fed_ = until;
}

void RawServer::feed(int fd) {
  Offset& place = places_[static_cast<std::size_t>(fd)];
  while (place < end()) {
    const auto until = sending_ == Sending::kEachEvent ? end_of_event_at(place) : end();
    const auto sent = ::send(fd, buffer_.data() + (place - begin_), until - place, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) {
      place |= kBlocked;
      watch(fd, EPOLLIN | EPOLLOUT);
      return;
    }
    if (sent < 0) return forget(fd);
    place += static_cast<Offset>(sent);
  }
}

RawServer::Offset RawServer::end_of_event_at(Offset offset) const {
  return *std::upper_bound(ends_.begin(), ends_.end(), offset);
}

void RawServer::watch(int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0) {
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }
}

void RawServer::forget(int fd) {
  places_[static_cast<std::size_t>(fd)] = kNoStream;
  cut_requests_.erase(fd);
  ::close(fd);
}

void RawServer::drop_what_all_have() {
  Offset least = fed_;
  for (const auto place : places_) {
    if (place != kNoStream) least = std::min(least, place & ~kBlocked);
  }
  buffer_.erase(0, least - begin_);
  begin_ = least;
}

}  // namespace sse::bench
