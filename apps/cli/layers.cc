#include "cli/layers.h"

#include <algorithm>
#include <map>

#include "sse/base/escape.h"

#include "cli/command_line.h"
#include "cli/words.h"

namespace sse::cli {
namespace {

/// What the text of a file's value becomes for the option, or why it cannot.
Result<std::vector<std::string>> values_for(const Option& option, const Setting& setting) {
  using Form = Setting::Form;
  const auto wrong = [](const std::string& what) { return Error{ErrorCode::kInvalid, what}; };
  if (option.negatable && setting.form != Form::kBoolean) return wrong("expected true or false");
  if (setting.form == Form::kList && !option.repeatable) return wrong("expected one value");
  if (option.negatable) return setting.values;
  if (option.takes == Option::Takes::kValueByEquals) {
    if (setting.form != Form::kBoolean) {
      if (!setting.values.front().empty()) return setting.values;
      return wrong("expected a value; true stands for the option without one");
    }
    // `wait-server = true` is --wait-server; false is the option not given.
    if (setting.values.front() == "false") return std::vector<std::string>();
    return std::vector<std::string>{""};
  }
  if (setting.form != Form::kBoolean) return setting.values;
  return wrong(option.is_switch() ? "expected a number" : "expected a value, not a boolean");
}

bool is_open(const Option& option) {
  return !option.is_given() && std::none_of(option.excluded.begin(), option.excluded.end(),
                                            [](const Option* other) { return other->is_given(); });
}

}  // namespace

std::string key_of(const Option& option) {
  return option.own || option.names.empty() ? "" : option.names.front();
}

Layers::Layers(const CommandLine& line, std::vector<Command*> commands)
    : line_(line), commands_(std::move(commands)) {
}

void Layers::apply(const Environment& environment, std::vector<std::string>& warnings) {
  for (const Command* command : commands_) {
    // One layer at a time: a variable does not hide another that contradicts it.
    std::vector<std::pair<Option*, std::string>> open;
    for (const auto& option : command->options) {
      std::string variable = line_.variable_of(*option);
      if (variable.empty() || !is_open(*option)) continue;
      open.emplace_back(option.get(), std::move(variable));
    }
    for (const auto& [option, variable] : open) {
      const auto value = environment(variable);
      if (!value || value->empty()) continue;
      if (is_kubernetes_link(variable, *value)) {
        warnings.push_back("warning: " + variable + "=" + *value +
                           " is ignored: Kubernetes sets it for a service of that name");
        continue;
      }
      option->values = {*value};
      option->origin = {Origin::Source::kEnvironment, variable};
    }
  }
}

Status Layers::check_key(const Setting& setting) const {
  std::vector<std::string> own_keys;
  const auto add_keys = [&](const Command& command) {
    for (const auto& option : command.options) own_keys.push_back(key_of(*option));
  };
  add_keys(line_.program());
  for (const auto& command : line_.program().commands) add_keys(*command);
  const auto is_one_of = [&](const std::vector<std::string>& keys) {
    return std::find(keys.begin(), keys.end(), setting.key) != keys.end();
  };
  const auto& keys = setting.shared ? shared_keys() : own_keys;
  if (is_one_of(keys)) return {};
  const std::string section = "[" + line_.section() + "]";
  const std::string meant = nearest(setting.key, keys);
  const std::string hint = setting.shared && is_one_of(own_keys) ? "; it belongs in " + section
                           : meant.empty()                       ? ""
                                                                 : "; did you mean " + meant + "?";
  return Error{ErrorCode::kInvalid,
               setting.place() + ": unknown key " + quoted(setting.key) +
                   (setting.shared ? " above the sections" : " in " + section) + hint};
}

Status Layers::apply(const std::vector<Setting>& settings) {
  for (const Setting& setting : settings) SSE_TRY(check_key(setting));
  // A section's own key comes later, and wins over the shared one.
  std::map<std::string, const Setting*> last;
  for (const Setting& setting : settings) last[setting.key] = &setting;
  std::vector<std::pair<Option*, const Setting*>> open;
  for (const Command* command : commands_) {
    for (const auto& option : command->options) {
      const auto found = last.find(key_of(*option));
      if (found != last.end() && is_open(*option)) open.emplace_back(option.get(), found->second);
    }
  }
  for (const auto& [option, setting] : open) {
    auto values = values_for(*option, *setting);
    if (!values) {
      return Error{ErrorCode::kInvalid,
                   setting->place() + ": " + setting->key + ": " + values.error().text};
    }
    if (values->empty()) continue;
    option->values = *std::move(values);
    option->origin = {Origin::Source::kFile, setting->place()};
  }
  return {};
}

}  // namespace sse::cli
