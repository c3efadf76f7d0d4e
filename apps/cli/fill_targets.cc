#include "cli/fill_targets.h"

#include <map>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/help.h"
#include "cli/layers.h"

namespace sse::cli {
namespace {

/// Names where the value is from: `--timeout`, `SSE_TIMEOUT`, `/etc/sse/config.toml:3: timeout`.
CLI::ValidationError refused(const Option& option, const std::string& why) {
  const auto& [source, name] = option.origin;
  const bool is_file = source == Origin::Source::kFile;
  const std::string giver = is_file        ? name + ": " + key_of(option)
                            : name.empty() ? option.shown_name()
                                           : name;
  return {giver + ": " + why, status(is_file ? ExitCode::kConfig : ExitCode::kUsage)};
}

/// The records as an App of CLI11. Its options get their values directly: which word is what is
/// known already, and CLI11 would read some words in another way (`--resume NAME`, `-.5`).
class App {
 public:
  App(const Command& program, ReadLine::Ask ask) : ask_(ask), app_(program.summary, program.name) {
    app_.set_help_flag();
    add_options(program, app_);
    for (const auto& command : program.commands) {
      add_options(*command, *app_.add_subcommand(command->name, command->summary));
    }
    const bool needs_command = !program.commands.empty() && !program.may_go_alone;
    if (is_run() && needs_command) app_.require_subcommand(1);
    for (const auto& [option, taker] : takers_) relate(*option, *taker);
  }

  /// Throws CLI::ParseError.
  void take(std::vector<std::string> command) { app_.parse(std::move(command)); }

 private:
  bool is_run() const { return ask_ == ReadLine::Ask::kRun; }

  void add_options(const Command& command, CLI::App& app) {
    for (const auto& owned : command.options) {
      const Option& option = *owned;
      CLI::Option* const taker =
          app.add_option(option.shown_name(), [&option](const std::vector<std::string>& values) {
            if (const auto read = option.read(values); !read) {
              throw refused(option, read.error().text);
            }
            return true;
          });
      const bool takes_all = option.repeatable || option.is_switch();  // -vv is two
      taker->multi_option_policy(takes_all ? CLI::MultiOptionPolicy::TakeAll
                                           : CLI::MultiOptionPolicy::TakeLast);
      taker->expected(0, 1);  // where one at least is expected, later versions read {} as a list
      taker->required(option.required && is_run());
      taker->add_result(option.values);
      takers_.emplace(&option, taker);
    }
  }

  /// Between words only: a layer below has given way to them, and a file may hold every option, as
  /// --show-config writes it.
  void relate(const Option& option, CLI::Option& taker) {
    if (option.origin.source != Origin::Source::kCommandLine) return;
    for (const Option* other : option.excluded) taker.excludes(takers_.at(other));
    if (option.needed != nullptr) taker.needs(takers_.at(option.needed));
  }

  const ReadLine::Ask ask_;
  CLI::App app_;
  std::map<const Option*, CLI::Option*> takers_;
};

/// What is missing where CLI11 says `--metric is required`, or `A subcommand is required`.
std::string missing(const Command& program, const Command& command, std::string_view said) {
  if (&command == &program && !program.commands.empty()) {
    std::string names;
    for (const auto& one : program.commands) names += (names.empty() ? "" : ", ") + one->name;
    return "a command is needed: " + names + "; --help tells more";
  }
  std::string what(said.substr(0, said.find(' ')));
  for (const auto& option : command.options) {
    if (option->shown_name() != what) continue;
    what = (option->is_positional ? "a" : what) + " " + option->placeholder;
    break;
  }
  return command.name + " needs " + what + "; " + usage_line(program, &command);
}

/// `said` with our word in place of CLI11's verb between two names.
std::string reworded(std::string said, std::string_view verb, std::string_view ours) {
  if (const auto at = said.find(verb); at != said.npos) said.replace(at, verb.size(), ours);
  return said;
}

}  // namespace

std::optional<Complaint> fill_targets(const Command& program, const ReadLine& line) {
  std::vector<std::string> command;
  if (line.command != &program) command.push_back(line.command->name);
  try {
    App(program, line.ask).take(std::move(command));
  } catch (const CLI::ValidationError& failure) {
    return Complaint{ExitCode{failure.get_exit_code()}, failure.what()};
  } catch (const CLI::RequiredError& failure) {
    return Complaint{ExitCode::kUsage, missing(program, *line.command, failure.what())};
  } catch (const CLI::ExcludesError& failure) {
    return Complaint{ExitCode::kUsage,
                     reworded(failure.what(), " excludes ", " and ") + " cannot be used together"};
  } catch (const CLI::RequiresError& failure) {
    return Complaint{ExitCode::kUsage, reworded(failure.what(), " requires ", " needs ")};
  } catch (const CLI::ParseError& failure) {
    return Complaint{ExitCode::kUsage, failure.what()};
  }
  return std::nullopt;
}

}  // namespace sse::cli
