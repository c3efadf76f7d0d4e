#include "progress.h"

#include <unistd.h>

namespace sse::pub {
namespace {

constexpr std::chrono::milliseconds kRedraw{200};

}  // namespace

Progress::Progress(ShowProgress show, std::uint64_t size, const Clock& clock)
    : line_(STDERR_FILENO),
      is_shown_(show == ShowProgress::kAlways ||
                (show == ShowProgress::kAuto && line_.is_terminal())),
      size_(size),
      clock_(clock),
      started_(clock.now().boot) {
}

void Progress::update(const Tally& tally, const Tally& at_start) {
  if (!is_shown_ || clock_.now().boot < next_) return;
  draw(tally, at_start);
  next_ = clock_.now().boot + kRedraw;
}

void Progress::clear() {
  line_.clear();
}

void Progress::finish(const Tally& tally, const Tally& at_start) {
  if (!is_shown_) return;
  draw(tally, at_start);
  line_.leave();
}

void Progress::draw(const Tally& tally, const Tally& at_start) {
  const auto took = clock_.now().boot - started_;
  line_.draw(progress_text(tally, at_start, size_, took, line_.room()));
}

}  // namespace sse::pub
