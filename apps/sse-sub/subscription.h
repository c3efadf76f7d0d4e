#pragma once

#include <string>
#include <variant>

#include "sse/client/endpoint.h"
#include "sse/client/event_source.h"
#include "sse/client/transport.h"

#include "cli/exit_code.h"
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

/// The same as the server wants it: metric names are looked up. With --wait-server it waits for
/// server and metric. An interrupted watch gives kDone.
std::variant<client::Endpoint, Failure> stream_url(const Options& options,
                                                   client::Transport& transport, Watch& watch,
                                                   const Clock& clock, RandomSource& random);

}  // namespace sse::sub
