#pragma once

/// \file
/// A publisher in a test's hands: readings and events of many kinds, in requests of many sizes.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/raw_http.h"

namespace sse::test {

/// An event that the hub has accepted, as the answers tell it.
struct Published {
  std::string event_id;    ///< empty for the readings of a batch: its answer names readings only
  std::string reading_id;  ///< of readings
  std::string type;
  std::string topic;
};

/// Creates a metric; the answer's event is appended to `published`. Returns the metric's id.
std::string create_metric(std::uint16_t port, const std::string& name,
                          std::vector<Published>& published);

/// One connection that publishes `readings` readings of `metrics` in random portions, single and in
/// batches, with generic events between. One request at a time: publish_next(), then, when fd() is
/// readable, take_answer(). Thread-compatible.
class Publishing {
 public:
  Publishing(std::uint16_t port, std::uint32_t seed, std::vector<std::string> metrics,
             std::size_t readings);

  bool is_done() const { return readings_left_ == 0 && awaited_.empty(); }
  int fd() const { return connection_.fd(); }

  /// Sends the next request. False when everything has been published.
  bool publish_next();
  /// Reads the answer and notes what was accepted.
  void take_answer(std::vector<Published>& published);

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  std::string next_reading();
  std::string next_event();
  std::string next_batch(std::string (Publishing::*next)(), std::size_t count);
  void post(std::string_view target, std::string_view content_type, const std::string& body);

  RawConnection connection_;
  std::mt19937 random_;
  const std::vector<std::string> metrics_;
  std::size_t readings_left_;
  std::deque<Published> awaited_;  ///< what the current request should make, in order
  bool is_batch_ = false;
};

}  // namespace sse::test
