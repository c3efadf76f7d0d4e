#pragma once

/// \file
/// The socket of a response that has no end yet: its head, then its body in chunks.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "sse/base/export.h"
#include "sse/net/socket.h"

namespace sse::http {

/// How the end of a stream's body is marked.
enum class StreamForm : std::uint8_t {
  kChunked,     ///< by a last chunk (HTTP/1.1; RFC 9112 section 7.1)
  kUntilClose,  ///< by the end of the connection alone (HTTP/1.0; section 6.3)
};

/// Bytes that are written are the body's: neither the head nor the framing counts in an IoResult.
/// The head is held until the first write, so that both leave in one send.
///
/// A chunk has at most kMostInChunk bytes, leaves with its closing CRLF, and is never empty. After
/// a short write it stays open, and the next bytes are the rest of it: promised(). When only its
/// CRLF is missing, that is unsent(). Loop-affine.
class SSE_EXPORT StreamSocket final : public net::Socket {
 public:
  static constexpr std::size_t kMostInChunk = 16U << 10U;

  /// `head`: status line and fields, blank line included.
  StreamSocket(std::unique_ptr<net::Socket> socket, std::string head, StreamForm form);

  /// Goes on with a stream that another process has begun.
  StreamSocket(std::unique_ptr<net::Socket> socket, const net::HandedSocket& handed);

  bool attach(net::Loop& loop, net::ReadyHandler& handler) override {
    return socket_->attach(loop, handler);
  }
  net::IoResult read(std::span<char> into) override { return socket_->read(into); }

  /// The rest of an open chunk, then new chunks. kWouldBlock also when only framing was moved.
  net::IoResult write(std::span<const iovec> pieces) override;
  net::IoResult write_shared(net::SharedRun& run) override;
  std::size_t promised() const override { return chunk_left_; }
  std::size_t unsent() const override { return tail_left_ + end_left_ + socket_->unsent(); }

  /// Best effort: sends what is held of the head, and the last chunk unless something is
  /// promised(). Then FIN. All of it waits for what is unsent() of the socket below.
  void shutdown_write() override;
  std::string peer() const override { return socket_->peer(); }
  std::optional<net::HandedSocket> hand_over() const override;
  const net::TlsPeer* tls() const override { return socket_->tls(); }

 private:
  class Payload;
  struct Outgoing;

  void plan(Payload payload, Outgoing& out) const;
  net::IoResult send(const Outgoing& out);
  net::IoResult send_tail();
  void end();
  std::size_t note_moved(std::size_t moved, std::size_t given);

  const std::unique_ptr<net::Socket> socket_;
  std::unique_ptr<std::string> head_;  // what is left of it; null once it was sent
  // All of them are 0 between two chunks.
  std::uint32_t chunk_left_ = 0;  // bytes of the open chunk that were not taken
  std::uint8_t header_left_ = 0;  // of its size line; then no byte of it was taken
  std::uint8_t tail_left_ = 0;    // of the CRLF of a chunk that was taken whole
  std::uint8_t end_left_ = 0;     // of the last chunk, which waits
  const StreamForm form_;
};

}  // namespace sse::http
