#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sse::cli {

class CommandLine;

/// What --show-config prints: every effective value and where it came from, one a line, in the form
/// of a configuration file. Secrets are masked.
std::string show_config(const CommandLine& line, const std::vector<CLI::App*>& apps);

}  // namespace sse::cli
