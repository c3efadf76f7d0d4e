#pragma once

#include <functional>
#include <optional>

#include "sse/base/clock.h"
#include "sse/client/waiter.h"

#include "cli/signals.h"

namespace sse::sub {

/// Every wait of the program, and all that can end it: INT and TERM, `-W`, a reader of stdout that
/// has gone. Also runs one task at its time, so that a quiet stream still saves its cursor.
/// Thread-compatible.
class Watch final : public client::Waiter {
 public:
  enum class Cause { kNone, kSignal, kTimeout, kOutputClosed };

  /// What ends a wait.
  enum class Heed {
    kAll,
    kTimeout,  ///< only `-W`: what has begun is finished first
  };

  Watch(const Clock& clock, const cli::StopSignals& signals);

  void set_deadline(BootTime deadline) { deadline_ = deadline; }
  bool has_deadline() const { return deadline_.has_value(); }
  void watch_output(int fd) { output_ = fd; }

  Woke wait(int fd, std::optional<BootTime> deadline) override;

  /// The same for any of poll()'s events.
  Woke wait_for(int fd, short events, std::optional<BootTime> deadline, Heed heed);

  /// Whether somebody wants an end, without waiting.
  bool is_over();

  bool has_signal() const { return signals_.received() != 0; }

  /// Why a wait was interrupted.
  Cause cause() const { return cause_; }

  /// Runs `task` in a wait at `time`; replaces the one before.
  void call_at(BootTime time, std::function<void()> task);
  void call_off() { task_ = nullptr; }

 private:
  bool notice(Heed heed, short output_events);

  const Clock& clock_;
  const cli::StopSignals& signals_;
  std::optional<BootTime> deadline_;
  int output_ = -1;
  Cause cause_ = Cause::kNone;
  BootTime task_time_{};
  std::function<void()> task_;
};

}  // namespace sse::sub
