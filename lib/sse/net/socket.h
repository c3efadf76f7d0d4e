#pragma once

/// \file
/// What the hub and the HTTP side know of a connection's socket. Two implementations: a TCP socket
/// on the loop's epoll, and the in-memory one of tests and simulations, so that both run the same
/// hub.

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "sse/base/export.h"

namespace sse::net {

class Loop;

/// How a read or write ended. These are turns of events on the hot path, not failures.
enum class IoStatus : std::uint8_t {
  kOk,          ///< `bytes` were moved; fewer than a write was given: as kWouldBlock for the rest
  kWouldBlock,  ///< nothing was moved; on_ready() comes when it is worth another try
  kPeerGone,    ///< end of input (read), or reset, timed out, broken (both)
};

struct IoResult {
  IoStatus status = IoStatus::kOk;
  std::size_t bytes = 0;
};

/// What a socket may have become ready for. Edges: each is told once, until an attempt met
/// kWouldBlock again.
struct Readiness {
  bool readable = false;  ///< bytes, end of input, or an error
  bool writable = false;
  bool hung_up = false;  ///< the peer sent FIN, or the connection is broken
};

/// Told by a socket, on its loop's thread, that trying again is worth it. The handler may destroy
/// the socket, and itself, inside the call.
class ReadyHandler {
 public:
  virtual void on_ready(Readiness readiness) = 0;

 protected:
  ~ReadyHandler() = default;
};

/// A connected byte stream. Loop-affine: all calls on the thread of the loop that it is attached
/// to. Closes when destroyed; on_ready() never comes after that.
class SSE_EXPORT Socket {
 public:
  virtual ~Socket() = default;

  /// Starts to tell `handler`; replaces the one before (a connection that becomes a stream hands
  /// its socket on without a system call). Readiness that was told before is not repeated: the new
  /// handler starts with an attempt. The first call decides the loop for good. False when the
  /// loop's table is full (ENOSPC, ENOMEM): the socket can only be destroyed.
  virtual bool attach(Loop& loop, ReadyHandler& handler) = 0;

  /// Moves bytes in. kOk with 0 bytes never happens. Fewer than fit: there were no more, and
  /// on_ready() tells of the next ones.
  virtual IoResult read(std::span<char> into) = 0;

  /// Moves bytes out of `pieces`, in order, as far as the peer's buffer has room.
  virtual IoResult write(std::span<const iovec> pieces) = 0;

  /// Sends FIN after what was written; reading goes on (lingering close).
  virtual void shutdown_write() = 0;

  /// The peer as `address:port` (IPv6 in brackets), or `unix`; for logs and lists, asked of the
  /// kernel each time.
  virtual std::string peer() const = 0;
};

}  // namespace sse::net
