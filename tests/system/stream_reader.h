#pragma once

/// \file
/// A subscriber in a test's hands: it connects, reads, drops and resumes when it is told to.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/wire/parser.h"

#include "support/raw_http.h"

namespace sse::test {

/// Follows `GET /events/watch<query>` through the standard's parser. Nothing happens by itself: the
/// test polls fd() and reads. Thread-compatible.
class StreamReader final : private wire::EventSink {
 public:
  using Listener = std::function<void(const wire::ReceivedEvent&)>;

  /// `receive_buffer`: of its socket; 0 leaves it to the kernel. `listener` is told every event but
  /// the hub's own.
  StreamReader(std::uint16_t port, std::string query, int receive_buffer = 0,
               Listener listener = {});
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  /// Opens the stream after the last event id, if there is one.
  void connect();
  void close() { connection_.reset(); }
  void reset();  ///< RST

  /// Reads at most so many bytes that have arrived. False when the hub has ended the stream.
  bool read(std::size_t most);
  /// Reads until `condition` holds; the stream must not end before.
  void read_until(const std::function<bool()>& condition, const std::string& what);
  /// Reads to the end of the stream.
  void read_to_end();

  bool is_open() const { return connection_.has_value(); }
  bool has_head() const { return is_open() && has_head_; }  ///< the hub has answered
  int fd() const { return connection_->fd(); }
  /// A field of the current, or the last, answer's head.
  std::string header(std::string_view name) const { return RawAnswer{0, head_, {}}.header(name); }

  /// Of all connections, in order.
  const std::vector<std::string>& ids() const { return ids_; }
  /// `sse.gap` and `sse.closing`.
  const std::vector<wire::ReceivedEvent>& hub_events() const { return hub_events_; }
  std::size_t connections() const { return connections_; }
  std::chrono::milliseconds retry() const { return retry_; }
  const std::string& last_event_id() const { return parser_.last_event_id(); }

 private:
  bool on_event(wire::ReceivedEvent& event) override;
  void on_retry(std::chrono::milliseconds time) override { retry_ = time; }

  void take(std::string_view bytes);
  void take_body(std::string_view bytes);
  bool poll_and_read();

  const std::uint16_t port_;
  const std::string query_;
  const int receive_buffer_;
  const Listener listener_;

  std::optional<RawConnection> connection_;
  std::string head_;
  bool has_head_ = false;
  std::optional<ChunkReader> chunks_;
  wire::Parser parser_{*this};

  std::vector<std::string> ids_;
  std::vector<wire::ReceivedEvent> hub_events_;
  std::size_t connections_ = 0;
  std::chrono::milliseconds retry_{0};
};

}  // namespace sse::test
