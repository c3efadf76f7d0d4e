#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse/client/event_source.h"
#include "sse/wire/event_id.h"

#include "cli/exit_code.h"
#include "command_runner.h"
#include "options.h"
#include "output.h"
#include "place.h"
#include "printer.h"

namespace sse::sub {

/// What happens to each event: printed or given to the command, counted, and only then the place
/// moves on. Thread-compatible.
class Follow final : public client::EventSourceListener {
 public:
  /// Why it had enough.
  enum class Enough {
    kNot,
    kCounted,
    kGap,
    kCommand,
    kOutputClosed,
    kOutputFailed,
    kReadyFile,
    kInterrupted
  };

  /// `runner` is null when events are printed.
  Follow(const Options& options, Output& output, Printer& printer, CommandRunner* runner,
         Place& place, Watch& watch)
      : options_(options),
        output_(output),
        printer_(printer),
        runner_(runner),
        place_(place),
        watch_(watch) {}

  void on_request(const client::StreamRequest& request) override;
  bool on_open(const client::ResponseHead& head) override;
  bool on_event(wire::ReceivedEvent& event) override;
  void on_id(std::string_view id) override;
  bool on_drained() override;
  bool on_gap(const client::Gap& gap) override;
  void on_closing(std::string_view reason) override;
  void on_retry(const client::Ending& why, std::chrono::nanoseconds wait) override;

  /// Writes what is still buffered and moves the place behind it.
  bool finish() { return on_drained(); }

  Enough enough() const { return enough_; }

  /// The exit code that goes with kCommand.
  cli::ExitCode command_exit() const { return command_exit_; }

 private:
  bool handle(const wire::ReceivedEvent& event);
  bool run_command(const wire::ReceivedEvent& event, Replay replay);
  bool flush();
  Replay replay_of(std::string_view id);
  bool stop(Enough why);

  const Options& options_;
  Output& output_;
  Printer& printer_;
  CommandRunner* const runner_;
  Place& place_;
  Watch& watch_;

  bool is_ready_ = false;                   // the ready file is written
  std::optional<wire::EventId> replay_to_;  // until an event beyond it was seen
  bool is_outage_told_ = false;             // since the last time it was connected
  std::uint64_t handled_ = 0;               // events, for --count
  std::string buffered_id_;                 // of the last event in the output's buffer
  std::uint64_t buffered_events_ = 0;
  Enough enough_ = Enough::kNot;
  cli::ExitCode command_exit_ = cli::ExitCode::kDone;
};

}  // namespace sse::sub
