#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sse::http {

/// Compresses pieces of text by DEFLATE (RFC 1951), each for itself: a piece refers to nothing
/// before it, so a stream that waits for its next piece keeps no state of the compressor, and one
/// serves all streams of a loop. The door to zlib. Thread-compatible.
class Deflater {
 public:
  /// The most that is compressed by one call: at most 1.3 ms of text that has no pattern, and some
  /// 0.2 ms of JSON.
  static constexpr std::size_t kMostAtOnce = 64U << 10U;
  /// What it allocates.
  static constexpr std::size_t kBytes = 96U << 10U;

  /// What follows a piece.
  enum class Then {
    kMore,  ///< another one: what was appended ends at a byte, and can be read already
    kEnd,   ///< nothing
  };

  Deflater();
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  /// Appends `piece`, of at most kMostAtOnce bytes, compressed. It never appends nothing.
  void append(std::string& out, std::string_view piece, Then then);

  /// The steps of a Budget that it takes: writing codes costs more than finding repeats.
  static constexpr std::uint64_t steps(std::size_t plain, std::size_t compressed) {
    return 100 + plain / 16 + 2 * compressed;
  }

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace sse::http
