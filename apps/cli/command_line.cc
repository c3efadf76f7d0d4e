#include "cli/command_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>

#include "sse/base/check.h"

#include "cli/completer.h"
#include "cli/fill_targets.h"
#include "cli/help.h"
#include "cli/show_config.h"
#include "cli/words.h"

#ifndef SSE_VERSION
#error "the build says which version this is"
#endif

namespace sse::cli {
namespace {

/// What the completions of the shells ask with; no user does.
constexpr const char* kComplete = "__complete";

/// MAX_CLIENTS of `max-clients`.
std::string as_variable(std::string name) {
  for (char& c : name) {
    c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

/// Begins a complaint that is not an error.
constexpr std::string_view kWarning = "warning: ";

bool print(std::FILE* to, const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), to) == text.size() && std::fflush(to) == 0;
}

/// As wide as the terminal, but lines that are too long are hard to read; 80 where there is none.
std::size_t help_width() {
  constexpr std::size_t kLeast = 50;
  constexpr std::size_t kUsual = 80;
  constexpr std::size_t kMost = 100;
  winsize size{};
  const bool is_known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? std::clamp<std::size_t>(size.ws_col, kLeast, kMost) : kUsual;
}

}  // namespace

CommandLine::CommandLine(std::string program, std::string summary) {
  program_.name = std::move(program);
  program_.summary = std::move(summary);
  declare_own();
}

void CommandLine::declare_own() {
  auto list = options().group(kAbout);
  const auto own_switch = [&](const std::string& names, const std::string& help) -> Option& {
    Option& option = list.add(names, help);
    option.takes = Option::Takes::kNothing;
    option.own = true;
    option.read = [](const std::vector<std::string>&) { return Status(); };
    return option;
  };
  auto config = list.text("--config", config_, "FILE",
                          "read this file, not ~/.config/sse/config.toml and /etc/sse/config.toml");
  config.option_->own = true;
  config.excludes(Declared(own_switch("--no-config", "read no file")));
  own_switch("--show-config", "print every value and where it comes from");
  own_switch("-h,--help", "this text");
  own_switch("-V,--version", "the version");
}

OptionList CommandLine::command(const std::string& name, const std::string& summary) {
  auto& command = *program_.commands.emplace_back(std::make_unique<Command>());
  command.name = name;
  command.summary = summary;
  return OptionList(command);
}

Command& CommandLine::command_named(const std::string& name) {
  Command* const found = name.empty() ? &program_ : program_.find_command(name);
  SSE_CHECK(found != nullptr);
  return *found;
}

void CommandLine::examples(const std::string& lines, const std::string& command) {
  command_named(command).examples = lines;
}

void CommandLine::takes_command(const std::string& placeholder, const std::string& command) {
  command_named(command).runs = placeholder;
}

void CommandLine::is_wrapper(const std::string& placeholder, const std::string& command) {
  takes_command(placeholder, command);
  command_named(command).runs_from_first_word = true;
}

void CommandLine::stray_hint(const std::string& text, const std::string& command) {
  command_named(command).stray_hint = text;
}

std::string CommandLine::variable_of(const Option& option) const {
  if (!option.variable.empty() || variable_prefix_.empty() || option.names.empty()) {
    return option.variable;
  }
  if (option.own && option.names.front() != "config") return {};
  return variable_prefix_ + as_variable(option.names.front());
}

/// The program and, if one was given, its subcommand.
std::vector<Command*> CommandLine::chosen() {
  std::vector<Command*> commands{&program_};
  if (chosen_ != nullptr && chosen_ != &program_) commands.push_back(chosen_);
  return commands;
}

Origin CommandLine::origin_of(const std::string& long_name) const {
  const Command& command = chosen_ == nullptr ? program_ : *chosen_;
  const Option* option = find_option(program_, command, "--" + long_name);
  return option == nullptr ? Origin() : option->origin;
}

std::string CommandLine::section() const {
  return program_.name.substr(program_.name.find('-') + 1);
}

Status CommandLine::read_files(Layers& layers, const Environment& environment) const {
  if (program_.find_option("--no-config")->is_given()) return {};
  const std::vector<std::string>& named = program_.find_option("--config")->values;
  const bool is_named = !named.empty();
  if (is_named && named.back().empty()) return {};  // no FILE: fill_targets() says so
  for (const auto& path :
       is_named ? std::vector{named.back()} : standard_config_files(environment)) {
    const auto settings = read_config_file(path, section());
    if (!settings && settings.error().code == ErrorCode::kNotFound && !is_named) continue;
    if (!settings && settings.error().code == ErrorCode::kIo && !is_named) {
      return Error{ErrorCode::kIo, settings.error().text + "; --no-config reads none"};
    }
    if (!settings) return settings.error();
    SSE_TRY(layers.apply(*settings));
  }
  return {};
}

/// `help` and `help COMMAND` of a program with commands: what --help says.
std::vector<std::string> CommandLine::help_as_option(const std::vector<std::string>& words) const {
  if (program_.commands.empty() || words.empty() || words.front() != "help") return words;
  std::vector<std::string> asked(words.begin() + 1, words.end());
  asked.emplace_back("--help");
  return asked;
}

/// Of an earlier line.
void CommandLine::forget() {
  std::vector<Command*> all{&program_};
  for (const auto& command : program_.commands) all.push_back(command.get());
  for (Command* command : all) {
    for (const auto& option : command->options) {
      option->values.clear();
      option->origin = {};
    }
  }
}

/// What the line gives each option.
void CommandLine::note(const ReadLine& line) {
  forget();
  chosen_ = line.command;
  for (const auto& [option, value] : line.given) {
    option->values.push_back(value);
    option->origin = {Origin::Source::kCommandLine, ""};
  }
}

Status CommandLine::read(const std::vector<std::string>& words, const Environment& environment,
                         Outcome& outcome) {
  auto read = read_line(program_, help_as_option(words));
  if (!read) {
    read_what_can_be(read_open_line(program_, words), environment);  // for --log-format
    return read.error();
  }
  ReadLine line = *std::move(read);
  const bool is_sub = line.command != &program_;
  if (is_sub) outcome.subcommand = line.command->name;
  outcome.command = std::move(line.run);
  if (line.ask == ReadLine::Ask::kHelp || line.ask == ReadLine::Ask::kVersion) {
    outcome.exit = ExitCode::kDone;
    outcome.out = line.ask == ReadLine::Ask::kHelp
                      ? help_text(*this, is_sub ? line.command : nullptr, help_width())
                      : program_.name + " " SSE_VERSION "\n";
    return {};
  }
  note(line);
  Layers layers(*this, chosen());
  layers.apply(environment, outcome.complaints);
  if (auto files = read_files(layers, environment); !files) {
    outcome.exit = ExitCode::kConfig;
    return files;
  }
  if (auto complaint = fill_targets(program_, line)) {
    outcome.exit = complaint->exit;
    return Error{ErrorCode::kInvalid, std::move(complaint->text)};
  }
  if (settle_) SSE_TRY(settle_());
  if (line.ask == ReadLine::Ask::kConfig) {
    outcome.exit = ExitCode::kDone;
    outcome.out = show_config(*this, chosen(), environment);
  }
  return {};
}

CommandLine::Outcome CommandLine::parse(const std::vector<std::string>& words,
                                        const Environment& environment) {
  Outcome outcome;
  if (const auto status = read(words, environment, outcome); !status) {
    if (!outcome.exit) outcome.exit = ExitCode::kUsage;
    outcome.complaints.push_back(status.error().text);
  }
  return outcome;
}

CommandLine::Outcome CommandLine::parse(int argc, const char* const* argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && words.front() == kComplete) {
    words.erase(words.begin());
    print(stdout, complete(words, process_environment()));
    ::_exit(status(ExitCode::kDone));  // a thread may wait for a hub that does not answer
  }
  Outcome outcome = parse(words, process_environment());
  for (const std::string_view complaint : outcome.complaints) {
    const bool is_warning = complaint.starts_with(kWarning);
    say(is_warning ? LogLevel::kWarning : LogLevel::kError,
        std::string(complaint.substr(is_warning ? kWarning.size() : 0)));
  }
  if (!print(stdout, outcome.out)) {
    const std::string why = std::strerror(errno);
    say(LogLevel::kError, "cannot write to stdout: " + why);
    outcome.exit = ExitCode::kOutputFailed;
  }
  return outcome;
}

std::string CommandLine::complete(const std::vector<std::string>& words,
                                  const Environment& environment) {
  return Completer(*this, environment).complete(words);
}

/// Notes values as parse() would, and leaves out what is wrong or missing yet.
void CommandLine::read_what_can_be(const ReadLine& line, const Environment& environment) {
  note(line);
  Layers layers(*this, chosen());
  std::vector<std::string> warnings;
  layers.apply(environment, warnings);
  [[maybe_unused]] const auto read = read_files(layers, environment);
}

ExitCode CommandLine::usage_error(const std::string& text) const {
  say(LogLevel::kError, text);
  return ExitCode::kUsage;
}

ExitCode CommandLine::refuse(const Error& error) const {
  const auto code = usage_error(error.text);
  return error.code == ErrorCode::kIo ? ExitCode::kNoInput : code;
}

/// What the program's LogSession would write, when there is none yet.
void CommandLine::say(LogLevel level, const std::string& text) const {
  const Option* const format = program_.find_option("--log-format");
  LogOptions options;
  options.program = program_.name;
  if (format != nullptr && format->is_given() && format->values.back() == "json") {
    options.format = LogFormat::kJson;
  }
  const LogSession session(options);
  log_line(level, text);
}

}  // namespace sse::cli
