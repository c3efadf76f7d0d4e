#pragma once

namespace sse::cli {
class CommandLine;
class OptionList;
}  // namespace sse::cli

namespace sse::pub {

struct Options;

void declare_load(cli::CommandLine& line, Options& options);

/// `--create`, of `load` and `reading`.
void declare_create(cli::OptionList& list, Options& options);

/// `--rejects` and `--summary`, of `load` and of lines.
void declare_settling(cli::OptionList& list, Options& options);

}  // namespace sse::pub
