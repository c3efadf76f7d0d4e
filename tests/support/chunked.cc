#include "support/chunked.h"

#include <algorithm>
#include <charconv>

#include "sse/base/escape.h"

namespace sse::test {
namespace {

constexpr std::size_t kMostInChunk = 16U << 10U;
constexpr std::string_view kEndOfHead = "\r\n\r\n";

}  // namespace

bool ChunkReader::take(std::string_view bytes, std::string& out) {
  while (!bytes.empty() && fault_.empty()) {
    if (state_ == State::kPayload) {
      bytes.remove_prefix(take_payload(bytes, out));
    } else {
      take_framing(bytes.front());
      bytes.remove_prefix(1);
    }
  }
  return fault_.empty();
}

std::size_t ChunkReader::take_payload(std::string_view bytes, std::string& out) {
  const std::size_t taken = std::min(left_, bytes.size());
  out.append(bytes.substr(0, taken));
  left_ -= taken;
  if (left_ == 0) state_ = State::kTail;
  return taken;
}

void ChunkReader::take_framing(char byte) {
  if (state_ == State::kEnded) return fail("a byte behind the last chunk");
  line_.push_back(byte);
  if (byte == '\n') {
    end_line();
    line_.clear();
  } else if (line_.size() > 6) {
    fail("a long line");
  }
}

void ChunkReader::end_line() {
  if (!line_.ends_with("\r\n")) return fail("a line without CR");
  line_.resize(line_.size() - 2);
  if (state_ == State::kSize) return begin_chunk();
  if (!line_.empty()) return fail("no CRLF behind a chunk");
  if (state_ == State::kTail) ++chunks_;
  state_ = state_ == State::kTail ? State::kSize : State::kEnded;
}

void ChunkReader::begin_chunk() {
  const char* const end = line_.data() + line_.size();
  const auto read = std::from_chars(line_.data(), end, left_, 16);
  const bool is_plain =
      digits_ == Digits::kAnyCase ||
      std::none_of(line_.begin(), line_.end(), [](char c) { return c >= 'A' && c <= 'F'; });
  const bool has_zeros = line_.size() > 1 && line_.front() == '0';
  if (line_.empty() || read.ptr != end || !is_plain || has_zeros) return fail("no size");
  if (left_ > kMostInChunk) return fail("a chunk that is too large");
  state_ = left_ == 0 ? State::kLastTail : State::kPayload;
}

void ChunkReader::fail(const std::string& what) {
  fault_ = what + ": " + quoted(line_);
}

bool says_chunked(std::string_view head) {
  return head.find("\r\nTransfer-Encoding: chunked\r\n") != std::string_view::npos;
}

ReceivedStream read_stream(std::string_view received) {
  ReceivedStream stream;
  const auto end = received.find(kEndOfHead);
  if (end == std::string_view::npos) {
    stream.head = received;
    return stream;
  }
  stream.head = received.substr(0, end + kEndOfHead.size());
  received.remove_prefix(stream.head.size());
  stream.is_chunked = says_chunked(stream.head);
  if (!stream.is_chunked) {
    stream.text = received;
    return stream;
  }
  ChunkReader reader;
  reader.take(received, stream.text);
  stream.is_whole = reader.has_ended();
  stream.fault = reader.fault();
  return stream;
}

}  // namespace sse::test
