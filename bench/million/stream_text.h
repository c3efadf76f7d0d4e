#pragma once

/// \file
/// Reads what a stream is sent, cheaply enough for a million of them.

#include <cstdint>
#include <string>
#include <string_view>

namespace sse::bench {

/// What one write of a stream says: whole chunks of whole blocks.
struct StreamText {
  std::uint64_t first = 0;  ///< sequences of the events; 0: there is none
  std::uint64_t last = 0;
  std::uint32_t events = 0;
  std::uint32_t heartbeats = 0;  ///< comments, and blocks of an id alone, but for the first ones
  std::uint32_t closings = 0;
  std::uint32_t gaps = 0;
  bool is_ascending = true;  ///< each sequence is above the one before
  bool is_broken = false;    ///< the bytes are not whole blocks
  std::uint64_t topics = 0;  ///< a hash of the topic, when all events have the same; else 0
};

/// A hash of a topic, as StreamText has it. Never 0.
std::uint64_t topic_hash(std::string_view topic);

/// The hub gives all streams the same bytes, so what was read last is remembered: for the next
/// socket comparing is enough. Thread-compatible.
class StreamReader {
 public:
  const StreamText& read(std::string_view bytes);

 private:
  std::string bytes_;
  StreamText text_;
};

}  // namespace sse::bench
