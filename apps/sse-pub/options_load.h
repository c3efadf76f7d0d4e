#pragma once

#include "cli/options.h"
#include "options.h"

namespace sse::pub {

void declare_load(cli::CommandLine& line, Options& options);

/// `--create`, of `load` and `reading`.
void declare_create(cli::OptionList& list, Options& options);

/// `--rejects` and `--summary`, of `load` and of lines.
void declare_settling(cli::OptionList& list, Options& options);

}  // namespace sse::pub
