#include "progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <string_view>

namespace sse::pub {
namespace {

constexpr std::chrono::milliseconds kRedraw{200};
constexpr std::size_t kDefaultWidth = 80;

std::size_t terminal_width() {
  winsize size{};
  const bool is_known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : kDefaultWidth;
}

void write_stderr(std::string_view text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

Progress::Progress(ShowProgress show, std::uint64_t size, const Clock& clock)
    : is_shown_(show == ShowProgress::kAlways ||
                (show == ShowProgress::kAuto && ::isatty(STDERR_FILENO) == 1)),
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
  if (is_drawn_) write_stderr("\r\x1b[K");
  is_drawn_ = false;
}

void Progress::finish(const Tally& tally, const Tally& at_start) {
  if (!is_shown_) return;
  draw(tally, at_start);
  write_stderr("\n");
  is_drawn_ = false;
}

void Progress::draw(const Tally& tally, const Tally& at_start) {
  const auto took = clock_.now().boot - started_;
  write_stderr("\r" + progress_text(tally, at_start, size_, took, terminal_width() - 1) + "\x1b[K");
  is_drawn_ = true;
}

}  // namespace sse::pub
