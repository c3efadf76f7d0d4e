#pragma once

/// \file
/// Redis's protocol as bytes (RESP2): requests are arrays of bulk strings. The door to hiredis,
/// which is used for this alone.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::journal {

/// A reply. A value.
struct RedisReply {
  enum class Kind : std::uint8_t { kNil, kInteger, kText, kError, kArray };
  Kind kind = Kind::kNil;
  std::int64_t integer = 0;
  std::string text;  ///< kText: bytes; kError: its code, then what it says
  std::vector<RedisReply> items;

  bool is_error() const { return kind == Kind::kError; }
  /// Whether it is an error of this code (`READONLY`, `NOSCRIPT`), also when a script has met it.
  bool is_error(std::string_view code) const;
  /// An item of an array; a nil one when there is none.
  const RedisReply& at(std::size_t index) const;
  /// The text as a number of digits; 0 when it is not one.
  std::uint64_t number() const;
};

/// Cuts replies out of the bytes that arrive. Thread-compatible.
class SSE_EXPORT RedisDecoder {
 public:
  RedisDecoder();
  ~RedisDecoder();
  RedisDecoder(RedisDecoder&&) noexcept;
  RedisDecoder& operator=(RedisDecoder&&) noexcept;

  void feed(std::string_view bytes);

  /// The next reply that is whole; nullopt: more bytes are needed. Error: kInvalid, the bytes are
  /// not Redis's protocol; then nothing more can be read.
  Result<std::optional<RedisReply>> next();

 private:
  struct Reader;
  std::unique_ptr<Reader> reader_;
};

/// Appends a request to `out`.
SSE_EXPORT void append_request(std::string& out, std::span<const std::string_view> arguments);

}  // namespace sse::journal
