#include "man/page.h"

#include <cctype>
#include <set>
#include <sstream>
#include <vector>

#include "cli/config_file.h"
#include "cli/exit_code.h"
#include "cli/help.h"
#include "cli/layers.h"

namespace sse::man {
namespace {

using cli::CommandLine;

/// Text for roff: no escape sequence, and no hyphen where a minus is meant.
std::string escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else {
      out += c;
    }
  }
  return out;
}

/// Running text: never taken for a request, and each sentence on a line of its own, as roff wants
/// it.
std::string text_line(const std::string& text) {
  std::string escaped = escape(text);
  for (auto end = escaped.find(". "); end != std::string::npos; end = escaped.find(". ", end + 1)) {
    const bool is_sentence = std::isupper(static_cast<unsigned char>(escaped[end + 2])) != 0;
    if (is_sentence) escaped[end + 1] = '\n';
  }
  return (escaped.starts_with('.') ? "\\&" : "") + escaped + "\n";
}

/// `Fl W , Fl -timeout Ar DURATION`.
std::string heading(const cli::Option& option) {
  std::string out;
  for (const auto& letter : option.letters) {
    out += (out.empty() ? "Fl " : " , Fl ") + escape(letter);
  }
  for (const auto& name : option.long_names()) {
    out += (out.empty() ? "Fl " : " , Fl ") + escape(name.substr(1));
  }
  if (option.is_switch()) return out;
  const std::string value = "Ar " + escape(option.placeholder);
  const bool is_by_equals = option.takes == cli::Option::Takes::kValueByEquals;
  return out + (is_by_equals ? " Ns Oo = Ns " + value + " Oc" : " " + value);
}

std::string option_item(const cli::Option& option) {
  return ".It " + heading(option) + "\n" + text_line(cli::described(option) + ".");
}

std::string option_list(const cli::Command& command, const std::string& group) {
  std::string items;
  for (const auto& option : command.options) {
    if (option->group == group && option->is_named()) items += option_item(*option);
  }
  return items.empty() ? items : ".Bl -tag -width Ds\n" + items + ".El\n";
}

std::string option_groups(const cli::Command& command) {
  std::string out;
  for (const std::string& group : command.groups()) {
    const std::string list = group == cli::kAbout ? "" : option_list(command, group);
    if (!list.empty()) out += ".Ss " + escape(group) + "\n" + list;
  }
  const std::string about = option_list(command, cli::kAbout);
  return about.empty() ? out : out + ".Ss " + std::string(cli::kAbout) + "\n" + about;
}

std::string options(const CommandLine& line) {
  std::string out;
  for (const auto& command : line.program().commands) {
    const std::string usage = cli::usage_line(line.program(), command.get());
    out += ".Ss The command " + command->name + "\n";
    out += ".Bd -ragged\n.Sy " + escape(usage.substr(usage.find(' ') + 1)) + "\n.Ed\n.Pp\n";
    out += text_line(command->summary);
    for (const std::string& group : command->groups()) out += option_list(*command, group);
  }
  return out + option_groups(line.program());
}

std::vector<std::string> environment_of(const cli::Command& command) {
  std::vector<std::string> entries;
  for (const auto& option : command.options) {
    if (option->variable.empty()) continue;
    entries.push_back(".It Ev " + option->variable + "\nStands in for\n.Fl " +
                      escape("-" + option->names.front()) + " .\n");
  }
  return entries;
}

std::string environment(const CommandLine& line) {
  std::string out;
  std::set<std::string> listed;  // several commands may have an option
  const auto add = [&](const cli::Command& command) {
    for (const std::string& entry : environment_of(command)) {
      if (listed.insert(entry).second) out += entry;
    }
  };
  add(line.program());
  for (const auto& command : line.program().commands) add(*command);
  return out;
}

std::string examples(const CommandLine& line) {
  std::string out = ".Bd -literal\n";
  const auto add = [&](const cli::Command& command) {
    std::istringstream lines(command.examples);
    for (std::string text; std::getline(lines, text);) {
      const auto start = text.find_first_not_of(' ');
      if (start != std::string::npos) out += text_line(text.substr(start));
    }
  };
  add(line.program());
  for (const auto& command : line.program().commands) add(*command);
  return out + ".Ed\n";
}

std::string key_list(const std::vector<std::string>& keys) {
  std::string out;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    out += ".Cm " + escape(keys[i]) + (i + 1 < keys.size() ? " ,\n" : " .\n");
  }
  return out;
}

std::string keys(const CommandLine& line) {
  std::vector<std::string> keys;
  std::set<std::string> listed;
  const auto add = [&](const cli::Command& command) {
    for (const auto& option : command.options) {
      const std::string key = cli::key_of(*option);
      if (!key.empty() && listed.insert(key).second) keys.push_back(key);
    }
  };
  for (const auto& command : line.program().commands) add(*command);
  add(line.program());
  return key_list(keys);
}

std::string exit_status() {
  std::string out = ".Bl -tag -width Ds\n";
  for (const auto& row : cli::kExitTable) {
    out += ".It " + std::to_string(cli::status(row.code)) + "\n" + text_line(row.text);
  }
  return out + ".It 128 + n\nDied by signal n.\n.El\n";
}

/// Running text in lines that people can edit and mandoc's lint likes.
std::string wrapped(const std::string& line) {
  constexpr std::size_t kWidth = 78;
  std::string out;
  std::size_t start = 0;
  while (line.size() - start > kWidth) {
    auto blank = line.rfind(' ', start + kWidth);
    if (blank == std::string::npos || blank <= start) blank = line.find(' ', start + kWidth);
    if (blank == std::string::npos) break;
    out += line.substr(start, blank - start) + "\n";
    start = blank + 1;
    if (line[start] == '.') out += "\\&";  // no request
  }
  return out + line.substr(start) + "\n";
}

/// Wraps what is not a request, and not between .Bd -literal and .Ed.
std::string wrap_text(const std::string& page) {
  std::string out;
  bool is_literal = false;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    is_literal = (is_literal || line == ".Bd -literal") && line != ".Ed";
    out += is_literal || line.starts_with('.') ? line + "\n" : wrapped(line);
  }
  return out;
}

Result<std::string> fill_line(const std::string& line, OptionTrees& trees) {
  const std::string what = line.substr(1, line.size() - 2);
  if (what == "EXIT STATUS") return exit_status();
  if (what == "SHARED KEYS") return key_list(cli::shared_keys());
  const auto blank = what.find(' ');
  const auto* program = trees.find(blank == std::string::npos ? "" : what.substr(blank + 1));
  const std::string part = what.substr(0, blank);
  if (program != nullptr) {
    if (part == "SUMMARY") return text_line(program->program().summary);
    if (part == "OPTIONS") return options(*program);
    if (part == "ENVIRONMENT") return environment(*program);
    if (part == "EXAMPLES") return examples(*program);
    if (part == "KEYS") return keys(*program);
  }
  return Error{ErrorCode::kInvalid, "nothing can be put in the place of " + line};
}

}  // namespace

Result<std::string> fill_page(const std::string& page, OptionTrees& trees) {
  std::string out =
      ".\\\" Generated from apps/man/ and the option declarations; see docs/command-line.md.\n";
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    const bool is_place = line.size() > 2 && line.front() == '@' && line.back() == '@';
    out += is_place ? SSE_TRY(fill_line(line, trees)) : line + "\n";
  }
  return wrap_text(out);
}

}  // namespace sse::man
