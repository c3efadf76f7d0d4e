#include "cli/help.h"

#include <algorithm>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/command_line.h"

namespace sse::cli {
namespace {

constexpr std::size_t kHelpColumn = 30;

/// `-W, --timeout DURATION`.
std::string spelling(const CommandLine& line, const CLI::Option& option) {
  const OptionNotes& notes = line.notes(&option);
  std::string names;
  for (const auto& name : option.get_snames()) names += (names.empty() ? "-" : ", -") + name;
  for (const auto& name : option.get_lnames()) {
    if (notes.negatable && name.starts_with("no-")) continue;
    names +=
        (names.empty() ? "    --" : ", --") + std::string(notes.negatable ? "[no-]" : "") + name;
  }
  if (option.get_items_expected_max() == 0) return names;
  if (notes.value_by_equals) return names + "[=" + option.get_type_name() + "]";
  return names + " " + option.get_type_name() + (notes.repeatable ? " ..." : "");
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

std::string option_row(const CommandLine& line, const CLI::Option& option, std::size_t width) {
  const std::string variable = line.variable_of(&option);
  return row(spelling(line, option),
             described(line, option) + (variable.empty() ? "" : " [" + variable + "]"), width);
}

std::string option_group(const CommandLine& line, const CLI::App& app, const std::string& group,
                         std::size_t width) {
  std::string rows;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group() == group && option->nonpositional())
      rows += option_row(line, *option, width);
  }
  return rows.empty() ? rows : "\n" + group + ":\n" + rows;
}

/// The options of `app` under their headings, in the order of declaration.
std::string option_groups(const CommandLine& line, const CLI::App& app, std::size_t width) {
  std::string out;
  for (const std::string& group : app.get_groups()) {
    if (!group.empty() && group != kAbout) out += option_group(line, app, group, width);
  }
  return out + option_group(line, app, kAbout, width);
}

std::string positional_rows(const CLI::App& app, std::size_t width) {
  std::string rows;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional() && !option->nonpositional()) {
      rows += row(option->get_type_name(), option->get_description(), width);
    }
  }
  return rows.empty() ? rows : "\nArguments:\n" + rows;
}

std::string subcommand_rows(const CLI::App& app, std::size_t width) {
  std::string rows;
  for (const CLI::App* sub : app.get_subcommands({})) {
    rows += row(sub->get_name(), sub->get_description(), width);
  }
  return rows.empty() ? rows : "\nCommands:\n" + rows;
}

}  // namespace

std::string described(const CommandLine& line, const CLI::Option& option) {
  const OptionNotes& notes = line.notes(&option);
  std::string text = option.get_description();
  const bool is_switch = option.get_items_expected_max() == 0;
  // A text that says it itself knows better: `the cores, at most 4` and not this machine's 2.
  const bool is_said = text.find("default") != std::string::npos;
  if (is_switch || is_said || notes.standard.empty()) return text;
  return text + " (default " + notes.standard + ")";
}

std::string usage_line(const CommandLine& line, const CLI::App* sub) {
  const CLI::App& program = line.tree();
  const CLI::App& app = sub == nullptr ? program : *sub;
  std::string out = "usage: " + program.get_name();
  if (sub != nullptr) out += " " + sub->get_name();
  if (!app.get_subcommands({}).empty()) out += " COMMAND";
  out += " [OPTIONS]";
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    const bool required = line.notes(option).required && !option->nonpositional();
    out += required ? " " + option->get_type_name() : " [" + option->get_type_name() + "]";
  }
  const std::string command = line.command_placeholder(sub);
  if (!command.empty()) out += sub == nullptr ? " [-- " + command + "]" : " -- " + command;
  return out;
}

std::string help_text(const CommandLine& line, const CLI::App* sub, std::size_t width) {
  const CLI::App& program = line.tree();
  const CLI::App& app = sub == nullptr ? program : *sub;
  std::string out = usage_line(line, sub) + "\n" + app.get_description() + "\n";
  out += subcommand_rows(app, width) + positional_rows(app, width);
  if (sub != nullptr) out += option_groups(line, *sub, width);
  out += option_groups(line, program, width);
  if (!app.get_footer().empty()) out += "\nExamples:\n" + app.get_footer() + "\n";
  return out;
}

}  // namespace sse::cli
