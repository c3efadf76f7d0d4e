#pragma once

/// \file
/// The last step of reading a command line: CLI11 takes the values that words, environment and
/// files gave. Its headers are seen by fill_targets.cc only.

#include <optional>
#include <string>

#include "cli/exit_code.h"
#include "cli/option.h"
#include "cli/words.h"

namespace sse::cli {

/// Why the values cannot be used.
struct Complaint {
  ExitCode exit;  ///< kConfig for a value of a file, else kUsage
  std::string text;
};

/// Hands the values in the records of `program` and its commands to their targets: the last of a
/// scalar, all of a list. Refuses a value that its target does not take, naming where it came from,
/// and words that exclude or need others; of a line that is run also what is required and missing.
std::optional<Complaint> fill_targets(const Command& program, const ReadLine& line);

}  // namespace sse::cli
