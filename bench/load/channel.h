#pragma once

/// \file
/// Bytes to a server and from it: a socket in the clear, and in tls_channel.h one with TLS.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sse/base/unique_fd.h"

namespace sse::bench {

/// What reads a channel.
class ByteTaker {
 public:
  virtual void take(std::string_view bytes) = 0;

 protected:
  ~ByteTaker() = default;
};

/// Thread-compatible.
class Channel {
 public:
  virtual ~Channel() = default;

  /// Sends all of it; with TLS, behind the handshake. False: the connection broke.
  virtual bool send(std::string_view bytes) = 0;
  /// Hands over what has come. False: no more will come.
  virtual bool receive(ByteTaker& taker) = 0;
  /// Why it broke, if it knows more than that.
  virtual std::string failure() const { return {}; }
};

/// TCP as it is.
class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(UniqueFd fd) : fd_(std::move(fd)) {}

  bool send(std::string_view bytes) override;
  bool receive(ByteTaker& taker) override;

 private:
  UniqueFd fd_;
};

/// A socket that is connected to `port` of 127.0.0.1, or closed, with the reason in errno. The
/// source addresses are spread over 127.0.1.x by `index`, so that more than 28,000 connections fit.
UniqueFd connect_from(std::size_t index, std::uint16_t port);

}  // namespace sse::bench
