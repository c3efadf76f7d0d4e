#include "sse/net/tcp_socket.h"

#include <sys/socket.h>

#include <cerrno>

#include "sse/net/address.h"

namespace sse::net {
namespace {

IoResult result_of(ssize_t moved) {
  if (moved > 0) return {IoStatus::kOk, static_cast<std::size_t>(moved)};
  if (moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {IoStatus::kWouldBlock, 0};
  return {IoStatus::kPeerGone, 0};
}

}  // namespace

TcpSocket::~TcpSocket() {
  if (loop_ == nullptr) return;
  loop_->unwatch(fd_.get(), *this);
  loop_->count_attached(-1);
}

bool TcpSocket::attach(Loop& loop, ReadyHandler& handler) {
  handler_ = &handler;
  if (loop_ != nullptr) return true;
  if (!loop.watch(fd_.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, *this)) return false;
  loop_ = &loop;
  loop.count_attached(+1);
  return true;
}

IoResult TcpSocket::read(std::span<char> into) {
  return receive(into, 0);
}

IoResult TcpSocket::peek(std::span<char> into) {
  return receive(into, MSG_PEEK);
}

IoResult TcpSocket::receive(std::span<char> into, int flags) {
  ssize_t moved = 0;
  do {
    moved = ::recv(fd_.get(), into.data(), into.size(), flags);
  } while (moved < 0 && errno == EINTR);
  return moved == 0 ? IoResult{IoStatus::kEnd, 0} : result_of(moved);
}

IoResult TcpSocket::write(std::span<const iovec> pieces) {
  // One piece is the common case by far, and send() is cheaper than sendmsg().
  ssize_t moved = 0;
  do {
    if (pieces.size() == 1) {
      moved = ::send(fd_.get(), pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
    } else {
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(pieces.data());  // sendmsg(2) does not write to it
      message.msg_iovlen = pieces.size();
      moved = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
    }
  } while (moved < 0 && errno == EINTR);
  return result_of(moved);
}

void TcpSocket::shutdown_write() {
  ::shutdown(fd_.get(), SHUT_WR);
}

std::string TcpSocket::peer() const {
  return peer_of(fd_.get());
}

std::optional<HandedSocket> TcpSocket::hand_over() const {
  HandedSocket handed;
  handed.fd = fd_.get();
  return handed;
}

void TcpSocket::on_epoll(std::uint32_t events) {
  Readiness readiness;
  readiness.broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
  readiness.hung_up = readiness.broken || (events & EPOLLRDHUP) != 0;
  readiness.readable = readiness.hung_up || (events & EPOLLIN) != 0;
  readiness.writable = readiness.broken || (events & EPOLLOUT) != 0;
  handler_->on_ready(readiness);
}

}  // namespace sse::net
