#include "sse/http/request_parser.h"

#include <algorithm>
#include <variant>

#include "sse/http/characters.h"
#include "sse/http/request.h"

namespace sse::http {
namespace {

// A chunk's size and its extensions, which are not used: long ones only keep a server busy.
constexpr std::size_t kMaxChunkLine = 256;

// Reserved for a body before its bytes have come: a promise of a large one costs nothing yet.
constexpr std::size_t kMostReserved = 64U << 10U;

// Neither reserve() nor append() keeps to a capacity: both may double it.
void make_room(std::string& body, std::size_t capacity) {
  if (capacity <= body.capacity()) return;
  std::string larger;
  larger.reserve(capacity);
  larger += body;
  body.swap(larger);
}

constexpr Refusal kBadLineEnd{400, "lines of a head must end with CRLF"};
constexpr Refusal kBodyTooLarge{413, "the body is larger than --max-body"};
constexpr Refusal kBadChunk{400, "the chunked body is malformed"};

}  // namespace

RequestParser::Progress RequestParser::progress() const {
  if (state_ == State::kHeadEnd) return Progress::kHead;
  if (state_ == State::kComplete) return Progress::kComplete;
  if (state_ == State::kRefused) return Progress::kRefused;
  return Progress::kIncomplete;
}

bool RequestParser::awaits_continue() const {
  const bool in_body = state_ == State::kSizedBody || state_ == State::kChunkSize;
  return in_body && framing_.expects_continue && !body_began_;
}

std::size_t RequestParser::feed(std::string_view bytes, Request& request) {
  std::size_t taken = 0;
  if (state_ == State::kStart) taken = take_start(bytes);
  if (state_ == State::kHead) taken += take_head(bytes.substr(taken), request);
  if (state_ == State::kSizedBody || (state_ > State::kSizedBody && state_ < State::kComplete)) {
    taken += take_body(bytes.substr(taken), request);
  }
  return taken;
}

// Some old peers send CRLF behind a body; RFC 9112 section 2.2 asks to let one empty line pass.
std::size_t RequestParser::take_start(std::string_view bytes) {
  std::size_t taken = 0;
  if (!skipped_line_ && !bytes.empty() && bytes[0] == '\r') {
    if (bytes.size() < 2) return 0;
    if (bytes[1] != '\n') {
      refuse(kBadLineEnd);
      return 0;
    }
    skipped_line_ = true;
    taken = 2;
  }
  if (taken == bytes.size()) return taken;
  if (is_token_character(bytes[taken])) {
    state_ = State::kHead;
  } else {
    refuse({400, "this is not an HTTP request"});  // TLS, most often: no need to wait for a line
  }
  return taken;
}

std::size_t RequestParser::take_head(std::string_view bytes, Request& request) {
  const auto window = bytes.substr(0, limits_.max_head);
  for (;;) {
    const auto feed_at = window.find('\n', scanned_);
    if (feed_at == std::string_view::npos) break;
    if (feed_at == 0 || window[feed_at - 1] != '\r') {
      refuse(kBadLineEnd);
      return 0;
    }
    const bool is_empty_line = feed_at == line_start_ + 1;
    scanned_ = line_start_ = feed_at + 1;
    if (is_empty_line) {
      end_head(window.substr(0, scanned_), request);
      return scanned_;
    }
  }
  scanned_ = window.size();
  if (window.size() == limits_.max_head) {
    refuse(line_start_ == 0 ? Refusal{414, "the request line is longer than --max-head"}
                            : Refusal{431, "the head is larger than --max-head"});
  }
  return 0;
}

void RequestParser::end_head(std::string_view head, Request& request) {
  is_preface_ = !skipped_line_ && head == kPrefaceHead;
  const auto result = parse_head(head, request);
  if (const auto* refusal = std::get_if<Refusal>(&result)) return refuse(*refusal);
  framing_ = *std::get_if<Framing>(&result);
  state_ = State::kHeadEnd;
  if (framing_.chunked) {
    after_head_ = State::kChunkSize;
  } else if (framing_.content_length > limits_.max_body) {
    // Once the head is judged: a stranger learns first that a credential is missing.
    refusal_ = kBodyTooLarge;
    framing_.keep_alive = false;
    after_head_ = State::kRefused;
  } else if (framing_.content_length > 0) {
    left_ = static_cast<std::size_t>(framing_.content_length);
    request.body.reserve(std::min(left_, kMostReserved));
    after_head_ = State::kSizedBody;
  }
}

std::size_t RequestParser::take_body(std::string_view bytes, Request& request) {
  std::size_t taken = 0;
  body_began_ = body_began_ || !bytes.empty();
  while (taken < bytes.size() && state_ < State::kComplete) {
    if (state_ != State::kSizedBody && state_ != State::kChunkBytes) {
      take_chunk_framing(bytes[taken++]);
      continue;
    }
    const auto piece = bytes.substr(taken, left_);
    make_room(request.body, capacity_for(request.body, piece.size()));
    request.body.append(piece);
    taken += piece.size();
    left_ -= piece.size();
    if (left_ > 0) break;
    state_ = state_ == State::kSizedBody ? State::kComplete : State::kChunkBytesCr;
  }
  return taken;
}

// Doubled as strings do, but never past what a body may have.
std::size_t RequestParser::capacity_for(const std::string& body, std::size_t more) const {
  const std::size_t needed = body.size() + more;
  if (needed <= body.capacity()) return body.capacity();
  const std::size_t most =
      framing_.chunked ? limits_.max_body : static_cast<std::size_t>(framing_.content_length);
  return std::max(needed, std::min(2 * body.capacity(), most));
}

std::size_t RequestParser::body_held(const std::string& body, std::size_t more) const {
  if (framing_.chunked) return capacity_for(body, more);
  return std::max(body.capacity(), static_cast<std::size_t>(framing_.content_length));
}

void RequestParser::take_chunk_framing(char c) {
  switch (state_) {
    case State::kChunkSize:
      return take_chunk_digit(c);
    case State::kChunkExt:
      if (++line_length_ > kMaxChunkLine) return refuse(kBadChunk);
      if (c == '\r') return expect(c, '\r', State::kChunkSizeEnd);
      if (!is_field_value_character(c)) refuse(kBadChunk);
      return;
    case State::kChunkSizeEnd:
      return end_chunk_size(c);
    case State::kChunkBytesCr:
      return expect(c, '\r', State::kChunkBytesLf);
    case State::kChunkBytesLf:
      return expect(c, '\n', State::kChunkSize);
    default:
      return take_trailer(c);
  }
}

void RequestParser::take_chunk_digit(char c) {
  const int digit = hex_value(c);
  if (digit < 0) {
    if (line_length_ == 0 || (c != '\r' && c != ';')) return refuse(kBadChunk);
    state_ = c == '\r' ? State::kChunkSizeEnd : State::kChunkExt;
    return;
  }
  if (++line_length_ > kMaxChunkLine) return refuse(kBadChunk);
  left_ = left_ * 16 + static_cast<std::size_t>(digit);
  if (left_ > limits_.max_body - body_size_) refuse(kBodyTooLarge);
}

void RequestParser::end_chunk_size(char c) {
  const bool is_last = left_ == 0;
  body_size_ += left_;
  line_length_ = 0;
  expect(c, '\n', is_last ? State::kTrailer : State::kChunkBytes);
}

// Trailers are read past, not kept: a field that comes after the body was acted on is worth
// nothing.
void RequestParser::take_trailer(char c) {
  if (++trailers_size_ > limits_.max_head) {
    return refuse({431, "the trailers are larger than --max-head"});
  }
  switch (state_) {
    case State::kTrailer:
      if (c == '\r') {
        state_ = State::kLastLf;
      } else if (is_token_character(c)) {
        state_ = State::kTrailerIn;
      } else {
        refuse(kBadChunk);
      }
      return;
    case State::kTrailerIn:
      if (c == '\r') {
        state_ = State::kTrailerLf;
      } else if (!is_field_value_character(c)) {
        refuse(kBadChunk);
      }
      return;
    case State::kTrailerLf:
      return expect(c, '\n', State::kTrailer);
    default:
      return expect(c, '\n', State::kComplete);
  }
}

void RequestParser::expect(char c, char expected, State next) {
  if (c == expected) {
    state_ = next;
  } else {
    refuse(kBadChunk);
  }
}

void RequestParser::refuse(const Refusal& refusal) {
  refusal_ = refusal;
  framing_.keep_alive = false;
  state_ = State::kRefused;
}

}  // namespace sse::http
