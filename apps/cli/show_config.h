#pragma once

#include <string>
#include <vector>

#include "cli/environment.h"
#include "cli/option.h"

namespace sse::cli {

class CommandLine;

/// What --show-config prints: every value that is in force and where it came from, one a line, in
/// the form of a configuration file. Secrets are masked.
std::string show_config(const CommandLine& line, const std::vector<Command*>& commands,
                        const Environment& environment);

}  // namespace sse::cli
