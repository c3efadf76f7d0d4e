#pragma once

/// \file
/// Options and commands as records: what was declared, and what was given. --help, manual pages,
/// completion, the words of a line, files and --show-config all read these.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/result.h"

namespace sse::cli {

/// Where the value of an option comes from.
struct Origin {
  enum class Source { kDefault, kFile, kEnvironment, kCommandLine };
  Source source = Source::kDefault;
  std::string name;  ///< the variable, or `FILE:LINE`
};

/// `default`, `command line`, `environment SSE_URL`, `/etc/sse/config.toml:3`.
std::string to_string(const Origin& origin);

/// One option. A flag's value is `true` or `false`.
struct Option {
  enum class Takes {
    kNothing,
    kValue,
    kValueByEquals  ///< only as `--name=value`; without one its value is empty
  };

  // As it was declared.
  std::vector<std::string> letters;  ///< `W` of `-W`
  std::vector<std::string> names;    ///< `timeout` of `--timeout`; the first is its key
  bool is_positional = false;        ///< may be given, or is only given, by its position
  Takes takes = Takes::kValue;
  std::string group;  ///< its heading in --help
  std::string help;
  std::string placeholder;              ///< `DURATION`
  std::string variable;                 ///< the environment variable that stands in for it
  std::string secret_variable;          ///< a variable that wins over it with a value of its own
  bool required = false;                ///< must come from somewhere
  bool negatable = false;               ///< has a `--no-name`
  bool repeatable = false;              ///< every occurrence counts, not the last
  bool secret = false;                  ///< --show-config masks it
  bool own = false;                     ///< about the command line itself: no key of a file
  std::string standard;                 ///< the value when nothing sets it, as it would be given
  std::vector<std::string> words;       ///< the values there are, of a choice
  std::vector<std::string> only_for;    ///< the commands whose --help shows it; empty: all
  std::vector<const Option*> excluded;  ///< cannot be given together with it
  const Option* needed = nullptr;       ///< without it, giving this one would do nothing
  /// Values into the target; of a scalar the last.
  std::function<Status(const std::vector<std::string>&)> read;
  std::function<std::string()> present;  ///< the target's value as text, if it has one

  // What it was given.
  std::vector<std::string> values;
  Origin origin;

  bool is_given() const { return !values.empty(); }
  bool is_named() const { return !letters.empty() || !names.empty(); }
  bool is_switch() const { return takes == Takes::kNothing; }
  /// Whether `word` is `-W`, `--timeout`, or `--no-timeout` of an option that has it.
  bool is_called(std::string_view word) const;
  bool is_opposite(std::string_view word) const;
  /// `--timeout`; `METRIC` without a name.
  std::string shown_name() const;
  /// All long names, opposites included, with their dashes.
  std::vector<std::string> long_names() const;
};

/// A program, or one of its commands.
struct Command {
  std::string name;
  std::string summary;
  std::string examples;
  /// What `-- COMMAND` is called; empty where `--` only ends options.
  std::string runs;
  bool may_go_alone = false;          ///< a program that also runs without one of its commands
  bool runs_from_first_word = false;  ///< the first positional begins it, also without `--`
  std::string stray_hint;             ///< what to do instead of an argument that is too many
  std::vector<std::unique_ptr<Option>> options;    ///< in order of declaration
  std::vector<std::unique_ptr<Command>> commands;  ///< of a program

  /// Null: there is none.
  Option* find_option(std::string_view word) const;
  Command* find_command(std::string_view word) const;
  /// The headings of its options, each once, in order of declaration.
  std::vector<std::string> groups() const;
};

}  // namespace sse::cli
