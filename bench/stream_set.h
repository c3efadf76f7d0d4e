#pragma once

/// \file
/// Many streams in one thread, each checked: count, order, duplicates, gaps.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/result.h"
#include "sse/base/unique_fd.h"

namespace sse::bench {

/// What all streams saw so far.
struct Seen {
  std::uint64_t deliveries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t out_of_order = 0;  ///< an id that is not the next one: lost, doubled or reordered
  std::uint64_t control = 0;       ///< sse.gap, sse.closing
  std::size_t ended = 0;           ///< streams that the server closed
  std::vector<std::uint32_t> latencies_us;  ///< from the send time in the event; sampled
};

/// Connects N streams to one hub and reads them all. Source addresses are spread over 127.0.1.x, so
/// that more than 28,000 fit. Thread-compatible.
class StreamSet {
 public:
  /// `resume_after`: the sequence that `target` asks to go on after; without one, what comes before
  /// the first id-only block is not counted.
  StreamSet(std::uint16_t port, std::size_t count, std::string target,
            std::optional<std::uint64_t> resume_after = {});
  ~StreamSet();

  /// Connects and sends every request; returns when all heads and greetings have arrived.
  Status open();

  /// Reads what is there, waiting at most `wait`. Latency is sampled of one event in `sample`.
  void read(std::chrono::milliseconds wait);

  const Seen& seen() const { return seen_; }
  /// Events that every stream has.
  std::uint64_t received_by_all() const;

 private:
  struct Stream;

  Status connect_one(std::size_t index);
  void read_one(Stream& stream);
  void take_line(Stream& stream, std::string_view line);

  const std::uint16_t port_;
  const std::string target_;
  const std::optional<std::uint64_t> resume_after_;
  UniqueFd epoll_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::size_t live_ = 0;  // streams whose first id has come
  Seen seen_;
};

/// CLOCK_MONOTONIC in nanoseconds: what a send time is.
std::int64_t steady_ns();

}  // namespace sse::bench
