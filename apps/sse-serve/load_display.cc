#include "load_display.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "sse/base/quantities.h"

namespace sse::serve {
namespace {

using std::chrono::seconds;

// What a second is enough for needs no more than the log's line.
constexpr seconds kEvery{1};

// For systemd's TimeoutStartSec=: much longer than any step between two updates.
constexpr std::string_view kWaitLonger = "EXTEND_TIMEOUT_USEC=60000000\n";

std::string text_of(const std::string& directory, const journal::LoadProgress& progress,
                    std::chrono::nanoseconds time) {
  const auto done = std::min(progress.done, progress.total);
  std::string text = "reading back " + directory + ": ";
  if (progress.total > 0) text += std::to_string(done * 100 / progress.total) + " %, ";
  return text + std::to_string(done) + " of " + std::to_string(progress.total) + " events, " +
         format_duration(std::chrono::floor<seconds>(time));
}

}  // namespace

LoadDisplay::LoadDisplay(std::string directory, int terminal, const ServiceManager& manager,
                         const Clock& clock)
    : directory_(std::move(directory)),
      line_(terminal),
      is_shown_(line_.is_terminal()),
      manager_(manager),
      clock_(clock) {
}

void LoadDisplay::begin() {
  begin_ = clock_.boot();
  next_ = begin_ + kEvery;
  manager_.notify("STATUS=reading back " + directory_);
}

void LoadDisplay::update(const journal::LoadProgress& progress) {
  const BootTime now = clock_.boot();
  if (now < next_) return;
  next_ = now + kEvery;
  const std::string text = text_of(directory_, progress, now - begin_);
  manager_.notify(std::string(kWaitLonger).append("STATUS=").append(text));
  if (is_shown_) line_.draw("sse-serve: history: " + text);
}

std::chrono::nanoseconds LoadDisplay::end() {
  line_.clear();
  return clock_.boot() - begin_;
}

}  // namespace sse::serve
