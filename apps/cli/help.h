#pragma once

#include <cstddef>
#include <string>

#include "cli/option.h"

namespace sse::cli {

class CommandLine;

/// The heading of --help and --version, the last in every help text.
inline constexpr const char* kAbout = "About";

/// What --help prints, in lines of at most `width` where words allow: usage, grouped options,
/// examples. `command` is the subcommand asked about, or null for the program.
std::string help_text(const CommandLine& line, const Command* command, std::size_t width);

/// What an option is for, and its default.
std::string described(const Option& option);

/// `usage: sse-pub reading [OPTIONS] [METRIC] [VALUE]`. `command`: as for help_text(), or the
/// program itself.
std::string usage_line(const Command& program, const Command* command);

}  // namespace sse::cli
