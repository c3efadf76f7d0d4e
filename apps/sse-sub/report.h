#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/client/event_source.h"

#include "watch.h"

namespace sse::sub {

enum class StatusFormat { kNone, kText, kJson };

struct ReportOptions {
  StatusFormat status = StatusFormat::kNone;
  bool has_stats = false;
  std::optional<std::chrono::nanoseconds> stats_every;  ///< and at the end in any case
};

/// What `--status` and `--stats` say on stderr, a line each, at its time. A stderr that is
/// not read stops nothing: lines are dropped. Thread-compatible.
class Report {
 public:
  Report(const ReportOptions& options, Watch& watch, const Clock& clock);

  void on_request(const client::StreamRequest& request);
  void on_open(const client::ResponseHead& head);
  void on_gap(const client::Gap& gap);
  void on_closing(std::string_view reason);
  void on_retry(const client::Ending& why, std::chrono::nanoseconds wait);

  /// A line of counts, whether --stats was given or not.
  void write_stats() const;

  /// The last lines. `signal` is 0, or what the program dies by.
  void on_end(int code, int signal);

  void take(std::size_t bytes) { ++taken_, bytes_ += bytes; }
  void leave_out() { ++left_out_; }

 private:
  class Line;

  void call_stats();

  const ReportOptions options_;
  Watch& watch_;
  const Clock& clock_;
  const BootTime start_;
  std::uint64_t taken_ = 0;
  std::uint64_t left_out_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t connections_ = 0;
};

}  // namespace sse::sub
