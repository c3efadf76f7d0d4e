#pragma once

#include <optional>
#include <string>

#include "sse/client/publishing_client.h"

#include "options.h"
#include "shell_script.h"

namespace sse::pub {

/// `--dry-run` of everything but lines: a script for sh that does with curl what the command would
/// do. `data`: of an event. Error: a text is not UTF-8.
client::Published<std::string> dry_run(const Options& options, const std::string& data,
                                       const ShellScript& script);

/// The part of a script that sets `variable` to the id of the metric called `name`; with `create`
/// it is made when it is not there.
Result<std::string> metric_script(const ShellScript& script, const std::string& variable,
                                  const std::string& name,
                                  const std::optional<std::string>& create);

}  // namespace sse::pub
