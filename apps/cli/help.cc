#include "cli/help.h"

#include <algorithm>
#include <vector>

#include "cli/command_line.h"

namespace sse::cli {
namespace {

constexpr std::size_t kHelpColumn = 30;

/// `-W, --timeout DURATION`.
std::string spelling(const Option& option) {
  std::string names;
  for (const auto& letter : option.letters) names += (names.empty() ? "-" : ", -") + letter;
  for (const auto& name : option.names) {
    names +=
        (names.empty() ? "    --" : ", --") + std::string(option.negatable ? "[no-]" : "") + name;
  }
  if (option.is_switch()) return names;
  if (option.takes == Option::Takes::kValueByEquals) return names + "[=" + option.placeholder + "]";
  return names + " " + option.placeholder + (option.repeatable ? " ..." : "");
}

/// `text` from the help column on, in lines that fit.
std::string filled(const std::string& text, std::size_t column, std::size_t width) {
  std::string out;
  std::size_t at = column;
  for (std::size_t start = 0; start < text.size();) {
    const auto blank = std::min(text.find(' ', start), text.size());
    const std::string word = text.substr(start, blank - start);
    if (at > column && at + 1 + word.size() > width) {
      out += "\n" + std::string(column, ' ');
      at = column;
    }
    if (at > column) out += ' ';
    out += word;
    at += word.size() + 1;
    start = blank + 1;
  }
  return out;
}

std::string row(const std::string& left, const std::string& right, std::size_t width) {
  std::string out = "  " + left;
  if (out.size() + 2 > kHelpColumn) {
    out += "\n" + std::string(kHelpColumn, ' ');
  } else {
    out.resize(kHelpColumn, ' ');
  }
  return out + filled(right, kHelpColumn, width) + "\n";
}

std::string option_row(const CommandLine& line, const Option& option, std::size_t width) {
  const std::string variable = line.variable_of(option);
  return row(spelling(option), described(option) + (variable.empty() ? "" : " [" + variable + "]"),
             width);
}

/// The options of one command, or of the program, as --help of `asked` shows them.
class Groups {
 public:
  Groups(const CommandLine& line, const Command* asked, std::size_t width)
      : line_(line), asked_(asked), width_(width) {}

  /// Under their headings, in the order of declaration.
  std::string all_of(const Command& command) const {
    std::string out;
    for (const std::string& group : command.groups()) {
      if (group != kAbout) out += one_of(command, group);
    }
    return out + one_of(command, kAbout);
  }

 private:
  std::string one_of(const Command& command, const std::string& group) const {
    std::string rows;
    for (const auto& option : command.options) {
      if (option->group == group && option->is_named() && is_shown(*option)) {
        rows += option_row(line_, *option, width_);
      }
    }
    return rows.empty() ? rows : "\n" + group + ":\n" + rows;
  }

  bool is_shown(const Option& option) const {
    const auto& only = option.only_for;
    return only.empty() || asked_ == nullptr ||
           std::find(only.begin(), only.end(), asked_->name) != only.end();
  }

  const CommandLine& line_;
  const Command* const asked_;
  const std::size_t width_;
};

std::string positional_rows(const Command& command, std::size_t width) {
  std::string rows;
  for (const auto& option : command.options) {
    if (option->is_positional && !option->is_named()) {
      rows += row(option->placeholder, option->help, width);
    }
  }
  return rows.empty() ? rows : "\nArguments:\n" + rows;
}

std::string command_rows(const Command& program, std::size_t width) {
  std::string rows;
  for (const auto& command : program.commands) rows += row(command->name, command->summary, width);
  return rows.empty() ? rows : "\nCommands:\n" + rows;
}

/// `check|backup`.
std::string names_of(const std::vector<std::unique_ptr<Command>>& commands) {
  std::string names;
  for (const auto& command : commands) names += (names.empty() ? "" : "|") + command->name;
  return names;
}

}  // namespace

std::string described(const Option& option) {
  // A text that says it itself knows better: `the cores, at most 4` and not this machine's 2.
  const bool is_said = option.help.find("default") != std::string::npos;
  if (option.is_switch() || is_said || option.standard.empty()) return option.help;
  return option.help + " (default " + option.standard + ")";
}

std::string usage_line(const Command& program, const Command* command) {
  const bool is_sub = command != nullptr && command != &program;
  const Command& asked = is_sub ? *command : program;
  std::string out = "usage: " + program.name;
  if (is_sub) out += " " + asked.name;
  if (!asked.commands.empty())
    out += asked.may_go_alone ? " [" + names_of(asked.commands) + "]" : " COMMAND";
  out += " [OPTIONS]";
  for (const auto& option : asked.options) {
    if (!option->is_positional) continue;
    const bool is_needed = option->required && !option->is_named();
    out += is_needed ? " " + option->placeholder : " [" + option->placeholder + "]";
  }
  const bool is_programs = asked.runs.empty() && !program.may_go_alone;
  const std::string& runs = is_programs ? program.runs : asked.runs;
  if (runs.empty()) return out;
  return out + (asked.runs_from_first_word ? " [--] " + runs
                : is_sub                   ? " -- " + runs
                                           : " [-- " + runs + "]");
}

std::string help_text(const CommandLine& line, const Command* command, std::size_t width) {
  const Command& program = line.program();
  const Command& asked = command == nullptr ? program : *command;
  const Groups groups(line, command, width);
  std::string out = usage_line(program, command) + "\n" + asked.summary + "\n";
  out += command_rows(asked, width) + positional_rows(asked, width);
  if (command != nullptr) out += groups.all_of(*command);
  out += groups.all_of(program);
  if (!asked.examples.empty()) out += "\nExamples:\n" + asked.examples + "\n";
  return out;
}

}  // namespace sse::cli
