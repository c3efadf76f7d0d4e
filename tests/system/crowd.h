#pragma once

/// \file
/// Many connections to one hub, all read by the test's own thread: what each saw is kept as a few
/// numbers, so that a thousand streams of a thousand events cost nothing to check.

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "sse/wire/event_id.h"
#include "sse/wire/parser.h"

#include "support/raw_http.h"

namespace sse::test {

/// A stream, and whether it got every event once and in order.
class WatchedStream final : public wire::EventSink {
 public:
  explicit WatchedStream(std::uint16_t port, int receive_buffer = 0);

  /// Takes what has arrived, without waiting.
  void read();

  int fd() const { return connection_.fd(); }
  bool is_open() const { return has_head_ && !ended_; }
  bool has_ended() const { return ended_; }

  /// Every event so far followed the one before it, the first the hub's newest of when it opened.
  bool is_complete() const { return complete_; }
  wire::Sequence last() const { return last_; }

  const std::string& closing() const { return closing_; }  ///< data of sse.closing
  /// It ended with the last chunk.
  bool is_whole() const { return chunks_.has_ended(); }
  /// What the last `retry:` said.
  std::optional<std::chrono::milliseconds> retry() const { return retry_; }

  bool on_event(wire::ReceivedEvent& event) override;
  void on_retry(std::chrono::milliseconds time) override { retry_ = time; }

 private:
  void take(std::string_view bytes);

  RawConnection connection_;
  ChunkReader chunks_;
  wire::Parser parser_{*this};
  std::string head_;
  bool has_head_ = false;
  bool ended_ = false;
  bool complete_ = true;
  wire::Sequence last_ = 0;
  std::string closing_;
  std::optional<std::chrono::milliseconds> retry_;
};

/// Streams that are read together.
class Crowd {
 public:
  explicit Crowd(std::uint16_t port) : port_(port) {}

  /// Opens streams and waits for their heads.
  void open(std::size_t count, int receive_buffer = 0);

  /// Reads from all of them what is there.
  void read();
  bool all_reached(wire::Sequence sequence) const;
  bool all_ended() const;
  void close() { streams_.clear(); }

  const std::deque<WatchedStream>& streams() const { return streams_; }

 private:
  std::uint16_t port_;
  std::deque<WatchedStream> streams_;
};

/// A connection that posts to /events, one request after the other.
class Poster {
 public:
  explicit Poster(std::uint16_t port) : connection_(port) {}

  void post(std::string_view body, std::string_view type = "application/json");
  bool is_waiting() const { return waiting_; }

  /// The answer, once it is there; without waiting.
  std::optional<RawAnswer> answer();
  /// The hub closed the connection without an answer.
  bool was_cut() const { return cut_; }

 private:
  RawConnection connection_;
  std::string received_;
  bool waiting_ = false;
  bool cut_ = false;
};

/// The id that a 201 tells.
wire::EventId accepted_id(const RawAnswer& answer);

/// How many streams the hub says are open.
std::size_t open_streams(std::uint16_t port);

/// Lets this process, and so the hubs it starts, have as many descriptors as it may.
void raise_descriptor_limit();

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace sse::test
