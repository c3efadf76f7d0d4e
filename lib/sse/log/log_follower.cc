#include "sse/log/log_follower.h"

#include <string>
#include <utility>

#include "sse/base/logging.h"

namespace sse::log {

LogFollower::LogFollower(EventLog& log, std::function<void()> wake)
    : log_(log), wake_(std::move(wake)) {
}

void LogFollower::load(const Origin& origin, std::span<const KeptRow> rows) {
  show_after(rows, [&] { log_.begin(origin); });
}

void LogFollower::add(std::span<const Entry> entries, BootTime now) {
  const auto show = [&] { log_.add(entries, now); };
  if (projection_ == nullptr) return show();
  projection_->apply(entries, show);
}

void LogFollower::restart(const Origin& origin, std::span<const KeptRow> rows,
                          std::string_view why) {
  if (!why.empty()) {
    log_line(LogLevel::kWarning,
             "the log goes on after " + wire::to_string(origin.head) +
                 ", and what came after it no longer holds: " + std::string(why));
  }
  show_after(rows, [&] { log_.restart(origin); });
}

void LogFollower::show_after(std::span<const KeptRow> rows, FunctionRef<void()> show) {
  if (projection_ == nullptr) return show();
  projection_->replace(rows, show);
}

}  // namespace sse::log
