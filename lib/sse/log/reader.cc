#include "sse/log/reader.h"

namespace sse::log {

// One that is over gives its memory back, and its stream is like any other from then on.
std::uint64_t Reader::consume_conflated(const NextWrite& write, std::size_t bytes) {
  const std::uint64_t completed = conflated().consume(write, bytes);
  if (!conflated().is_over()) return completed;
  const auto over = std::move(*std::get_if<Conflated>(&kind_));
  if (auto selector = over->take_selector()) {
    kind_ =
        std::make_unique<FilteredReader>(std::move(selector), over->cursor(), over->announced());
  } else {
    kind_ = WholeReader(over->cursor());
  }
  return completed;
}

}  // namespace sse::log
