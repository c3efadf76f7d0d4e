#include "cli/layers.h"

#include <algorithm>
#include <map>

#include <CLI/CLI.hpp>

#include "cli/command_line.h"
#include "cli/words.h"

namespace sse::cli {
namespace {

/// What the text of a file's value becomes for CLI11, or why it cannot.
Result<std::vector<std::string>> values_for(const CLI::Option& option, const OptionNotes& notes,
                                            const Setting& setting) {
  using Form = Setting::Form;
  const auto wrong = [](const std::string& what) { return Error{ErrorCode::kInvalid, what}; };
  if (notes.negatable && setting.form != Form::kBoolean) return wrong("expected true or false");
  if (setting.form == Form::kList && !notes.repeatable) return wrong("expected one value");
  if (notes.negatable || setting.form != Form::kBoolean) return setting.values;
  if (!notes.value_by_equals) {
    return wrong(option.get_items_expected_max() == 0 ? "expected a number"
                                                      : "expected a value, not a boolean");
  }
  // `wait-server = true` is --wait-server; false is the option not given.
  if (setting.values.front() == "false") return std::vector<std::string>();
  return std::vector<std::string>{""};
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

std::string key_of(const CommandLine& line, const CLI::Option& option) {
  const bool is_about_itself = line.is_own(&option);
  return is_about_itself || option.get_lnames().empty() ? "" : option.get_lnames().front();
}

Layers::Layers(CommandLine& line, std::vector<CLI::App*> apps)
    : line_(line), apps_(std::move(apps)) {
}

void Layers::note_command_line() {
  for (const CLI::App* app : apps_) {
    for (const CLI::Option* option : app->get_options()) {
      if (option->count() > 0) line_.origins_[option] = {Origin::Source::kCommandLine, ""};
    }
  }
}

bool Layers::is_open(const CLI::Option& option) const {
  const auto is_given = [](const CLI::Option* other) { return other->count() > 0; };
  const auto excluded = option.get_excludes();
  return !is_given(&option) && std::none_of(excluded.begin(), excluded.end(), is_given);
}

/// CLI11 has its own way with variables and files, but drops bad values in some versions and names
/// the option in others, which nobody typed.
Status Layers::set(CLI::Option& option, const std::vector<std::string>& values,
                   const Origin& origin) {
  if (values.empty()) return {};
  try {
    for (const auto& value : values) option.add_result(value);
    option.run_callback();
  } catch (const CLI::ParseError& failure) {
    const std::string name = option.get_name() + ": ";
    const std::string text = failure.what();
    return Error{ErrorCode::kInvalid, text.starts_with(name) ? text.substr(name.size()) : text};
  }
  line_.origins_[&option] = origin;
  return {};
}

Status Layers::apply(const Environment& environment, std::vector<std::string>& warnings) {
  for (CLI::App* app : apps_) {
    // One layer at a time: a variable does not hide another that contradicts it.
    std::vector<std::pair<CLI::Option*, std::string>> open;
    for (CLI::Option* option : app->get_options()) {
      const std::string variable = line_.variable_of(option);
      if (!variable.empty() && is_open(*option)) open.emplace_back(option, variable);
    }
    for (const auto& [option, variable] : open) {
      const auto value = environment(variable);
      if (!value || value->empty()) continue;
      if (is_kubernetes_link(variable, *value)) {
        warnings.push_back("warning: " + variable + "=" + *value +
                           " is ignored: Kubernetes sets it for a service of that name");
        continue;
      }
      if (auto done = set(*option, {*value}, {Origin::Source::kEnvironment, variable}); !done) {
        return Error{ErrorCode::kInvalid, variable + ": " + done.error().text};
      }
    }
  }
  return {};
}

Status Layers::check_key(const Setting& setting) const {
  std::vector<std::string> keys;
  const auto add_keys = [&](const CLI::App& app) {
    for (const CLI::Option* option : app.get_options()) keys.push_back(key_of(line_, *option));
  };
  add_keys(line_.tree());
  for (const CLI::App* sub : line_.tree().get_subcommands({})) add_keys(*sub);
  if (setting.shared) keys = shared_keys();
  if (std::find(keys.begin(), keys.end(), setting.key) != keys.end()) return {};
  const std::string meant = nearest(setting.key, keys);
  const std::string where = setting.shared ? "above the sections" : "in [" + line_.section() + "]";
  return Error{ErrorCode::kInvalid, setting.place() + ": unknown key '" + setting.key + "' " +
                                        where +
                                        (meant.empty() ? "" : "; did you mean " + meant + "?")};
}

Status Layers::apply(const std::vector<Setting>& settings) {
  for (const Setting& setting : settings) SSE_TRY(check_key(setting));
  // A section's own key comes later, and wins over the shared one.
  std::map<std::string, const Setting*> last;
  for (const Setting& setting : settings) last[setting.key] = &setting;
  std::vector<std::pair<CLI::Option*, const Setting*>> open;
  for (CLI::App* app : apps_) {
    for (CLI::Option* option : app->get_options()) {
      const auto found = last.find(key_of(line_, *option));
      if (found != last.end() && is_open(*option)) open.emplace_back(option, found->second);
    }
  }
  for (const auto& [option, setting] : open) {
    const std::string place = setting->place() + ": " + setting->key + ": ";
    auto values = values_for(*option, line_.notes(option), *setting);
    if (!values) return Error{ErrorCode::kInvalid, place + values.error().text};
    const Origin origin{Origin::Source::kFile, setting->place()};
    if (auto done = set(*option, *values, origin); !done) {
      return Error{ErrorCode::kInvalid, place + done.error().text};
    }
  }
  return {};
}

}  // namespace sse::cli
