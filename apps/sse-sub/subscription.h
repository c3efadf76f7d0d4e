#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sse/client/endpoint.h"
#include "sse/client/event_source.h"
#include "sse/client/hub_json.h"
#include "sse/client/transport.h"

#include "cli/exit_code.h"
#include "metric_names.h"
#include "options.h"
#include "watch.h"

namespace sse::sub {

/// Why the program ends, when it cannot go on.
struct Failure {
  cli::ExitCode code = cli::ExitCode::kDone;
  std::string text;
};

/// Which exit code belongs to the end of a connection.
Failure failure_of(const client::Ending& ending);

/// The stream's URL with its filters as they were written, metric names included: what the cursor
/// is named after. Error: kInvalid.
Result<client::Endpoint> subscription_of(const Options& options);

/// All metrics of the hub.
Result<std::vector<client::KnownMetric>> list_metrics(const Options& options,
                                                      client::Transport& transport, Watch& watch,
                                                      const Clock& clock);

/// Finds the metrics that -m names. With --wait-server it waits for server and metrics. An
/// interrupted watch gives kDone.
std::optional<Failure> find_metrics(const Options& options, client::Transport& transport,
                                    Watch& watch, const Clock& clock, RandomSource& random,
                                    MetricNames& names);

/// The stream's URL as the server wants it, with the ids that `names` has now. Error: kInvalid.
Result<client::Endpoint> stream_url(const Options& options, MetricNames& names);

}  // namespace sse::sub
