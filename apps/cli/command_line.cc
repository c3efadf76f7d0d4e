#include "cli/command_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <CLI/CLI.hpp>

#include "sse/base/escape.h"

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

CommandLine::CommandLine(std::string program, std::string summary)
    : app_(std::make_unique<CLI::App>(std::move(summary), std::move(program))) {
  app_->fallthrough();
  app_->set_help_flag();
  declare_own();
}

CommandLine::~CommandLine() = default;

void CommandLine::declare_own() {
  auto list = options().group(kAbout);
  const auto own = [&](const Declared& declared) { notes_[declared.option()].own = true; };
  const auto config =
      list.text("--config", config_, "FILE",
                "read this file, not ~/.config/sse/config.toml and /etc/sse/config.toml");
  own(config);
  own(list.declare(app_->add_flag("--no-config", no_config_, "read no file")).excludes(config));
  own(list.declare(
      app_->add_flag("--show-config")->description("print every value and where it comes from")));
  own(list.declare(app_->add_flag("-h,--help")->description("this text")));
  own(list.declare(app_->add_flag("-V,--version")->description("the version")));
}

OptionList CommandLine::command(const std::string& name, const std::string& summary) {
  CLI::App* sub = app_->add_subcommand(name, summary);
  sub->fallthrough();
  sub->set_help_flag();
  app_->require_subcommand(1);
  return {*this, sub};
}

void CommandLine::examples(const std::string& lines, const std::string& command) {
  (command.empty() ? app_.get() : app_->get_subcommand(command))->footer(lines);
}

void CommandLine::takes_command(const std::string& placeholder, const std::string& command) {
  command_placeholders_[command.empty() ? app_.get() : app_->get_subcommand(command)] = placeholder;
}

std::string CommandLine::command_placeholder(const CLI::App* sub) const {
  for (const CLI::App* app : {sub, static_cast<const CLI::App*>(app_.get())}) {
    const auto found = command_placeholders_.find(app);
    if (found != command_placeholders_.end()) return found->second;
  }
  return {};
}

std::string CommandLine::variable_of(const CLI::Option* option) const {
  const auto& own = notes(option).variable;
  if (!own.empty() || variable_prefix_.empty() || option->get_lnames().empty()) return own;
  const auto& name = option->get_lnames().front();
  if (is_own(option) && name != "config") return {};
  return variable_prefix_ + as_variable(name);
}

Origin CommandLine::origin_of(const CLI::Option* option) const {
  const auto found = origins_.find(option);
  return found == origins_.end() ? Origin() : found->second;
}

Origin CommandLine::origin_of(const std::string& long_name) const {
  const auto subs = app_->get_subcommands();
  return origin_of(find_option(subs.empty() ? *app_ : *subs.front(), "--" + long_name));
}

std::string CommandLine::program() const {
  return app_->get_name();
}

std::string CommandLine::section() const {
  return program().substr(program().find('-') + 1);
}

Status CommandLine::read_files(Layers& layers, const Environment& environment) const {
  if (no_config_) return {};
  const bool is_named = !config_.empty();
  for (const auto& path : is_named ? std::vector{config_} : standard_config_files(environment)) {
    const auto settings = read_config_file(path, section());
    if (!settings && settings.error().code == ErrorCode::kNotFound && !is_named) continue;
    if (!settings && settings.error().code == ErrorCode::kIo && !is_named) {
      return Error{ErrorCode::kIo, settings.error().text + "; --no-config does without"};
    }
    if (!settings) return settings.error();
    SSE_TRY(layers.apply(*settings));
  }
  return {};
}

Status CommandLine::check_required(const CLI::App& app) const {
  for (const CLI::Option* option : app.get_options()) {
    if (!notes(option).required || option->count() > 0) continue;
    const bool has_place = option->get_positional();
    return Error{ErrorCode::kInvalid,
                 app.get_display_name() + " needs " + (has_place ? "a" : option->get_name()) + " " +
                     option->get_type_name() + "; " +
                     usage_line(*this, find_subcommand(*app_, app.get_name()))};
  }
  return {};
}

/// `help` and `help COMMAND` of a program with commands: what --help says.
std::vector<std::string> CommandLine::help_as_option(const std::vector<std::string>& words) const {
  const bool has_commands = !app_->get_subcommands({}).empty();
  if (!has_commands || words.empty() || words.front() != "help") return words;
  std::vector<std::string> asked(words.begin() + 1, words.end());
  asked.emplace_back("--help");
  return asked;
}

Status CommandLine::read(const std::vector<std::string>& words, const Environment& environment,
                         Outcome& outcome) {
  PlainWords plain = SSE_TRY(plain_words(*this, help_as_option(words)));
  outcome.subcommand = plain.subcommand;
  outcome.command = std::move(plain.command);
  const CLI::App* sub = find_subcommand(*app_, plain.subcommand);
  if (plain.ask == PlainWords::Ask::kHelp || plain.ask == PlainWords::Ask::kVersion) {
    outcome.exit = ExitCode::kDone;
    outcome.out = plain.ask == PlainWords::Ask::kHelp ? help_text(*this, sub, help_width())
                                                      : app_->get_name() + " " SSE_VERSION "\n";
    return {};
  }
  if (plain.ask == PlainWords::Ask::kConfig) app_->require_subcommand(0, 1);
  try {
    std::vector<std::string> reversed(plain.words.rbegin(), plain.words.rend());
    app_->parse(std::move(reversed));
  } catch (const CLI::ExtrasError&) {
    const auto extras = app_->remaining(true);
    const std::string named = extras.empty() ? "" : ", from " + sse::quoted(extras.front()) + " on";
    return Error{ErrorCode::kInvalid, "too many arguments" + named + "; " + usage_line(*this, sub)};
  } catch (const CLI::RequiredError&) {
    return Error{ErrorCode::kInvalid, "a command is needed; " + usage_line(*this, sub)};
  } catch (const CLI::ExcludesError& failure) {
    std::string text = failure.what();
    const std::string verb = " excludes ";
    if (const auto at = text.find(verb); at != text.npos) text.replace(at, verb.size(), " and ");
    return Error{ErrorCode::kInvalid, text + " cannot be used together"};
  } catch (const CLI::ParseError& failure) {
    return Error{ErrorCode::kInvalid, failure.what()};
  }
  std::vector<CLI::App*> apps{app_.get()};
  if (!app_->get_subcommands().empty()) apps.push_back(app_->get_subcommands().front());
  Layers layers(*this, apps);
  layers.note_command_line();
  SSE_TRY(layers.apply(environment, outcome.complaints));
  if (auto files = read_files(layers, environment); !files) {
    outcome.exit = ExitCode::kConfig;
    return files;
  }
  if (plain.ask == PlainWords::Ask::kConfig) {
    outcome.exit = ExitCode::kDone;
    outcome.out = show_config(*this, apps);
    return {};
  }
  for (const CLI::App* app : apps) SSE_TRY(check_required(*app));
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
  for (const auto& complaint : outcome.complaints) {
    print(stderr, app_->get_name() + ": " + escaped(complaint) + "\n");
  }
  if (!print(stdout, outcome.out)) {
    const std::string why = std::strerror(errno);
    print(stderr, app_->get_name() + ": cannot write to stdout: " + why + "\n");
    outcome.exit = ExitCode::kOutputFailed;
  }
  return outcome;
}

ExitCode CommandLine::usage_error(const std::string& text) const {
  print(stderr, app_->get_name() + ": " + escaped(text) + "\n");
  return ExitCode::kUsage;
}

ExitCode CommandLine::refuse(const Error& error) const {
  const auto code = usage_error(error.text);
  return error.code == ErrorCode::kIo ? ExitCode::kNoInput : code;
}

const CLI::Option* CommandLine::find_option(const CLI::App& app, const std::string& name) const {
  const CLI::Option* option = app.get_option_no_throw(name);
  return option == nullptr ? app_->get_option_no_throw(name) : option;
}

}  // namespace sse::cli
