#pragma once

#include <cstdint>
#include <string_view>

namespace sse::bench {

/// Takes the chunked coding off a body as it comes (RFC 9112 section 7.1), without a copy and
/// without checking more than it needs. Thread-compatible.
class Chunks {
 public:
  /// Takes the next piece of the payload off the front of `bytes`, and the framing before it.
  /// Empty: there is no more in these bytes.
  std::string_view next(std::string_view& bytes);

  /// What came is not a chunked body.
  bool is_broken() const { return is_broken_; }

 private:
  void take_framing(char byte);

  std::uint64_t left_ = 0;     // of the payload
  std::uint64_t size_ = 0;     // as far as its line has come
  std::uint8_t tail_ = 0;      // bytes of the CRLF behind the payload
  bool in_extension_ = false;  // behind the digits of a size line
  bool is_broken_ = false;
};

}  // namespace sse::bench
