#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/client/backoff.h"
#include "sse/wire/event.h"

#include "cli/child.h"
#include "event_view.h"
#include "printer.h"
#include "watch.h"

namespace sse::sub {

enum class ExecFailure { kStop, kSkip, kRetry };

/// What runs for each event, and what becomes of its failures.
struct ExecOptions {
  std::vector<std::string> argv;  ///< empty: nothing runs
  unsigned retries = 3;           ///< of one event, before `on_failure` says what then
  ExecFailure on_failure = ExecFailure::kStop;  ///< kRetry: there is no end of retries
  std::optional<std::chrono::nanoseconds> timeout;
  Format input = Format::kData;  ///< what is on its stdin
};

/// Runs a command for each event, one at a time: the data and a line end on its stdin (or another
/// form of the event), all of it in SSE_EVENT_* variables. Thread-compatible.
class CommandRunner {
 public:
  enum class Outcome {
    kDone,         ///< exit status 0
    kFailed,       ///< not even after the retries; failure() says how
    kCannotRun,    ///< there is no such program, or it may not be run
    kInterrupted,  ///< the watch is over, and the command has not succeeded
    kOutputClosed  ///< it died because nothing reads our stdout any more
  };

  CommandRunner(ExecOptions options, Watch& watch, const Clock& clock, RandomSource& random,
                const client::Backoff::Limits& pauses);

  Outcome run(const EventView& view);

  const std::string& failure() const { return failure_; }
  cli::ExitCode start_failure() const { return start_failure_; }

 private:
  using Moment = std::optional<BootTime>;

  Outcome run_once(const EventView& view, const std::vector<std::string>& variables);
  client::Waiter::Woke feed(cli::Child& child, std::string_view data, Moment deadline);
  Outcome end_late(cli::Child& child);
  std::string name() const;

  const ExecOptions options_;
  Watch& watch_;
  const Clock& clock_;
  RandomSource& random_;
  const client::Backoff::Limits pauses_;
  Printer printer_;
  std::string input_;
  std::string failure_;
  cli::ExitCode start_failure_ = cli::ExitCode::kDone;
};

}  // namespace sse::sub
