#pragma once

/// \file
/// What the hub and the HTTP side know of a connection's socket. A TCP socket on the loop's epoll,
/// the in-memory one of tests and simulations, so that both run the same hub, and those that stand
/// before either: of TLS, and of a stream.

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/net/handed_socket.h"

namespace sse::net {

class Loop;
struct TlsPeer;

/// How a read or write ended. These are turns of events on the hot path, not failures.
enum class IoStatus : std::uint8_t {
  kOk,          ///< `bytes` were moved; fewer than a write was given: as kWouldBlock for the rest
  kUnsent,      ///< write only: all bytes were taken, and some of them wait here: unsent()
  kWouldBlock,  ///< nothing was moved; on_ready() comes when it is worth another try
  kEnd,         ///< read only: the peer sent FIN, and everything before it was read
  kPeerGone,    ///< reset, timed out, broken
};

struct IoResult {
  IoStatus status = IoStatus::kOk;
  std::size_t bytes = 0;
};

/// What a socket may have become ready for. Edges: each is reported once, until an attempt met
/// kWouldBlock again.
struct Readiness {
  bool readable = false;  ///< bytes, end of input, or an error
  bool writable = false;
  bool hung_up = false;  ///< the peer sent FIN, or the connection is broken
  bool broken = false;   ///< neither direction works any more: hung up for good
  bool is_slow = false;  ///< broken by this end, since the peer does not read what it was sent
};

/// Told by a socket, on its loop's thread, that trying again is worth it. The handler may destroy
/// the socket, and itself, inside the call.
class ReadyHandler {
 public:
  virtual void on_ready(Readiness readiness) = 0;

 protected:
  ~ReadyHandler() = default;
};

/// Bytes that one loop writes to many sockets, each after the other. A socket that frames what it
/// sends leaves the framed bytes here, so that the next one sends them as they are. Loop-affine.
class SharedRun {
 public:
  /// What is written next. The same bytes as before (the same memory, not a copy of them): what
  /// was made of them stays.
  void share(std::string_view bytes) {
    is_repeated_ = bytes.data() == bytes_.data() && bytes.size() == bytes_.size();
    if (is_repeated_) return;
    bytes_ = bytes;
    framed_.clear();
  }
  /// The memory of the bytes may hold others from now on.
  void forget() { share({}); }

  std::string_view bytes() const { return bytes_; }
  /// Whether the socket before was given the same.
  bool is_repeated() const { return is_repeated_; }
  /// The bytes as they go on the wire; empty until a socket has filled it in.
  std::string& framed() { return framed_; }

 private:
  std::string_view bytes_;
  std::string framed_;
  bool is_repeated_ = false;
};

/// A connected byte stream. Loop-affine: all calls on the thread of the loop that it is attached
/// to. Closes when destroyed; on_ready() never comes after that.
class SSE_EXPORT Socket {
 public:
  virtual ~Socket() = default;

  /// Starts to tell `handler`; replaces the one before (a connection that becomes a stream hands
  /// its socket on without a system call). Readiness that was reported before is not repeated: the
  /// new handler starts with an attempt. The first call decides the loop for good. False when the
  /// loop's table is full (ENOSPC, ENOMEM): the socket can only be destroyed.
  virtual bool attach(Loop& loop, ReadyHandler& handler) = 0;

  /// Moves bytes in. kOk with 0 bytes never happens. Fewer than fit: there were no more, and
  /// on_ready() tells of the next ones.
  virtual IoResult read(std::span<char> into) = 0;

  /// As read(), but the bytes stay, and are read again. Of sockets that connections begin with;
  /// kPeerGone of others.
  virtual IoResult peek(std::span<char> /*into*/) { return {IoStatus::kPeerGone, 0}; }

  /// Moves bytes out of `pieces`, in order, as far as the peer's buffer has room.
  virtual IoResult write(std::span<const iovec> pieces) = 0;

  /// As write(), of bytes that other sockets of the loop are given, too.
  virtual IoResult write_shared(SharedRun& run) {
    const std::string_view bytes = run.bytes();
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};  // read, never written to
    return write({&piece, 1});
  }

  /// Bytes that must still be written before shutdown_write() can end the stream well: a socket
  /// that frames has said how many come, and was stopped before it had them all.
  virtual std::size_t promised() const { return 0; }

  /// Bytes of the wire that stand for what write() has taken, and wait here for room. They leave
  /// before anything else: on_ready() says writable when they may, and a write, also one of
  /// nothing, tries it. Until it is 0 the peer has not been sent all: closing would destroy the
  /// rest.
  virtual std::size_t unsent() const { return 0; }

  /// Sends FIN after what was written; reading goes on (lingering close). A socket that frames says
  /// before it that the stream is whole, unless something is promised().
  virtual void shutdown_write() = 0;

  /// The peer as `address:port` (IPv6 in brackets), or `unix`; for logs and lists, asked of the
  /// kernel each time.
  virtual std::string peer() const = 0;

  /// What another process needs to go on with it; nullopt where its bytes depend on more than this
  /// (TLS, HTTP/2), or something waits in it.
  virtual std::optional<HandedSocket> hand_over() const { return std::nullopt; }

  /// Who the peer is by TLS; null: the bytes go in the clear.
  virtual const TlsPeer* tls() const { return nullptr; }
};

/// Tries to send what is unsent(). True: nothing of it is left, or it never leaves.
inline bool send_unsent(Socket& socket) {
  if (socket.unsent() == 0) return true;
  return socket.write({}).status == IoStatus::kPeerGone || socket.unsent() == 0;
}

}  // namespace sse::net
