#pragma once

/// \file
/// What the command line leaves open is filled in from the environment, then from files.

#include <string>
#include <vector>

#include "sse/base/result.h"

#include "cli/config_file.h"
#include "cli/environment.h"
#include "cli/option.h"

namespace sse::cli {

class CommandLine;

/// The layers below the command line, noted in the records from the top: each leaves alone what one
/// above it has set, and what would contradict that (options that exclude one another).
/// Thread-compatible.
class Layers {
 public:
  /// `commands`: the program and, if there is one, the subcommand that is run.
  Layers(const CommandLine& line, std::vector<Command*> commands);

  /// A variable that Kubernetes has set is ignored with a line in `warnings`.
  void apply(const Environment& environment, std::vector<std::string>& warnings);

  /// The settings of one file. Error: kInvalid, naming file and line: a key that no option of the
  /// program has, or a value of a form that it does not take.
  Status apply(const std::vector<Setting>& settings);

 private:
  Status check_key(const Setting& setting) const;

  const CommandLine& line_;
  std::vector<Command*> commands_;
};

/// Whether a file may set it: the option's long name is a key then.
std::string key_of(const Option& option);

}  // namespace sse::cli
