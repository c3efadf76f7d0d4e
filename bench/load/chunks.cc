#include "chunks.h"

#include <algorithm>
#include <cstddef>

namespace sse::bench {
namespace {

constexpr unsigned kNoDigit = 16;

unsigned digit_of(char byte) {
  if (byte >= '0' && byte <= '9') return static_cast<unsigned>(byte - '0');
  const char lower = static_cast<char>(byte | 0x20);
  return lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a') + 10 : kNoDigit;
}

}  // namespace

std::string_view Chunks::next(std::string_view& bytes) {
  while (!bytes.empty() && !is_broken_) {
    if (left_ > 0) {
      const auto piece = bytes.substr(0, std::min<std::uint64_t>(left_, bytes.size()));
      bytes.remove_prefix(piece.size());
      left_ -= piece.size();
      if (left_ == 0) tail_ = 2;
      return piece;
    }
    take_framing(bytes.front());
    bytes.remove_prefix(1);
  }
  return {};
}

void Chunks::take_framing(char byte) {
  if (tail_ > 0) {
    is_broken_ = byte != (tail_ == 2 ? '\r' : '\n');
    --tail_;
  } else if (byte == '\n') {
    left_ = size_;
    size_ = 0;
    in_extension_ = false;
  } else if (!in_extension_) {
    const unsigned digit = digit_of(byte);
    in_extension_ = digit == kNoDigit;
    is_broken_ = in_extension_ && byte != '\r' && byte != ';' && byte != ' ';
    if (!in_extension_) size_ = size_ * 16 + digit;
  }
}

}  // namespace sse::bench
