#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/client/transport.h"

namespace sse::client {

/// Bytes of status lines, header lines and trailers that one response may have, interim responses
/// included. A server that sends them without end must not fill our memory.
inline constexpr std::size_t kMaxHeadBytes = std::size_t{200} << 10U;

/// Reads the head of one HTTP/1 response, line by line, and refuses every head that two readers may
/// understand differently (RFC 9112 section 6.3). Interim responses (1xx) are read and dropped.
/// Thread-compatible.
class SSE_EXPORT HeadReader {
 public:
  /// One line, with or without its line end. Lines after the head are trailers: they are counted
  /// and dropped. Error: kInvalid, or kTooLarge past kMaxHeadBytes; the text goes behind "the
  /// response of X cannot be read: ".
  Status push(std::string_view line);

  /// Whether the blank line behind the final head has been read.
  bool is_complete() const { return is_complete_; }

  /// REQUIRES: is_complete().
  const ResponseHead& head() const { return head_; }

 private:
  enum class Version { k10, k11 };

  Status read_status_line(std::string_view line);
  Status read_field(std::string_view line);
  Status end_head();
  Status check_length() const;
  Status check_transfer_coding() const;
  Status check_content_coding() const;

  ResponseHead head_;
  Version version_ = Version::k11;
  std::size_t bytes_ = 0;
  bool is_complete_ = false;
};

}  // namespace sse::client
