#pragma once

#include <string>

#include "sse/base/random.h"
#include "sse/client/publishing_client.h"

#include "cli/exit_code.h"
#include "cli/signals.h"
#include "options.h"
#include "shell_script.h"

namespace sse::pub {

/// What a running command needs; all of it outlives the command.
struct Session {
  const Options& options;
  client::PublishingClient& client;
  const cli::StopSignals& signals;
  const Clock& clock;
};

/// `reading`, `metric` and `event` for one of them.
cli::ExitCode publish_one(const Session& session);

/// `--dry-run` of every command but lines: prints what it would do.
cli::ExitCode print_dry_run(const Options& options, const ShellScript& script);

/// The exit code that goes with a failure, which this writes to stderr.
cli::ExitCode report(const client::PublishError& error);

/// Writes to stdout at once. False when stdout is broken, which this writes to stderr.
bool print(const std::string& text);

}  // namespace sse::pub
