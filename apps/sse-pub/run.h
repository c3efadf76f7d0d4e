#pragma once

#include "sse/base/clock.h"
#include "sse/base/logging.h"
#include "sse/client/publishing_client.h"

#include "options.h"

namespace sse::pub {

/// What is published before and after a command.
inline constexpr char kRunStarted[] = "run.started";
inline constexpr char kRunFinished[] = "run.finished";

/// The start of the data of both: `{"argv":["make","-k"]`.
std::string argv_member(const std::vector<std::string>& argv);

/// `run`: a command between two events, `run.started` and `run.finished`. The command has our
/// standard streams and the signals sent to us, and we end as it does; a hub that is down costs it
/// nothing but a warning. Returns its exit status, or ends the process by the signal that ended it.
int run_command(const Options& options, const client::PublishingClient::Options& settings,
                const Clock& clock);

}  // namespace sse::pub
