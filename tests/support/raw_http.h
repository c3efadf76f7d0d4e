#pragma once

/// \file
/// HTTP by hand: tests see, and send, exactly the bytes they mean.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/unique_fd.h"

#include "support/chunked.h"

namespace sse::test {

/// A blocking TCP connection to 127.0.0.1. Reading gives up after a test's patience.
class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port, int receive_buffer = 0);

  void send(std::string_view bytes) const;

  /// Reads a stream's head. From then on the other functions give its text: when the head says that
  /// the body is chunked, the framing is checked and taken off.
  std::string read_stream_head();
  /// The stream's last chunk has come.
  bool is_whole() const { return chunks_ && chunks_->has_ended(); }

  /// Reads until `text` has arrived since the last call; returns everything up to and with it, and
  /// keeps the rest.
  std::string read_until(std::string_view text);
  std::string read_bytes(std::size_t count);
  /// Reads to the end of the stream.
  std::string read_all();
  /// Whether the peer closes without another byte.
  bool is_at_end();

  void close() { fd_.reset(); }
  /// RST instead of FIN.
  void reset();
  void shutdown_write() const;
  int fd() const { return fd_.get(); }

 private:
  bool read_more();
  void keep(std::string_view bytes);

  UniqueFd fd_;
  std::string buffer_;
  std::optional<ChunkReader> chunks_;
};

struct RawAnswer {
  int status = 0;
  std::string head;
  std::string body;

  /// The value of a header field, without regard to case; empty when absent.
  std::string header(std::string_view name) const;
};

/// One request on a connection of its own: `request("POST", "/events", R"({"data":1})")`.
RawAnswer request(std::uint16_t port, std::string_view method, std::string_view target,
                  std::string_view body = {}, std::string_view headers = {});

/// Reads one answer with a Content-Length, or to the end of the connection.
RawAnswer read_answer(RawConnection& connection);

}  // namespace sse::test
