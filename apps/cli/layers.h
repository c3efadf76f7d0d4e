#pragma once

/// \file
/// What the command line leaves open is filled in from the environment, then from files.

#include <string>
#include <vector>

#include "sse/base/result.h"

#include "cli/config_file.h"
#include "cli/environment.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sse::cli {

class CommandLine;

/// Where the value of an option comes from.
struct Origin {
  enum class Source { kDefault, kFile, kEnvironment, kCommandLine };
  Source source = Source::kDefault;
  std::string name;  ///< the variable, or `FILE:LINE`
};

/// `default`, `command line`, `environment SSE_URL`, `/etc/sse/config.toml:3`.
std::string to_string(const Origin& origin);

/// The layers below the command line, applied from the top: each leaves alone what one above it has
/// set, and what would contradict that (options that exclude one another). Thread-compatible.
class Layers {
 public:
  /// `apps`: the program and, if there is one, the subcommand that is run.
  Layers(CommandLine& line, std::vector<CLI::App*> apps);

  /// What the words gave. First.
  void note_command_line();

  /// A variable that Kubernetes has set is ignored with a line in `warnings`. Error: kInvalid,
  /// naming the variable.
  Status apply(const Environment& environment, std::vector<std::string>& warnings);

  /// The settings of one file. Error: kInvalid, naming file and line: a key that no option of the
  /// program has, or a value that is wrong.
  Status apply(const std::vector<Setting>& settings);

 private:
  Status check_key(const Setting& setting) const;
  Status set(CLI::Option& option, const std::vector<std::string>& values, const Origin& origin);
  bool is_open(const CLI::Option& option) const;

  CommandLine& line_;
  std::vector<CLI::App*> apps_;
};

/// Whether a file may set it: the option's long name is a key then.
std::string key_of(const CommandLine& line, const CLI::Option& option);

}  // namespace sse::cli
