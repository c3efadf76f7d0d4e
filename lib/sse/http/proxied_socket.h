#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "sse/net/socket.h"

namespace sse::http {

/// A socket whose PROXY header was read: its peer is the address that the header named, and what
/// was read behind the header is read from here first. Loop-affine.
class ProxiedSocket final : public net::Socket {
 public:
  /// `peer`: as net::Socket::peer() has it. `rest`: what was read behind the header.
  ProxiedSocket(std::unique_ptr<net::Socket> socket, std::string peer, std::string rest)
      : socket_(std::move(socket)), peer_(std::move(peer)), rest_(std::move(rest)) {}

  bool attach(net::Loop& loop, net::ReadyHandler& handler) override {
    return socket_->attach(loop, handler);
  }
  net::IoResult read(std::span<char> into) override;
  net::IoResult peek(std::span<char> into) override;
  net::IoResult write(std::span<const iovec> pieces) override { return socket_->write(pieces); }
  net::IoResult write_shared(net::SharedRun& run) override { return socket_->write_shared(run); }
  std::size_t promised() const override { return socket_->promised(); }
  std::size_t unsent() const override { return socket_->unsent(); }
  void shutdown_write() override { socket_->shutdown_write(); }
  std::string peer() const override { return peer_; }
  std::optional<net::HandedSocket> hand_over() const override {
    auto handed = socket_->hand_over();
    if (handed) handed->peer = peer_;
    return handed;
  }

 private:
  const std::unique_ptr<net::Socket> socket_;
  const std::string peer_;
  std::string rest_;
};

}  // namespace sse::http
