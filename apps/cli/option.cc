#include "cli/option.h"

#include <algorithm>

namespace sse::cli {
namespace {

bool holds(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

}  // namespace

std::string to_string(const Origin& origin) {
  switch (origin.source) {
    case Origin::Source::kDefault:
      return "default";
    case Origin::Source::kFile:
      return origin.name;
    case Origin::Source::kEnvironment:
      return "environment " + origin.name;
    case Origin::Source::kCommandLine:
      break;
  }
  return "command line";
}

bool Option::is_called(std::string_view word) const {
  if (word.starts_with("--")) return holds(names, word.substr(2)) || is_opposite(word);
  return word.starts_with("-") && holds(letters, word.substr(1));
}

bool Option::is_opposite(std::string_view word) const {
  return negatable && word.starts_with("--no-") && holds(names, word.substr(5));
}

std::string Option::shown_name() const {
  if (!names.empty()) return "--" + names.front();
  return letters.empty() ? placeholder : "-" + letters.front();
}

std::vector<std::string> Option::long_names() const {
  std::vector<std::string> all;
  for (const auto& name : names) all.push_back("--" + name);
  if (negatable) {
    for (const auto& name : names) all.push_back("--no-" + name);
  }
  return all;
}

Option* Command::find_option(std::string_view word) const {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const auto& option) { return option->is_called(word); });
  return found == options.end() ? nullptr : found->get();
}

Command* Command::find_command(std::string_view word) const {
  const auto found = std::find_if(commands.begin(), commands.end(),
                                  [&](const auto& command) { return command->name == word; });
  return found == commands.end() ? nullptr : found->get();
}

std::vector<std::string> Command::groups() const {
  std::vector<std::string> groups;
  for (const auto& option : options) {
    if (!holds(groups, option->group)) groups.push_back(option->group);
  }
  return groups;
}

}  // namespace sse::cli
