#pragma once

#include <array>
#include <functional>
#include <optional>
#include <utility>

#include "sse/base/clock.h"
#include "sse/client/waiter.h"

#include "cli/signals.h"

namespace sse::sub {

/// Every wait of the program, and all that can end it: INT and TERM, `-W`, a reader of stdout that
/// has gone, the times of the options that stop. Also runs tasks at their time, so that a quiet
/// stream still saves its cursor. Thread-compatible.
class Watch final : public client::Waiter {
 public:
  /// Why there is an end. The times of those from kDuration on are set with end_at().
  enum class Cause {
    kNone,
    kSignal,
    kTimeout,
    kOutputClosed,
    kDuration,  ///< at its time; the others only while there is nothing to read
    kIdle,
    kOverdue,  ///< an event was expected by now
    kUntil,
  };

  /// What ends a wait.
  enum class Heed {
    kAll,
    kTimeout,  ///< only `-W`: what has begun is finished first
  };

  enum class Task { kSave, kStats };

  Watch(const Clock& clock, const cli::StopSignals& signals);

  void set_deadline(BootTime deadline) { deadline_ = deadline; }
  bool has_deadline() const { return deadline_.has_value(); }
  void watch_output(int fd) { output_ = fd; }

  /// Runs `run` in every wait in which `fd` is readable; it must take what makes it so.
  void watch_also(int fd, std::function<void()> run) {
    also_ = fd;
    run_also_ = std::move(run);
  }

  /// Ends at `time` (nullopt: not) because of `cause`; replaces the time before.
  void end_at(Cause cause, std::optional<BootTime> time) { end_of(cause) = time; }

  Woke wait(int fd, std::optional<BootTime> deadline) override;

  /// The same for any of poll()'s events.
  Woke wait_for(int fd, short events, std::optional<BootTime> deadline, Heed heed);

  /// Whether an end is wanted, without waiting.
  bool is_over();

  bool has_signal() const { return signals_.received() != 0; }

  /// Why a wait was interrupted.
  Cause cause() const { return cause_; }

  /// Runs `run` in a wait at `time`; replaces the same task before.
  void call_at(Task task, BootTime time, std::function<void()> run);

 private:
  struct Call {
    BootTime time{};
    std::function<void()> run;
  };
  static constexpr std::size_t kCauses = static_cast<std::size_t>(Cause::kUntil) + 1;
  static constexpr std::size_t kTasks = static_cast<std::size_t>(Task::kStats) + 1;

  std::optional<BootTime>& end_of(Cause cause) { return ends_[static_cast<std::size_t>(cause)]; }
  std::optional<BootTime> next_time(std::optional<BootTime> deadline, Heed heed) const;
  void run_tasks(BootTime now);
  bool notice(Heed heed, short output_events);
  bool is_due(Cause cause, BootTime now);

  const Clock& clock_;
  const cli::StopSignals& signals_;
  std::optional<BootTime> deadline_;
  std::array<std::optional<BootTime>, kCauses> ends_;
  int output_ = -1;
  int also_ = -1;
  std::function<void()> run_also_;
  Cause cause_ = Cause::kNone;
  std::array<Call, kTasks> calls_;
};

}  // namespace sse::sub
