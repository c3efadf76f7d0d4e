#pragma once

/// \file
/// The grammar of a command line: one walk reads the words of a line that is run, and of one that
/// is being typed.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "sse/base/result.h"

#include "cli/option.h"

namespace sse::cli {

/// What the words of a line say.
struct ReadLine {
  enum class Ask { kRun, kHelp, kVersion, kConfig };
  Ask ask = Ask::kRun;
  Command* command = nullptr;  ///< the program or the subcommand
  std::vector<std::pair<Option*, std::string>> given;
  std::vector<std::string> positionals;
  std::vector<std::string> run;  ///< the command that the program is to run

  // Of a line that is still being typed.
  const Option* awaiting = nullptr;  ///< an option whose value is the next word
  bool options_ended = false;
  bool in_command = false;  ///< in the words of the command to run

  /// The option that positional number `index` belongs to; those given by name have none. Null:
  /// there is no such option.
  Option* positional(std::size_t index) const;
};

/// Walks `words` along the options of `program`. Error: kInvalid: an unknown option or command with
/// its nearest neighbour, a missing value, a value where none is taken, an argument too many.
Result<ReadLine> read_line(Command& program, const std::vector<std::string>& words);

/// The same walk over the words before the cursor: leaves out what is wrong or missing.
ReadLine read_open_line(Command& program, const std::vector<std::string>& words);

/// The option with that name (`--url`, `-u`) of `command`, or of the program. Null: none.
Option* find_option(const Command& program, const Command& command, std::string_view word);

/// The candidate that `word` was most likely meant to be; empty when none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace sse::cli
