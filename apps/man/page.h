#pragma once

#include <string>

#include "sse/base/result.h"

#include "man/option_trees.h"

namespace sse::man {

/// Fills in the template of a manual page, which is mdoc(7) with lines of the form `@WHAT
/// PROGRAM@`:
/// `@SUMMARY@` (what --help says first), `@OPTIONS@` (with subcommands, if there are any),
/// `@ENVIRONMENT@` (variables that stand in for options), `@EXAMPLES@`, `@KEYS@` (of its section in
/// a configuration file), `@SHARED KEYS@` and `@EXIT STATUS@`, the last two without a program.
/// Error: kInvalid for a line of that form that is none of these.
Result<std::string> fill_page(const std::string& page, OptionTrees& trees);

}  // namespace sse::man
