#pragma once

#include "sse/base/unique_fd.h"
#include "sse/net/loop.h"
#include "sse/net/socket.h"

namespace sse::net {

/// A connected TCP or Unix stream socket on a loop's epoll, edge-triggered: it is registered once,
/// and waiting for room after a short write costs no system call. Loop-affine once attached.
class SSE_EXPORT TcpSocket final : public Socket, private EpollHandler {
 public:
  /// `fd` is connected and non-blocking.
  explicit TcpSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  ~TcpSocket() override;

  bool attach(Loop& loop, ReadyHandler& handler) override;
  IoResult read(std::span<char> into) override;
  IoResult peek(std::span<char> into) override;
  IoResult write(std::span<const iovec> pieces) override;
  void shutdown_write() override;
  std::string peer() const override;
  std::optional<HandedSocket> hand_over() const override;

 private:
  IoResult receive(std::span<char> into, int flags);
  void on_epoll(std::uint32_t events) override;

  UniqueFd fd_;
  Loop* loop_ = nullptr;
  ReadyHandler* handler_ = nullptr;
};

}  // namespace sse::net
