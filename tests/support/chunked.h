#pragma once

/// \file
/// Takes the chunked coding off a body, more strictly than RFC 9112 section 7.1 asks of a client:
/// what a hub does not write is a fault.

#include <cstddef>
#include <string>
#include <string_view>

namespace sse::test {

/// Takes bytes as they come. Of a hub's streams: sizes without leading zeros, in lower case, at
/// most 16 KiB, no extension, no trailer, nothing behind the last chunk.
class ChunkReader {
 public:
  /// A proxy writes sizes as it likes to.
  enum class Digits { kLowerCase, kAnyCase };
  explicit ChunkReader(Digits digits = Digits::kLowerCase) : digits_(digits) {}

  /// Appends the payload in `bytes` to `out`. False when this or anything before was wrong.
  bool take(std::string_view bytes, std::string& out);

  const std::string& fault() const { return fault_; }
  bool is_between_chunks() const { return state_ == State::kSize && line_.empty(); }
  /// The last chunk has come, whole.
  bool has_ended() const { return state_ == State::kEnded; }
  std::size_t chunks() const { return chunks_; }  ///< with a payload, and whole

 private:
  enum class State { kSize, kPayload, kTail, kLastTail, kEnded };

  std::size_t take_payload(std::string_view bytes, std::string& out);
  void take_framing(char byte);
  void end_line();
  void begin_chunk();
  void fail(const std::string& what);

  Digits digits_;
  State state_ = State::kSize;
  std::string line_;  // of framing, without its end
  std::size_t left_ = 0;
  std::size_t chunks_ = 0;
  std::string fault_;
};

/// What a stream's peer received, taken apart.
struct ReceivedStream {
  std::string head;
  std::string text;
  bool is_chunked = false;
  bool is_whole = false;  ///< it ended with the last chunk
  std::string fault;      ///< of the framing
};

/// `received` starts with a head, or with the part of one that came.
ReceivedStream read_stream(std::string_view received);

/// Whether a head says that its body is chunked.
bool says_chunked(std::string_view head);

}  // namespace sse::test
