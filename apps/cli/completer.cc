#include "cli/completer.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "sse/base/escape.h"
#include "sse/client/cursor_path.h"

#include "cli/command_line.h"
#include "cli/help.h"
#include "cli/live_values.h"
#include "cli/request_headers.h"
#include "cli/words.h"

namespace sse::cli {
namespace {

// A directive in place of candidates: only the shell can complete these.
constexpr const char* kFiles = "\tfiles\n";
constexpr const char* kCommands = "\tcommands\n";

/// `--long` of each option, with its other forms, as --help of `asked` shows them.
void add_options(const Command& command, const Command& asked, Candidates& out) {
  for (const auto& option : command.options) {
    const auto& only = option->only_for;
    const bool is_shown = only.empty() || &command == &asked ||
                          std::find(only.begin(), only.end(), asked.name) != only.end();
    if (!is_shown) continue;
    for (const auto& name : option->long_names()) {
      out.push_back({name, (option->is_opposite(name) ? "not: " : "") + option->help});
      if (option->takes == Option::Takes::kValueByEquals) out.push_back({name + "=", option->help});
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
  for (const auto& name : names) out.push_back({name, "a position that is kept"});
}

/// Files for `@FILE`, which the shell cannot complete behind the `@`.
void add_files(const std::string& start, Candidates& out) {
  const auto slash = start.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : start.substr(0, slash + 1);
  std::error_code ignored;
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(folder.empty() ? "." : folder, ignored)) {
    std::error_code unknown;
    names.push_back(folder + entry.path().filename().string() +
                    (entry.is_directory(unknown) ? "/" : ""));
  }
  std::sort(names.begin(), names.end());
  for (const auto& name : names) out.push_back({"@" + name, ""});
}

/// The event types of every hub that keeps metrics.
void add_event_types(Candidates& out) {
  out.push_back({"metric_reading_created", "a reading came in"});
  out.push_back({"metric_created", "a metric was created"});
  out.push_back({"metric_deleted", "a metric was deleted"});
  out.push_back({"metric_*", "all of these"});
}

}  // namespace

std::string Completer::complete(std::vector<std::string> words) {
  const std::string cur = words.empty() ? "" : words.back();
  if (!words.empty()) words.pop_back();
  open_ = read_open_line(line_.program_, words);
  if (open_.in_command) return open_.run.empty() ? kCommands : kFiles;
  if (open_.awaiting != nullptr) return values_of(*open_.awaiting, "", cur);
  if (!open_.options_ended && cur.starts_with("-")) return options_for(cur);
  if (open_.command->runs_from_first_word) return kCommands;
  if (open_.command == &line_.program_ && !line_.program_.commands.empty()) {
    for (const auto& command : line_.program_.commands) {
      found_.push_back({command->name, command->summary});
    }
    return print("", cur);
  }
  const Option* const option = open_.positional(open_.positionals.size());
  return option == nullptr ? "" : values_of(*option, "", cur);
}

std::string Completer::options_for(const std::string& cur) {
  const auto equals = cur.find('=');
  if (equals != std::string::npos) {
    const Option* option = find_option(line_.program_, *open_.command, cur.substr(0, equals));
    if (option == nullptr) return "";
    return values_of(*option, cur.substr(0, equals + 1), cur.substr(equals + 1));
  }
  if (open_.command != &line_.program_) add_options(*open_.command, *open_.command, found_);
  add_options(line_.program_, *open_.command, found_);
  return print("", cur);
}

std::string Completer::values_of(const Option& option, const std::string& prefix,
                                 const std::string& cur) {
  const std::string& kind = option.placeholder;
  if (kind == "FILE" || kind == "FILE|-" || kind == "DIRECTORY") return kFiles;
  if (kind == "SHELL" || kind == "COMMAND") return kCommands;
  for (const auto& word : option.words) found_.push_back({word, ""});
  if (kind == "METRIC") add(live_metrics(hub_so_far()));
  if (kind == "URL") found_.push_back({std::string(client::kDefaultUrl), "a hub on this machine"});
  if (kind == "TYPE" || kind == "GLOB") {
    add_event_types(found_);
    add(live_types(hub_so_far(), cur));
  }
  if (kind == "TOPIC" || kind == "PATTERN") add(live_topics(hub_so_far(), cur));
  if (cur.starts_with("@") && (option.is_called("--data") || option.is_called("--header"))) {
    add_files(cur.substr(1), found_);
  }
  if (option.is_called("--resume")) add_cursor_names(environment_, found_);
  return print(prefix, cur);
}

void Completer::add(Candidates&& more) {
  std::move(more.begin(), more.end(), std::back_inserter(found_));
}

// What is said so far decides which hub is asked: words, environment, files. No URL: none.
LiveHub Completer::hub_so_far() {
  line_.read_what_can_be(open_, environment_);
  RequestHeaders headers;
  const auto results = [&](const char* name) {
    const Option* option = line_.program_.find_option(name);
    return option == nullptr ? std::vector<std::string>() : option->values;
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

std::string Completer::print(const std::string& prefix, const std::string& cur) const {
  std::string out;
  for (const auto& [text, description] : found_) {
    if (!text.starts_with(cur) || escaped(text) != text) continue;
    out += prefix + text + "\t" + escaped(description) + "\n";
  }
  return out;
}

}  // namespace sse::cli
