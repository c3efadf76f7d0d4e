#pragma once

/// \file
/// What sse-load does, a function for each command. They return an exit code: kDone only when
/// everything that was published arrived everywhere, once and in order.

#include "cli/exit_code.h"
#include "options.h"
#include "report.h"
#include "server_process.h"
#include "stream_set.h"

namespace sse::bench {

cli::ExitCode run_idle(const Options& options, Report& report);
cli::ExitCode run_half(const Options& options, Report& report);
/// Publishes to streams: fan-out, saturate, mixed (`probing`), publish.
cli::ExitCode run_fan_out(const Options& options, bool probing, Report& report);
cli::ExitCode run_storm(const Options& options, Report& report);

// What they have in common.

/// Opens the streams, and reports how fast that was, and what they cost the server and this
/// program.
Status open_streams(const Options& options, StreamSet& streams, bool resuming, Report& report);
std::optional<ServerUse> use_of(const Options& options);
void report_faults(const Seen& seen, Report& report);
/// Writes it to stderr.
cli::ExitCode refuse(const Error& error);

double seconds_since(std::int64_t begin_ns);

/// Tells when nothing has changed for too long. Thread-compatible.
class Patience {
 public:
  explicit Patience(std::chrono::nanoseconds patience) : patience_(patience) {}

  /// `progress`: something that grows as long as all is well.
  bool is_over(std::uint64_t progress) {
    if (progress != progress_ || since_ns_ == 0) since_ns_ = steady_ns();
    progress_ = progress;
    return steady_ns() - since_ns_ > patience_.count();
  }

 private:
  const std::chrono::nanoseconds patience_;
  std::uint64_t progress_ = 0;
  std::int64_t since_ns_ = 0;
};

}  // namespace sse::bench
