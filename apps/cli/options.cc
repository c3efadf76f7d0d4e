#include "cli/options.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "sse/base/escape.h"

#include "cli/help.h"
#include "cli/words.h"

#ifndef SSE_VERSION
#error "the build says which version this is"
#endif

namespace sse::cli {
namespace {

constexpr int kOneValue = 1;

/// `--timeout` of `-W,--timeout`.
std::string shown_name(const std::string& names) {
  const auto start = names.find("--");
  return start == std::string::npos ? names : names.substr(start, names.find(',', start) - start);
}

/// The last of the values given, read by `read`, whose sentence says what is wrong with it.
CLI::callback_t last_value(const std::string& names, OptionList::Read read) {
  return [name = shown_name(names), read = std::move(read)](const CLI::results_t& values) {
    if (const auto status = read(values.back()); !status) {
      throw CLI::ValidationError(name, status.error().text);
    }
    return true;
  };
}

/// MAX_CLIENTS of `max-clients`.
std::string as_variable(std::string name) {
  for (char& c : name) {
    c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

void print(std::FILE* to, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), to);
  std::fflush(to);
}

}  // namespace

Result<std::chrono::nanoseconds> parse_bounded_duration(std::string_view text) {
  constexpr std::chrono::hours kMost{24 * 3650};
  auto duration = parse_duration(text);
  if (duration && *duration > kMost) {
    return Error{ErrorCode::kInvalid, quoted(text) + " is too long: expected at most 3650d"};
  }
  return duration;
}

Error not_one_of(const std::string& text, const std::vector<std::string>& words) {
  std::string expected;
  for (std::size_t i = 0; i < words.size(); ++i) {
    expected += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  }
  return {ErrorCode::kInvalid, sse::quoted(text) + " is no value of it; expected " + expected};
}

Error not_a_number(const std::string& text, const std::string& least, const std::string& most) {
  return {ErrorCode::kInvalid,
          sse::quoted(text) + " is not a whole number from " + least + " to " + most};
}

// ---- OptionList

Declared OptionList::declare(CLI::Option* option) {
  option->group(group_);
  return {option, line_.notes_[option]};
}

Declared OptionList::value(const std::string& names, const std::string& placeholder,
                           const std::string& help, Read read) {
  CLI::Option* option = app_->add_option(names, last_value(names, std::move(read)), help);
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  option->type_name(placeholder)->expected(kOneValue);
  return declare(option);
}

Declared OptionList::optional_value(const std::string& names, const std::string& placeholder,
                                    const std::string& help, Read read) {
  Declared declared = value(names, placeholder, help, std::move(read));
  declared.option()->expected(0, kOneValue);
  line_.notes_[declared.option()].value_by_equals = true;
  return declared;
}

Declared OptionList::flag(const std::string& names, bool& target, const std::string& help) {
  const std::string long_name = names.substr(names.find("--") + 2);
  Declared declared = declare(app_->add_flag(names + ",!--no-" + long_name, target, help));
  declared.option()->check([](const std::string& text) -> std::string {
    for (const char* known : {"true", "false", "1", "0", "yes", "no", "on", "off"}) {
      if (text == known) return {};
    }
    return not_one_of(text, {"true", "false"}).text;
  });
  line_.notes_[declared.option()].negatable = true;
  return declared;
}

Declared OptionList::count(const std::string& names, int& target, const std::string& help) {
  return declare(app_->add_flag(names, target, help));
}

Declared OptionList::text(const std::string& names, std::string& target,
                          const std::string& placeholder, const std::string& help) {
  return value(names, placeholder, help, [&target](const std::string& text) -> Status {
    target = text;
    return {};
  });
}

Declared OptionList::text(const std::string& names, std::optional<std::string>& target,
                          const std::string& placeholder, const std::string& help) {
  return value(names, placeholder, help, [&target](const std::string& text) -> Status {
    target = text;
    return {};
  });
}

Declared OptionList::list(const std::string& names, std::vector<std::string>& target,
                          const std::string& placeholder, const std::string& help) {
  return list(names, placeholder, help, [&target](const std::vector<std::string>& texts) {
    target = texts;
    return Status();
  });
}

Declared OptionList::list(const std::string& names, const std::string& placeholder,
                          const std::string& help, ReadAll read) {
  const auto take = [name = shown_name(names),
                     read = std::move(read)](const CLI::results_t& values) {
    if (const auto status = read(values); !status) {
      throw CLI::ValidationError(name, status.error().text);
    }
    return true;
  };
  CLI::Option* option = app_->add_option(names, take, help);
  // Any number of times, but one value each: it must not swallow the positionals behind it.
  option->expected(kOneValue, CLI::detail::expected_max_vector_size);
  option->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  option->type_name(placeholder);
  Declared declared = declare(option);
  line_.notes_[option].repeatable = true;
  return declared;
}

// ---- CommandLine

CommandLine::CommandLine(std::string program, std::string summary)
    : app_(std::move(summary), std::move(program)) {
  app_.fallthrough();
  app_.set_help_flag();
  options().group(kAbout).declare(app_.add_flag("-h,--help")->description("this text"));
  options().group(kAbout).declare(app_.add_flag("-V,--version")->description("the version"));
}

OptionList CommandLine::command(const std::string& name, const std::string& summary) {
  CLI::App* sub = app_.add_subcommand(name, summary);
  sub->fallthrough();
  sub->set_help_flag();
  app_.require_subcommand(1);
  return {*this, sub};
}

void CommandLine::examples(const std::string& lines, const std::string& command) {
  (command.empty() ? &app_ : app_.get_subcommand(command))->footer(lines);
}

std::string CommandLine::variable_of(const CLI::Option* option) const {
  const auto& own = notes(option).variable;
  if (!own.empty() || variable_prefix_.empty() || option->get_lnames().empty()) return own;
  const auto& name = option->get_lnames().front();
  if (name == "help" || name == "version") return {};
  return variable_prefix_ + as_variable(name);
}

/// CLI11 has its own way with variables, but drops bad values in some versions and names the option
/// in others, which nobody typed.
Status CommandLine::read_variables(CLI::App& app, const Environment& environment,
                                   Outcome& outcome) {
  for (CLI::Option* option : app.get_options()) {
    const std::string variable = variable_of(option);
    if (variable.empty() || option->count() > 0) continue;
    const auto value = environment(variable);
    if (!value || value->empty()) continue;
    if (is_kubernetes_link(variable, *value)) {
      outcome.complaints.push_back("warning: " + variable + "=" + *value +
                                   " is ignored: Kubernetes sets it for a service of that name");
      continue;
    }
    try {
      option->add_result(*value);
      option->run_callback();
    } catch (const CLI::ParseError& failure) {
      const std::string name = option->get_name() + ": ";
      const std::string text = failure.what();
      return Error{ErrorCode::kInvalid,
                   variable + ": " + (text.starts_with(name) ? text.substr(name.size()) : text)};
    }
  }
  return {};
}

Status CommandLine::check_required(const CLI::App& app) const {
  for (const CLI::Option* option : app.get_options()) {
    if (!notes(option).required || option->count() > 0) continue;
    return Error{ErrorCode::kInvalid, app.get_display_name() + " needs " + option->get_name() +
                                          " " + option->get_type_name()};
  }
  return {};
}

Status CommandLine::read(const std::vector<std::string>& words, const Environment& environment,
                         Outcome& outcome) {
  PlainWords plain = SSE_TRY(plain_words(*this, words));
  outcome.subcommand = plain.subcommand;
  outcome.command = std::move(plain.command);
  const CLI::App* sub = find_subcommand(app_, plain.subcommand);
  if (plain.ask != PlainWords::Ask::kRun) {
    outcome.exit = ExitCode::kDone;
    outcome.out = plain.ask == PlainWords::Ask::kHelp ? help_text(*this, sub)
                                                      : app_.get_name() + " " SSE_VERSION "\n";
    return {};
  }
  try {
    std::vector<std::string> reversed(plain.words.rbegin(), plain.words.rend());
    app_.parse(std::move(reversed));
  } catch (const CLI::ExtrasError&) {
    return Error{ErrorCode::kInvalid, "too many arguments; " + usage_line(*this, sub)};
  } catch (const CLI::RequiredError&) {
    return Error{ErrorCode::kInvalid, "a command is needed; " + usage_line(*this, sub)};
  } catch (const CLI::ParseError& failure) {
    return Error{ErrorCode::kInvalid, failure.what()};
  }
  for (CLI::App* app :
       {&app_, app_.get_subcommands().empty() ? nullptr : app_.get_subcommands().front()}) {
    if (app == nullptr) continue;
    SSE_TRY(read_variables(*app, environment, outcome));
    SSE_TRY(check_required(*app));
  }
  return {};
}

CommandLine::Outcome CommandLine::parse(const std::vector<std::string>& words,
                                        const Environment& environment) {
  Outcome outcome;
  if (const auto status = read(words, environment, outcome); !status) {
    outcome.exit = ExitCode::kUsage;
    outcome.complaints.push_back(status.error().text);
  }
  return outcome;
}

CommandLine::Outcome CommandLine::parse(int argc, const char* const* argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  Outcome outcome = parse(words, process_environment());
  for (const auto& complaint : outcome.complaints) {
    print(stderr, app_.get_name() + ": " + escaped(complaint) + "\n");
  }
  print(stdout, outcome.out);
  return outcome;
}

ExitCode CommandLine::usage_error(const std::string& text) const {
  print(stderr, app_.get_name() + ": " + escaped(text) + "\n");
  return ExitCode::kUsage;
}

}  // namespace sse::cli
