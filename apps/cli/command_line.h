#pragma once

/// \file
/// The options of one program, and how its words, the environment and configuration files become
/// values. docs/command-line.md has the rules.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sse/base/result.h"

#include "cli/environment.h"
#include "cli/exit_code.h"
#include "cli/layers.h"
#include "cli/option_list.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sse::cli {

/// Everything that one program accepts, and how its arguments are read. What is about the command
/// line itself is declared here: `--help`, `--version`, `--config`, `--no-config`, `--show-config`.
/// Thread-compatible.
class CommandLine {
 public:
  CommandLine(std::string program, std::string summary);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  OptionList options() { return {*this, app_.get()}; }

  /// A subcommand; it takes the program's own options as well.
  OptionList command(const std::string& name, const std::string& summary);

  /// Lines under "Examples:" at the end of --help; of the program or of one subcommand.
  void examples(const std::string& lines, const std::string& command = {});

  /// Words after a bare `--` are a command to run, not positionals; of the program or of one
  /// subcommand.
  void takes_command(const std::string& placeholder, const std::string& command = {});

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

  /// Writes `program: text` to stderr: for what a command finds wrong with its options itself.
  ExitCode usage_error(const std::string& text) const;
  /// The same for what an option names: kNoInput when a file cannot be read, else kUsage.
  ExitCode refuse(const Error& error) const;

  /// Candidates for the last of `words` (which may be empty) behind the others, `TEXT TAB
  /// DESCRIPTION` a line; or the one line `TAB files`, `TAB commands`, when the shell knows best.
  /// Never complains. May leave a thread behind: see live_metrics().
  std::string complete(const std::vector<std::string>& words, const Environment& environment);

  /// The option of `app`, or of the program, with that name (`--url`, `-u`). Null: none.
  const CLI::Option* find_option(const CLI::App& app, const std::string& name) const;

  // For --help and for what is generated from the tree.
  const CLI::App& tree() const { return *app_; }
  const OptionNotes& notes(const CLI::Option* option) const { return notes_.at(option); }
  std::string variable_of(const CLI::Option* option) const;
  /// Of the subcommand, else of the program; empty where `--` only ends options. `sub`: as for
  /// help_text().
  std::string command_placeholder(const CLI::App* sub = nullptr) const;
  /// Whether it is about the command line itself, and no setting of the program.
  bool is_own(const CLI::Option* option) const { return notes(option).own; }

  /// Where the value of an option came from. After parse(). By its long name (without dashes): of
  /// the subcommand that was given, else of the program; the default when neither has it.
  Origin origin_of(const CLI::Option* option) const;
  Origin origin_of(const std::string& long_name) const;
  /// Whether the command line, the environment or a file has set it.
  bool is_given(const std::string& long_name) const {
    return origin_of(long_name).source != Origin::Source::kDefault;
  }
  /// What the program's part of a configuration file is called: `sub` for sse-sub.
  std::string section() const;
  std::string program() const;

 private:
  friend class OptionList;
  friend class Layers;

  class Completer;

  void declare_own();
  void read_what_can_be(const std::vector<std::string>& words, const Environment& environment);
  Status read_files(Layers& layers, const Environment& environment) const;
  Status check_required(const CLI::App& app) const;
  std::vector<std::string> help_as_option(const std::vector<std::string>& words) const;
  Status read(const std::vector<std::string>& words, const Environment& environment,
              Outcome& outcome);

  const std::unique_ptr<CLI::App> app_;  // CLI11 costs a file that sees it 2 to 5 s of compiling
  std::map<const CLI::Option*, OptionNotes> notes_;
  std::map<const CLI::Option*, Origin> origins_;
  std::string config_;      // --config
  bool no_config_ = false;  // --no-config
  std::map<const CLI::App*, std::string> command_placeholders_;
  std::string variable_prefix_;
};

}  // namespace sse::cli
