#pragma once

/// \file
/// A connection to Redis, with TLS or without. Requests are sent and replies read without blocking;
/// while a journal has nothing else to do it may also wait for one reply.

#include <chrono>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/base/unique_fd.h"
#include "sse/journal/cluster_options.h"
#include "sse/journal/redis_codec.h"
#include "sse/journal/redis_socket.h"

namespace sse::journal {

using SteadyTime = std::chrono::steady_clock::time_point;

/// How long a call waits.
struct RedisPatience {
  std::chrono::nanoseconds most = std::chrono::seconds(5);  ///< from the call on
  /// Asked some twenty times a second; false ends the wait with kUnavailable. Null: it goes on.
  std::function<bool()> goes_on = {};
};

/// Thread-compatible.
class SSE_EXPORT RedisConnection {
 public:
  /// Not connected.
  RedisConnection() = default;
  /// Over a socket that is connected already.
  explicit RedisConnection(UniqueFd socket);

  /// Resolves the name, and connects, with `tls` over TLS; neither for longer than `patience`.
  /// Errors, with the address: kUnavailable; of TLS also kForbidden, where one side refuses the
  /// other, and those of its files (RedisTls::make()).
  static Result<RedisConnection> open(const RedisAddress& address, const RedisPatience& patience,
                                      const std::optional<RedisTlsFiles>& tls = std::nullopt);

  bool is_open() const { return socket_ != nullptr; }
  int fd() const { return is_open() ? socket_->fd() : -1; }
  /// What poll() should wait for.
  short wanted_events() const { return is_open() ? socket_->wanted_events() : short{0}; }

  /// Queues a request, and sends what the socket takes. What fails is told by receive().
  void send(std::span<const std::string_view> arguments);
  void send(std::initializer_list<std::string_view> arguments) {
    send(std::span<const std::string_view>(arguments.begin(), arguments.size()));
  }

  /// Sends what waits, and reads what has arrived. Error: kUnavailable, the connection has ended.
  Status exchange();
  /// The next reply that has arrived. Error: kInvalid.
  Result<std::optional<RedisReply>> next() { return decoder_.next(); }

  /// Waits for the next reply, which may be an error of Redis. Errors: kUnavailable, kInvalid.
  Result<RedisReply> wait(const RedisPatience& patience);
  /// Sends a request, and waits for its reply. REQUIRES: no other reply is under way.
  Result<RedisReply> call(std::span<const std::string_view> arguments,
                          const RedisPatience& patience);
  Result<RedisReply> call(std::initializer_list<std::string_view> arguments,
                          const RedisPatience& patience) {
    return call(std::span<const std::string_view>(arguments.begin(), arguments.size()), patience);
  }

 private:
  explicit RedisConnection(std::unique_ptr<RedisSocket> socket);
  Status flush();

  std::unique_ptr<RedisSocket> socket_;  // null: it is not open
  RedisDecoder decoder_;
  std::string unsent_;
  std::size_t sent_ = 0;  // of it
};

}  // namespace sse::journal
