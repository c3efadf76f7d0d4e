#include "cli/words.h"

#include <algorithm>
#include <numeric>

#include "sse/base/ascii.h"
#include "sse/base/escape.h"

#include "cli/help.h"

namespace sse::cli {
namespace {

/// Changes, insertions, removals and swaps of neighbours that make one word the other.
std::size_t edit_distance(const std::string& from, const std::string& to) {
  std::vector<std::size_t> two_ago(to.size() + 1);
  std::vector<std::size_t> last(to.size() + 1);
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(last.begin(), last.end(), 0U);
  for (std::size_t i = 1; i <= from.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t differs = from[i - 1] == to[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + differs});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
        row[j] = std::min(row[j], two_ago[j - 2] + 1);
      }
    }
    two_ago.swap(last);
    last.swap(row);
  }
  return last.back();
}

/// `-5` and `-.5` are positionals, whatever options there are.
bool is_negative_number(const std::string& word) {
  return word.size() > 1 && word[0] == '-' &&
         (is_digit(word[1]) || (word.size() > 2 && word[1] == '.' && is_digit(word[2])));
}

class Walk {
 public:
  enum class Errors {
    kEnd,      ///< the walk ends with the first
    kLeaveOut  ///< the word is left out
  };

  Walk(Command& program, const std::vector<std::string>& words, Errors errors)
      : program_(program), words_(words), errors_(errors) {
    line_.command = &program;
  }

  Result<ReadLine> run() {
    while (next_ < words_.size() && !is_answered()) {
      const std::string& word = words_[next_++];
      if (auto taken = take_word(word); !taken && errors_ == Errors::kEnd) return taken.error();
    }
    return std::move(line_);
  }

 private:
  /// Help and version need no other word to be right; the configuration needs all of them.
  bool is_answered() const {
    return errors_ == Errors::kEnd &&
           (line_.ask == ReadLine::Ask::kHelp || line_.ask == ReadLine::Ask::kVersion);
  }

  Status take_word(const std::string& word) {
    if (word == "--") {
      take_rest();
      return {};
    }
    if (word.starts_with("--")) return take_long(word);
    return is_cluster(word) ? take_cluster(word) : take_positional(word);
  }

  /// `-0` is a number, unless there is such an option.
  bool is_cluster(const std::string& word) const {
    return word.size() > 1 && word[0] == '-' &&
           (!is_negative_number(word) || find(word.substr(0, 2)) != nullptr);
  }

  void take_rest() {
    line_.options_ended = true;
    line_.in_command = !runs().empty();
    auto& rest = line_.in_command ? line_.run : line_.positionals;
    rest.insert(rest.end(), words_.begin() + static_cast<std::ptrdiff_t>(next_), words_.end());
    next_ = words_.size();
  }

  /// What a bare `--` begins: of the subcommand, else of the program.
  const std::string& runs() const {
    const bool is_programs = line_.command->runs.empty() && !program_.may_go_alone;
    return is_programs ? program_.runs : line_.command->runs;
  }

  Status take_long(const std::string& word) {
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    Option* const option = find(name);
    if (option == nullptr) return unknown(name);
    if (equals == std::string::npos) return take(*option, name);
    if (option->is_switch()) return Error{ErrorCode::kInvalid, name + " takes no value"};
    std::string value = word.substr(equals + 1);
    if (value.empty() && option->takes == Option::Takes::kValueByEquals) {
      return Error{ErrorCode::kInvalid,
                   name + "= has no " + option->placeholder + " behind it; is a variable not set?"};
    }
    line_.given.emplace_back(option, std::move(value));
    return {};
  }

  /// `-vW5s`: flags, and at the end perhaps one that takes the rest, or the next word.
  Status take_cluster(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const std::string name = {'-', word[i]};
      Option* const option = find(name);
      if (option == nullptr) return unknown(name);
      if (option->takes == Option::Takes::kValue && i + 1 < word.size()) {
        line_.given.emplace_back(option, word.substr(i + 1));
        return {};
      }
      if (auto taken = take(*option, name); !taken) return taken;
    }
    return {};
  }

  /// An option without a value attached to it.
  Status take(Option& option, const std::string& name) {
    if (option.is_switch()) {
      if (name == "-h" || name == "--help") line_.ask = ReadLine::Ask::kHelp;
      if (name == "--show-config") line_.ask = ReadLine::Ask::kConfig;
      if (name == "-V" || name == "--version") line_.ask = ReadLine::Ask::kVersion;
      line_.given.emplace_back(&option, option.is_opposite(name) ? "false" : "true");
    } else if (option.takes == Option::Takes::kValueByEquals) {
      line_.given.emplace_back(&option, "");
    } else if (next_ == words_.size()) {
      line_.awaiting = &option;
      return Error{ErrorCode::kInvalid, name + " needs a value: " + option.placeholder};
    } else {
      line_.given.emplace_back(&option, words_[next_++]);
    }
    return {};
  }

  Status take_positional(const std::string& word) {
    if (line_.command == &program_ && !program_.commands.empty()) return take_command(word);
    if (line_.command->runs_from_first_word) {
      --next_;
      take_rest();
      return {};
    }
    line_.positionals.push_back(word);
    return {};
  }

  Status take_command(const std::string& word) {
    Command* const found = program_.find_command(word);
    if (found != nullptr) {
      line_.command = found;
      return {};
    }
    std::vector<std::string> names;
    for (const auto& command : program_.commands) names.push_back(command->name);
    const std::string meant = nearest(word, names);
    return Error{ErrorCode::kInvalid,
                 "unknown command " + quoted(word) +
                     (meant.empty() ? "; --help lists them" : "; did you mean " + meant + "?")};
  }

  Option* find(const std::string& name) const {
    return find_option(program_, *line_.command, name);
  }

  Error unknown(const std::string& name) const {
    std::vector<std::string> names;
    for (const Command* command :
         {static_cast<const Command*>(line_.command), static_cast<const Command*>(&program_)}) {
      for (const auto& option : command->options) {
        for (auto& known : option->long_names()) names.push_back(std::move(known));
      }
    }
    const std::string meant = name.starts_with("--") ? nearest(name, names) : "";
    return {ErrorCode::kInvalid,
            "unknown option " + name +
                (meant.empty() ? "; --help lists them" : "; did you mean " + meant + "?")};
  }

  Command& program_;
  const std::vector<std::string>& words_;
  const Errors errors_;
  std::size_t next_ = 0;
  ReadLine line_;
};

/// Hands the positionals to their options. Not while walking: an option that is given by name
/// behind them takes none.
Status place_positionals(const Command& program, ReadLine& line) {
  std::vector<std::pair<Option*, std::string>> placed;
  for (std::size_t i = 0; i < line.positionals.size(); ++i) {
    Option* const option = line.positional(i);
    if (option == nullptr) {
      const std::string& hint = line.command->stray_hint;
      return Error{ErrorCode::kInvalid,
                   "unexpected argument " + quoted(line.positionals[i]) + "; " +
                       (hint.empty() ? usage_line(program, line.command) : hint)};
    }
    placed.emplace_back(option, line.positionals[i]);
  }
  line.given.insert(line.given.end(), placed.begin(), placed.end());
  return {};
}

}  // namespace

Option* ReadLine::positional(std::size_t index) const {
  for (const auto& option : command->options) {
    const bool is_taken = std::any_of(given.begin(), given.end(),
                                      [&](const auto& one) { return one.first == option.get(); });
    if (option->is_positional && !is_taken && index-- == 0) return option.get();
  }
  return nullptr;
}

Option* find_option(const Command& program, const Command& command, std::string_view word) {
  Option* const option = command.find_option(word);
  return option == nullptr ? program.find_option(word) : option;
}

Result<ReadLine> read_line(Command& program, const std::vector<std::string>& words) {
  auto line = SSE_TRY(Walk(program, words, Walk::Errors::kEnd).run());
  const bool needs_all = line.ask == ReadLine::Ask::kRun || line.ask == ReadLine::Ask::kConfig;
  if (needs_all) SSE_TRY(place_positionals(program, line));
  return line;
}

ReadLine read_open_line(Command& program, const std::vector<std::string>& words) {
  return *Walk(program, words, Walk::Errors::kLeaveOut).run();
}

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
  std::string best;
  // Of three letters, two others are another word.
  const std::size_t most = word.size() <= 3 ? 1 : std::max<std::size_t>(2, word.size() / 3);
  std::size_t best_distance = most + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace sse::cli
