#pragma once

#include <cstddef>
#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sse::cli {

class CommandLine;

/// The heading of --help and --version, the last in every help text.
inline constexpr const char* kAbout = "About";

/// What --help prints, in lines of at most `width` where words allow: usage, grouped options,
/// examples. `sub` is the subcommand asked about, or null for the program.
std::string help_text(const CommandLine& line, const CLI::App* sub, std::size_t width);

/// What an option is for, and its default.
std::string described(const CommandLine& line, const CLI::Option& option);

/// `usage: sse-pub reading [OPTIONS] [METRIC] [VALUE]`.
std::string usage_line(const CommandLine& line, const CLI::App* sub);

}  // namespace sse::cli
