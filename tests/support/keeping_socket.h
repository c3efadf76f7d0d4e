#pragma once

/// \file
/// A socket that takes more than the one below has room for, as that of TLS does, and sends the
/// rest first when there is room.

#include <memory>
#include <string>
#include <utility>

#include "sse/net/socket.h"

namespace sse::test {

class KeepingSocket final : public net::Socket, private net::ReadyHandler {
 public:
  explicit KeepingSocket(std::unique_ptr<net::Socket> below) : below_(std::move(below)) {}

  bool attach(net::Loop& loop, net::ReadyHandler& handler) override {
    handler_ = &handler;
    return below_->attach(loop, *this);
  }
  net::IoResult read(std::span<char> into) override { return below_->read(into); }

  net::IoResult write(std::span<const iovec> pieces) override {
    if (!send()) return {is_gone_ ? net::IoStatus::kPeerGone : net::IoStatus::kWouldBlock, 0};
    for (const auto& piece : pieces)
      rest_.append(static_cast<char*>(piece.iov_base), piece.iov_len);
    const std::size_t taken = rest_.size();
    send();
    if (is_gone_) return {net::IoStatus::kPeerGone, taken};
    return {rest_.empty() ? net::IoStatus::kOk : net::IoStatus::kUnsent, taken};
  }

  std::size_t unsent() const override { return rest_.size(); }
  void shutdown_write() override {
    is_ending_ = true;
    if (send()) below_->shutdown_write();
  }
  std::string peer() const override { return below_->peer(); }

 private:
  void on_ready(net::Readiness readiness) override {
    if (readiness.writable && !rest_.empty()) {
      readiness.writable = send();
      if (readiness.writable && is_ending_) below_->shutdown_write();
    }
    if (readiness.readable || readiness.writable || readiness.hung_up) {
      handler_->on_ready(readiness);
    }
  }

  bool send() {
    if (rest_.empty()) return true;
    const iovec piece{rest_.data(), rest_.size()};
    const auto result = below_->write({&piece, 1});
    is_gone_ = result.status == net::IoStatus::kPeerGone;
    rest_.erase(0, result.bytes);
    return rest_.empty();
  }

  const std::unique_ptr<net::Socket> below_;
  net::ReadyHandler* handler_ = nullptr;
  std::string rest_;
  bool is_gone_ = false;
  bool is_ending_ = false;
};

}  // namespace sse::test
