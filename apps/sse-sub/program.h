#pragma once

#include <optional>
#include <string>
#include <variant>

#include "sse/base/clock.h"
#include "sse/base/random.h"
#include "sse/client/event_source.h"
#include "sse/client/http_transport.h"

#include "cli/exit_code.h"
#include "cli/signals.h"
#include "command_runner.h"
#include "follow.h"
#include "options.h"
#include "output.h"
#include "place.h"
#include "printer.h"
#include "progress.h"
#include "relay.h"
#include "report.h"
#include "stats_signal.h"
#include "stdin_transport.h"
#include "watch.h"

namespace sse::sub {

/// How the process ends: with a status, or by a signal.
struct End {
  cli::ExitCode code = cli::ExitCode::kDone;
  int signal = 0;
};

/// The command line's wishes, carried out once.
class Program {
 public:
  Program(Options options, const cli::StopSignals& signals);

  End run();

 private:
  End follow_stream();
  Result<std::string> cursor_file() const;
  void warn_of_sibling(const std::string& path) const;
  std::optional<End> find_place(Follow& follow);
  void open_relay();
  MetricNames::List metric_list();
  std::optional<End> find_metrics();
  client::EventSourceOptions source_of() const;
  client::Ending run_source(client::EventSourceOptions& source, client::Transport& transport,
                            Follow& follow);
  bool sends_credential() const;
  std::string hint(cli::ExitCode code) const;
  void save_the_rest(Follow& follow);
  End end_of(const client::Ending& ending, const Follow& follow);
  End end_of_source(const client::Ending& ending);
  End interrupted();
  End what_is_missing(End end, const Follow& follow) const;

  Options options_;
  const cli::StopSignals& signals_;
  SystemClock clock_;
  SystemRandom random_;
  client::HttpTransport http_;
  StdinTransport stdin_;
  StatsSignal stats_signal_;
  Watch watch_;
  Output output_;
  Printer printer_;
  Place place_;
  MetricNames names_;
  Progress progress_;
  Report report_;
  std::optional<CommandRunner> runner_;
  std::optional<Relay> relay_;
};

}  // namespace sse::sub
