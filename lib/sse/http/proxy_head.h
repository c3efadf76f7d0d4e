#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sse::http {

/// Reads the PROXY header, version 1 or 2, that a proxy sends ahead of everything else on a
/// connection (haproxy's proxy-protocol.txt). A push parser: bytes come in any pieces. It keeps at
/// most 107 of them; what a version 2 header has behind its addresses is counted and skipped.
/// Loop-affine.
class ProxyHead {
 public:
  enum class Progress : std::uint8_t {
    kMore,  ///< the header is not whole
    kDone,
    kBad,  ///< not a PROXY header: the connection is of no use
  };

  /// Whose the connection is.
  enum class Source : std::uint8_t {
    kLocal,    ///< the proxy's own, such as a health check
    kUnknown,  ///< of a peer that the proxy does not know, or that has no IP address
    kNamed,    ///< of peer()
  };

  /// Takes bytes of the header. Returns how many: all of them but those that follow the header.
  /// REQUIRES: kMore.
  std::size_t feed(std::string_view bytes);

  Progress progress() const { return progress_; }
  // When it is kDone.
  Source source() const { return source_; }
  /// `address:port` or `[address]:port`, as net::Socket::peer() has it; empty unless kNamed.
  const std::string& peer() const { return peer_; }

 private:
  /// Which form of the header the bytes so far are.
  enum class Form : std::uint8_t { kUndecided, kText, kBinary };

  Form form() const;
  bool take_byte(char byte);
  void end_text();
  void begin_binary();
  void end_binary();

  std::string kept_;
  std::size_t to_skip_ = 0;  // of version 2: bytes that are not kept
  std::size_t to_keep_ = 0;  // of version 2: bytes of the part that is; 0: its length is not known
  Progress progress_ = Progress::kMore;
  Source source_ = Source::kUnknown;
  std::string peer_;
};

}  // namespace sse::http
