#pragma once

/// \file
/// The options of one program, and how its words, the environment and configuration files become
/// values. docs/command-line.md has the rules.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sse/base/logging.h"
#include "sse/base/result.h"

#include "cli/environment.h"
#include "cli/exit_code.h"
#include "cli/layers.h"
#include "cli/option.h"
#include "cli/option_list.h"

namespace sse::cli {

struct ReadLine;

/// Everything that one program accepts, and how its arguments are read. What is about the command
/// line itself is declared here: `--help`, `--version`, `--config`, `--no-config`, `--show-config`.
/// Thread-compatible.
class CommandLine {
 public:
  CommandLine(std::string program, std::string summary);
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  OptionList options() { return OptionList(program_); }

  /// A subcommand; it takes the program's own options as well.
  OptionList command(const std::string& name, const std::string& summary);

  /// Without a command the program does what it is for; `--` begins a command to run only then.
  void may_go_alone() { program_.may_go_alone = true; }

  /// Lines under "Examples:" at the end of --help; of the program or of one subcommand.
  void examples(const std::string& lines, const std::string& command = {});

  /// Words after a bare `--` are a command to run, not positionals; of the program or of one
  /// subcommand.
  void takes_command(const std::string& placeholder, const std::string& command = {});

  /// The same of a subcommand without positionals, also without the `--`: `sse-pub run make -k`.
  void is_wrapper(const std::string& placeholder, const std::string& command);

  /// What to say of an argument too many, after `; `.
  void stray_hint(const std::string& text, const std::string& command);

  /// Called once all layers are applied, also for --show-config: checks values that depend on each
  /// other, and fits defaults to them.
  void settle(std::function<Status()> check) { settle_ = std::move(check); }

  /// Gives each long option without a variable the name `prefix` + `MAX_CLIENTS`.
  void variable_prefix(std::string prefix) { variable_prefix_ = std::move(prefix); }

  struct Outcome {
    std::optional<ExitCode> exit;  ///< done already: help, version, kUsage or kConfig
    std::string out;               ///< for stdout
    std::vector<std::string>
        complaints;  ///< for stderr, a line each; with an error the last says why
    std::string subcommand;
    std::vector<std::string> command;  ///< what followed `--`
  };

  /// Reads the words after the program's name into the targets.
  Outcome parse(const std::vector<std::string>& words, const Environment& environment);

  /// The same for main(): complaints and text are written, as `program: ...`.
  Outcome parse(int argc, const char* const* argv);

  /// Writes `program: error: text` to stderr, as --log-format says: for what a command finds wrong
  /// with its options itself. Before its LogSession.
  ExitCode usage_error(const std::string& text) const;
  /// The same for what an option names: kNoInput when a file cannot be read, else kUsage.
  ExitCode refuse(const Error& error) const;

  /// Candidates for the last of `words` (which may be empty) behind the others, `TEXT TAB
  /// DESCRIPTION` a line; or the one line `TAB files`, `TAB commands`, when the shell knows best.
  /// Never complains. May leave a thread behind: see live_metrics().
  std::string complete(const std::vector<std::string>& words, const Environment& environment);

  // For --help and for what is generated from the declarations.
  const Command& program() const { return program_; }
  std::string variable_of(const Option& option) const;

  /// Where the value of an option came from, by its long name (without dashes): of the subcommand
  /// that was given, else of the program; the default when neither has it. After parse().
  Origin origin_of(const std::string& long_name) const;
  /// Whether the command line, the environment or a file has set it.
  bool is_given(const std::string& long_name) const {
    return origin_of(long_name).source != Origin::Source::kDefault;
  }
  /// What the program's part of a configuration file is called: `sub` for sse-sub.
  std::string section() const;

 private:
  friend class Completer;  // reads the line as far as it goes

  void declare_own();
  Command& command_named(const std::string& name);
  std::vector<Command*> chosen();
  void forget();
  void note(const ReadLine& line);
  void read_what_can_be(const ReadLine& line, const Environment& environment);
  Status read_files(Layers& layers, const Environment& environment) const;
  std::vector<std::string> help_as_option(const std::vector<std::string>& words) const;
  Status read(const std::vector<std::string>& words, const Environment& environment,
              Outcome& outcome);
  void say(LogLevel level, const std::string& text) const;

  Command program_;
  Command* chosen_ = nullptr;  // the subcommand, or the program
  std::string config_;         // --config
  std::string variable_prefix_;
  std::function<Status()> settle_;
};

}  // namespace sse::cli
