#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/base/unique_fd.h"

namespace sse::journal {

/// The socket of a connection to Redis; RedisTls is one that speaks TLS. Neither call waits. Their
/// error says why the connection has ended: kUnavailable, or kForbidden where Redis has refused
/// this hub. Thread-compatible.
class SSE_EXPORT RedisSocket {
 public:
  /// Connected already.
  explicit RedisSocket(UniqueFd socket);
  virtual ~RedisSocket();
  RedisSocket(const RedisSocket&) = delete;
  RedisSocket& operator=(const RedisSocket&) = delete;

  /// A read of so much leaves nothing behind that poll() does not tell of.
  static constexpr std::size_t kReadSize = std::size_t{64} << 10U;

  int fd() const { return socket_.get(); }
  /// What poll() should wait for.
  short wanted_events() const;

  /// How much has arrived, and is in `into` now. 0: nothing yet.
  virtual Result<std::size_t> read(std::span<char> into);
  /// How much was taken. 0: nothing now. What TLS has taken may wait for room even so: read() sends
  /// it, too.
  virtual Result<std::size_t> write(std::string_view bytes);

 private:
  UniqueFd socket_;
  bool is_full_ = false;  // it takes no more
};

}  // namespace sse::journal
