#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sse/client/event_source.h"
#include "sse/hub/filter.h"

#include "cli/exit_code.h"
#include "command_runner.h"
#include "last_events.h"
#include "metric_names.h"
#include "options.h"
#include "output.h"
#include "place.h"
#include "printer.h"
#include "progress.h"
#include "relay.h"
#include "report.h"

namespace sse::sub {

/// What happens to each event: printed or given to the command, counted, and only then the place
/// moves on. Thread-compatible.
class Follow final : public client::EventSourceListener {
 public:
  /// Why it had enough.
  enum class Enough {
    kNot,
    kAll,  ///< that was asked for
    kGap,
    kNoHead,  ///< it is unknown where the replay ends
    kCommand,
    kRelay,
    kOutputClosed,
    kOutputFailed,
    kReadyFile,
    kOtherMetrics,  ///< the stream must be asked for again, with other metrics
    kAmbiguousMetric,
    kInterrupted
  };

  /// What it works with; all of it outlives it. `runner` and `relay` are null when events are
  /// printed.
  struct Parts {
    Output& output;
    Printer& printer;
    CommandRunner* runner;
    Relay* relay;
    Place& place;
    MetricNames& names;
    Progress& progress;
    Report& report;
    Watch& watch;
  };

  Follow(const Options& options, const Parts& parts)
      : options_(options),
        output_(parts.output),
        printer_(parts.printer),
        runner_(parts.runner),
        relay_(parts.relay),
        place_(parts.place),
        names_(parts.names),
        progress_(parts.progress),
        report_(parts.report),
        watch_(parts.watch),
        last_(options.last),
        until_(hub::Filter::make({}, {}, options.until_types).value()) {}

  void on_request(const client::StreamRequest& request) override;
  bool on_open(const client::ResponseHead& head) override;
  bool on_event(wire::ReceivedEvent& event) override;
  void on_id(std::string_view id) override;
  bool on_drained() override;
  bool on_gap(const client::Gap& gap) override;
  void on_closing(std::string_view reason) override;
  void on_retry(const client::Ending& why, std::chrono::nanoseconds wait) override;

  /// Writes what is still buffered and moves the place behind it.
  bool finish() { return flush(); }

  Enough enough() const { return enough_; }

  /// After kOtherMetrics: another connection goes on from here.
  void go_on() { enough_ = Enough::kNot; }

  /// The exit code that goes with kCommand and kRelay.
  cli::ExitCode command_exit() const { return command_exit_; }

  /// How many events no command could handle, and --on-exec-fail skip went over.
  std::uint64_t skipped() const { return skipped_; }

 private:
  bool take(const wire::ReceivedEvent& event, Replay replay);
  bool end(const wire::ReceivedEvent& event);
  std::string_view place_of(const wire::ReceivedEvent& event) const;
  bool is_last(const wire::ReceivedEvent& event) const;
  bool release_last();
  bool obey(MetricNames::Change change);
  bool handle(const wire::ReceivedEvent& event, Replay replay);
  bool run_command(const EventView& view);
  bool command_failed();
  bool relay(const wire::ReceivedEvent& event);
  bool begins_fresh() const;
  bool begins_now() const;
  bool announce();
  void pass(std::string_view id);
  bool flush();
  bool write();
  bool stop(Enough why);

  const Options& options_;
  Output& output_;
  Printer& printer_;
  CommandRunner* const runner_;
  Relay* const relay_;
  Place& place_;
  MetricNames& names_;
  Progress& progress_;
  Report& report_;
  Watch& watch_;
  LastEvents last_;
  const std::unique_ptr<const hub::Filter> until_;  // null: no type ends the stream
  std::string end_place_;                           // behind the event that does, once it has come

  bool is_ready_ = false;        // and has said so
  bool is_outage_told_ = false;  // since the last time it was connected
  std::string buffered_id_;      // of the last event in the output's buffer
  std::uint64_t buffered_events_ = 0;
  Enough enough_ = Enough::kNot;
  cli::ExitCode command_exit_ = cli::ExitCode::kDone;
  std::uint64_t skipped_ = 0;
};

}  // namespace sse::sub
