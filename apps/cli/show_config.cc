#include "cli/show_config.h"

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
std::string given_value(const Option& option) {
  std::vector<std::string> values = option.values;
  if (option.secret) {
    for (auto& value : values) value = masked(value);
  }
  if (option.repeatable) {
    std::string list;
    for (const auto& value : values) list += (list.empty() ? "" : ", ") + toml_value(value);
    return "[" + list + "]";
  }
  if (option.takes == Option::Takes::kValueByEquals && values.back().empty()) return "true";
  if (option.is_switch() && option.present) return option.present();  // -vv is 2, on is true
  return toml_value(values.back());
}

/// A default may have given way to another option, or to the machine.
std::string default_value(const Option& option) {
  const std::string present = option.present ? option.present() : "";
  return present.empty() ? option.standard : present;
}

std::string row(const Option& option, const std::string& key) {
  if (option.is_given()) {
    return key + " = " + given_value(option) + "  # " + to_string(option.origin) + "\n";
  }
  const std::string value = default_value(option);
  if (value.empty()) return "# " + key + " is not set\n";
  const bool is_fitted = !option.standard.empty() && value != option.standard;
  return key + " = " + toml_value(value) + "  # default" +
         (is_fitted ? ", fitted (else " + option.standard + ")" : "") + "\n";
}

/// A variable that holds a secret itself has no key.
std::string secret_row(const Option& option, const Environment& environment) {
  const bool is_told = option.origin.source == Origin::Source::kCommandLine;
  if (option.secret_variable.empty() || is_told) return {};
  const auto value = environment(option.secret_variable);
  if (!value || value->empty()) return {};
  return "# " + option.secret_variable + " is set, and wins over " + option.names.front() + "\n";
}

}  // namespace

std::string show_config(const CommandLine& line, const std::vector<Command*>& commands,
                        const Environment& environment) {
  std::string out = "[" + line.section() + "]\n";
  for (const Command* command : commands) {
    for (const auto& option : command->options) {
      const std::string key = key_of(*option);
      if (!key.empty()) out += row(*option, key) + secret_row(*option, environment);
    }
  }
  return out;
}

}  // namespace sse::cli
