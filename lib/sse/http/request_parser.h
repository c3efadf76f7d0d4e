#pragma once

/// \file
/// Where a request begins and ends in a connection's bytes (RFC 9112), strictly.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sse/http/refusal.h"
#include "sse/http/request_head.h"

namespace sse::http {

struct Request;

/// The connection preface of HTTP/2 (RFC 9113 section 3.4) begins with this, which looks like the
/// head of a request.
inline constexpr std::string_view kPrefaceHead = "PRI * HTTP/2.0\r\n\r\n";

struct RequestLimits {
  std::size_t max_head = 16U << 10U;  ///< request line and fields; of a chunked body's trailers too
  std::size_t max_body = 1U << 20U;   ///< after decoding
};

/// A push parser for one request: any split of the bytes gives the same request or the same
/// refusal. Keeps nothing of a head until it is whole (its bytes stay with the caller), and hands a
/// body on as it comes. Thread-compatible.
class RequestParser {
 public:
  enum class Progress {
    kIncomplete,  ///< needs more bytes
    kHead,        ///< the head is whole: to be judged before go_on(), and before the body is taken
    kComplete,    ///< `request` is whole; bytes after it belong to the next one
    kRefused,     ///< refusal() says why; the rest of the bytes means nothing
  };

  explicit RequestParser(const RequestLimits& limits) : limits_(limits) {}

  /// Takes what it can of `bytes`, which begin where the last call stopped taking, and says how
  /// many that were.
  std::size_t feed(std::string_view bytes, Request& request);

  Progress progress() const;
  /// Bytes that `body`, which has begun or comes next, holds when `more` bytes of it have come. One
  /// whose length was given counts as whole from the start.
  std::size_t body_held(const std::string& body, std::size_t more) const;
  /// After kHead: the body comes next, if there is one.
  void go_on() { state_ = after_head_; }

  const Refusal& refusal() const { return refusal_; }
  /// It was refused since the peer speaks HTTP/2 (RFC 9113 section 3.4): what was taken is the head
  /// of its connection preface.
  bool is_preface() const { return is_preface_; }
  bool keep_alive() const { return framing_.keep_alive; }
  /// The head is whole, its body is not, and the peer waits for `100 Continue` before it sends it.
  bool awaits_continue() const;

 private:
  enum class State {
    kStart,         // before the request line: one empty line is let pass
    kHead,          // up to the empty line
    kHeadEnd,       // behind it, until go_on()
    kSizedBody,     // Content-Length bytes
    kChunkSize,     // hex digits
    kChunkExt,      // behind them, up to CR
    kChunkSizeEnd,  // LF
    kChunkBytes,
    kChunkBytesCr,
    kChunkBytesLf,
    kTrailer,    // the start of a trailer line, or of the empty line
    kTrailerIn,  // inside one, up to CR
    kTrailerLf,
    kLastLf,  // of the empty line
    kComplete,
    kRefused,
  };

  std::size_t take_start(std::string_view bytes);
  std::size_t take_head(std::string_view bytes, Request& request);
  void end_head(std::string_view head, Request& request);
  std::size_t take_body(std::string_view bytes, Request& request);
  std::size_t capacity_for(const std::string& body, std::size_t more) const;
  void take_chunk_framing(char c);
  void take_chunk_digit(char c);
  void end_chunk_size(char c);
  void take_trailer(char c);
  void expect(char c, char expected, State next);
  void refuse(const Refusal& refusal);

  RequestLimits limits_;
  State state_ = State::kStart;
  State after_head_ = State::kComplete;
  Framing framing_;
  Refusal refusal_;
  std::size_t scanned_ = 0;      // bytes of an unfinished head that hold no end
  std::size_t line_start_ = 0;   // of the head's last line among them
  std::size_t left_ = 0;         // bytes of the body, or of the chunk, still to come
  std::size_t body_size_ = 0;    // of all chunks so far
  std::size_t line_length_ = 0;  // of the chunk-size line
  std::size_t trailers_size_ = 0;
  bool is_preface_ = false;
  bool skipped_line_ = false;
  bool body_began_ = false;
};

}  // namespace sse::http
