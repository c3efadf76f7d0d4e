#include "checked_stream.h"

namespace sse::bench {
namespace {

/// Where the first blank line of `earlier` and `bytes` together ends in `bytes`; npos: there is
/// none.
std::size_t end_of_block(std::string_view earlier, std::string_view bytes) {
  if (earlier.ends_with('\n') && bytes.starts_with('\n')) return 1;
  const auto at = bytes.find("\n\n");
  return at == std::string_view::npos ? at : at + 2;
}

/// A block without the comments and the `retry:` that stand before it: streams have them at
/// different places.
std::string_view without_comments(std::string_view block) {
  while (block.starts_with(':') || block.starts_with("retry: ")) {
    block.remove_prefix(block.find('\n') + 1);
  }
  return block;
}

}  // namespace

void CheckedStream::take(std::string_view bytes, std::int64_t now_ns) {
  while (!bytes.empty()) {
    if (partial_.empty()) {
      bytes.remove_prefix(timeline_->match(place_, bytes, now_ns));
      if (bytes.empty()) return;
    }
    const auto end = end_of_block(partial_, bytes);
    if (end == std::string_view::npos) {
      partial_ += bytes;
      return;
    }
    if (partial_.empty()) {
      timeline_->take(place_, without_comments(bytes.substr(0, end)), now_ns);
    } else {
      partial_ += bytes.substr(0, end);
      timeline_->take(place_, without_comments(partial_), now_ns);
      partial_.clear();
    }
    bytes.remove_prefix(end);
  }
}

}  // namespace sse::bench
