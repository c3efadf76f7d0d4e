// The hidden command `__complete WORDS... CUR` that the shells' adaptors in completions/ ask.

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

#include <CLI/CLI.hpp>

#include "sse/base/escape.h"
#include "sse/client/cursor_path.h"

#include "cli/command_line.h"
#include "cli/help.h"
#include "cli/live_values.h"
#include "cli/request_headers.h"
#include "cli/words.h"

namespace sse::cli {
namespace {

using Candidates = std::vector<Candidate>;

// A line that is no candidate: what only the shell itself can complete.
constexpr const char* kFiles = "\tfiles\n";
constexpr const char* kCommands = "\tcommands\n";

/// `--long` of each option, with its other forms.
void add_options(const CommandLine& line, const CLI::App& app, Candidates& out) {
  for (const CLI::Option* option : app.get_options()) {
    const OptionNotes& notes = line.notes(option);
    for (const auto& name : option->get_lnames()) {
      const bool is_opposite = notes.negatable && name.starts_with("no-");
      out.push_back({"--" + name, (is_opposite ? "not: " : "") + option->get_description()});
      if (notes.value_by_equals) out.push_back({"--" + name + "=", option->get_description()});
    }
  }
}

void add_cursor_names(const Environment& environment, Candidates& out) {
  const auto any = client::cursor_path("any", client::Endpoint(), environment);
  if (!any) return;
  std::error_code ignored;
  const auto folder = std::filesystem::path(*any).parent_path();
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string file = entry.path().filename();
    if (entry.path().extension() == ".cursor") names.push_back(file.substr(0, file.rfind('@')));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const auto& name : names) out.push_back({name, "a place that is kept"});
}

/// The event types of every hub that keeps metrics.
void add_event_types(Candidates& out) {
  out.push_back({"metric_reading_created", "a reading came in"});
  out.push_back({"metric_created", "a metric was created"});
  out.push_back({"metric_deleted", "a metric was deleted"});
  out.push_back({"metric_*", "all of these"});
}

}  // namespace

/// What the values of an option may be; a directive instead of candidates where the shell knows.
class CommandLine::Completer {
 public:
  Completer(CommandLine& line, const Environment& environment)
      : line_(line), environment_(environment) {}

  std::string complete(std::vector<std::string> words) {
    const std::string cur = words.empty() ? "" : words.back();
    if (!words.empty()) words.pop_back();
    open_ = open_line(line_, words);
    if (open_.in_command) return open_.plain.command.empty() ? kCommands : kFiles;
    if (open_.awaiting != nullptr) return values_of(*open_.awaiting, "", cur);
    if (!open_.options_ended && cur.starts_with("-")) return options_for(cur);
    if (open_.app == &line_.tree() && !open_.app->get_subcommands({}).empty()) {
      for (const CLI::App* sub : open_.app->get_subcommands({})) {
        found_.push_back({sub->get_name(), sub->get_description()});
      }
      return print("", cur);
    }
    return positional_for(cur);
  }

 private:
  std::string options_for(const std::string& cur) {
    const auto equals = cur.find('=');
    if (equals != std::string::npos) {
      const CLI::Option* option = line_.find_option(*open_.app, cur.substr(0, equals));
      if (option == nullptr) return "";
      return values_of(*option, cur.substr(0, equals + 1), cur.substr(equals + 1));
    }
    if (open_.app != &line_.tree()) add_options(line_, *open_.app, found_);
    add_options(line_, line_.tree(), found_);
    return print("", cur);
  }

  std::string positional_for(const std::string& cur) {
    std::size_t position = 0;
    for (const CLI::Option* option : open_.app->get_options()) {
      if (!option->get_positional()) continue;
      if (position++ == open_.positionals) return values_of(*option, "", cur);
    }
    return "";
  }

  std::string values_of(const CLI::Option& option, const std::string& prefix,
                        const std::string& cur) {
    const std::string kind = option.get_type_name();
    if (kind == "FILE" || kind == "FILE|-" || kind == "DIRECTORY") return kFiles;
    if (kind == "SHELL" || kind == "COMMAND") return kCommands;
    for (const auto& word : line_.notes(&option).words) found_.push_back({word, ""});
    if (kind == "METRIC") add(live_metrics(hub_so_far()));
    if (kind == "URL")
      found_.push_back({std::string(client::kDefaultUrl), "a hub on this machine"});
    if (kind == "TYPE" || kind == "GLOB") {
      add_event_types(found_);
      add(live_types(hub_so_far(), cur));
    }
    if (kind == "TOPIC" || kind == "PATTERN") add(live_topics(hub_so_far(), cur));
    if (option.check_lname("resume")) add_cursor_names(environment_, found_);
    return print(prefix, cur);
  }

  void add(std::vector<Candidate>&& more) {
    std::move(more.begin(), more.end(), std::back_inserter(found_));
  }

  /// What is said so far decides which hub is asked: words, environment, files. No URL: none.
  LiveHub hub_so_far() {
    line_.read_what_can_be(open_.plain.words, environment_);
    RequestHeaders headers;
    const auto results = [&](const char* name) {
      const auto* option = line_.find_option(line_.tree(), name);
      return option == nullptr ? std::vector<std::string>() : option->results();
    };
    headers.given = results("--header");
    for (const auto& file : results("--token-file")) headers.token_file = file;
    const auto urls = results("--url");
    const auto fields = read_headers(headers, line_, environment_);
    if (!fields) return {};
    const auto within = parse_duration(environment_("SSE_COMPLETION_TIMEOUT").value_or(""));
    return {urls.empty() ? std::string(client::kDefaultUrl) : urls.back(), *fields,
            within.value_or(kLongestCompletion)};
  }

  std::string print(const std::string& prefix, const std::string& cur) const {
    std::string out;
    for (const auto& [text, description] : found_) {
      if (!text.starts_with(cur) || escaped(text) != text) continue;
      out += prefix + text + "\t" + escaped(description) + "\n";
    }
    return out;
  }

  CommandLine& line_;
  const Environment& environment_;
  OpenLine open_;
  Candidates found_;
};

std::string CommandLine::complete(const std::vector<std::string>& words,
                                  const Environment& environment) {
  return Completer(*this, environment).complete(words);
}

/// Fills the options as parse() would with plain words, and leaves out what is missing yet.
void CommandLine::read_what_can_be(const std::vector<std::string>& words,
                                   const Environment& environment) {
  std::vector<CLI::App*> apps{app_.get()};
  try {
    app_->parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::Error&) {
    // An argument is missing: that is why the line is completed.
  }
  for (CLI::App* sub : app_->get_subcommands()) apps.push_back(sub);
  Layers layers(*this, apps);
  layers.note_command_line();
  std::vector<std::string> warnings;
  [[maybe_unused]] const auto applied = layers.apply(environment, warnings);
  [[maybe_unused]] const auto read = read_files(layers, environment);
}

}  // namespace sse::cli
