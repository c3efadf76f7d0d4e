#include "cli/show_config.h"

#include <CLI/CLI.hpp>

#include "sse/json/string.h"

#include "cli/command_line.h"
#include "cli/layers.h"

namespace sse::cli {
namespace {

constexpr const char* kMask = "***";

/// `text` as TOML: numbers and booleans stay bare.
std::string toml_value(const std::string& text) {
  const bool is_number = !text.empty() && text.size() < 19 &&
                         text.find_first_not_of("0123456789") == std::string::npos &&
                         (text.size() == 1 || text[0] != '0');
  if (is_number || text == "true" || text == "false") return text;
  std::string quoted;
  json::append_string(quoted, text);  // every JSON string is a TOML basic string
  return quoted;
}

/// `Authorization: ***`: which header it is may be seen.
std::string masked(const std::string& text) {
  const auto colon = text.find(':');
  return (colon == std::string::npos ? "" : text.substr(0, colon + 1) + " ") + kMask;
}

/// The values of an option that is given.
std::string given_value(const CLI::Option& option, const OptionNotes& notes) {
  std::vector<std::string> values = option.results();
  if (notes.secret) {
    for (auto& value : values) value = masked(value);
  }
  if (notes.repeatable) {
    std::string list;
    for (const auto& value : values) list += (list.empty() ? "" : ", ") + toml_value(value);
    return "[" + list + "]";
  }
  if (option.get_items_expected_max() == 0 && !notes.negatable) {
    std::int64_t times = 0;  // -vv, or `verbose = 2`
    for (const auto& value : values) times += CLI::detail::to_flag_value(value);
    return std::to_string(times);
  }
  return toml_value(values.back());
}

std::string row(const CommandLine& line, const CLI::Option& option, const std::string& key) {
  const OptionNotes& notes = line.notes(&option);
  if (option.count() == 0 && notes.standard.empty()) return "# " + key + " is not set\n";
  const std::string value =
      option.count() == 0 ? toml_value(notes.standard) : given_value(option, notes);
  return key + " = " + value + "  # " + to_string(line.origin_of(&option)) + "\n";
}

}  // namespace

std::string show_config(const CommandLine& line, const std::vector<CLI::App*>& apps) {
  std::string out = "[" + line.section() + "]\n";
  for (const CLI::App* app : apps) {
    for (const CLI::Option* option : app->get_options()) {
      const std::string key = key_of(line, *option);
      if (!key.empty()) out += row(line, *option, key);
    }
  }
  return out;
}

}  // namespace sse::cli
