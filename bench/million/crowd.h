#pragma once

/// \file
/// Very many subscribers of a hub in memory.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "million/light_socket.h"
#include "support/memory_hub.h"

namespace sse::bench {

/// CPU time of this process so far.
std::chrono::nanoseconds cpu_time();

/// What the subscribers of a crowd want: all of them everything, or each one of so many topics.
struct Wants {
  std::size_t topics = 0;
  std::string token = {};  ///< sent by each, unless it is empty
};

/// The name of a topic of Wants.
std::string topic_name(std::size_t topic);

/// Opens streams by HTTP requests and turns the hub's loop. Loop-affine.
class Crowd {
 public:
  /// `sequence`: of the newest event in the log; what comes after it is counted.
  Crowd(test::MemoryHub& hub, std::size_t size, const Wants& wants, std::uint64_t sequence = 0);
  /// The peers hang up.
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  /// One more connection, and its request; in batches, as epoll tells of them. The hub may not be
  /// done when this returns.
  void open_all();

  /// Turns the loop until everything is sent, and answers ends with ends.
  void settle();

  /// One turn.
  void turn();

  std::vector<LightPeer>& peers() { return peers_; }
  const LightNetwork& network() const { return network_; }
  /// The peers count no more what they receive: what the hub does is all that is left to measure.
  void look_away() { network_.is_watched = false; }
  /// CPU time of the longest turn since the last call.
  std::chrono::nanoseconds take_longest_turn();

  /// How many peers have not exactly `events` events, or saw the end.
  std::size_t count_unlike(std::uint32_t events) const;

 private:
  test::MemoryHub& hub_;
  LightNetwork network_;
  std::vector<LightPeer> peers_;
  std::chrono::nanoseconds longest_turn_{0};
};

/// A publisher's connection to the hub: real requests, answered at once, but for batches, which
/// take turns of the loop.
class Publishing {
 public:
  /// `token`: sent with each request, unless it is empty.
  explicit Publishing(test::MemoryHub& hub, std::string token = {})
      : hub_(hub), peer_(hub.connect()), token_(std::move(token)) {}

  /// The body of the answer; aborts unless it is a 2xx.
  std::string post(std::string_view target, std::string_view body,
                   std::string_view type = "application/json");

 private:
  test::MemoryHub& hub_;
  test::Peer& peer_;
  const std::string token_;
};

}  // namespace sse::bench
