#pragma once

#include <algorithm>
#include <cstring>
#include <string_view>

namespace sse::wire {

inline std::size_t find_byte(std::string_view bytes, char byte, std::size_t from) {
  const void* found = std::memchr(bytes.data() + from, byte, bytes.size() - from);
  if (found == nullptr) return bytes.size();
  return static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
}

/// Finds each CR or LF of a text in turn. Each of the two is searched for again only once it was
/// passed: where only one of them is used, looking for the other costs one pass, not one a line.
class LineEnds {
 public:
  explicit LineEnds(std::string_view text) : text_(text) {}

  /// Where the first line end at `from` or later is; the size of the text when there is none.
  /// `from` never goes back and is at most the size.
  std::size_t next(std::size_t from) {
    if (feed_ == kUnknown || feed_ < from) feed_ = find_byte(text_, '\n', from);
    if (return_ == kUnknown || return_ < from) return_ = find_byte(text_, '\r', from);
    return std::min(feed_, return_);
  }

 private:
  static constexpr std::size_t kUnknown = std::string_view::npos;

  std::string_view text_;
  std::size_t feed_ = kUnknown;
  std::size_t return_ = kUnknown;
};

}  // namespace sse::wire
