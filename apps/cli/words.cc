#include "cli/words.h"

#include <algorithm>
#include <numeric>

#include <CLI/CLI.hpp>

#include "sse/base/ascii.h"

#include "cli/command_line.h"

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

/// The grammar of a command line, for those that are read and for those that are completed.
class Walk {
 public:
  enum class Errors {
    kEnd,      ///< the walk ends with the first
    kLeaveOut  ///< the word is left out
  };

  Walk(const CommandLine& line, const std::vector<std::string>& words, Errors errors)
      : line_(line), words_(words), errors_(errors) {
    open_.app = &line.tree();
  }

  Result<OpenLine> run() {
    while (next_ < words_.size() && !is_answered()) {
      const std::string& word = words_[next_++];
      if (auto taken = take_word(word); !taken && errors_ == Errors::kEnd) return taken.error();
    }
    return std::move(open_);
  }

 private:
  /// Help and version need no other word to be right; the configuration needs all of them.
  bool is_answered() const {
    const auto ask = open_.plain.ask;
    return errors_ == Errors::kEnd &&
           (ask == PlainWords::Ask::kHelp || ask == PlainWords::Ask::kVersion);
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
    const std::vector<std::string> rest(words_.begin() + static_cast<std::ptrdiff_t>(next_),
                                        words_.end());
    next_ = words_.size();
    open_.options_ended = true;
    open_.in_command = !line_.command_placeholder(open_.app).empty();
    if (open_.in_command) {
      plain().command = rest;
      return;
    }
    open_.positionals += rest.size();
    plain().words.emplace_back("--");
    plain().words.insert(plain().words.end(), rest.begin(), rest.end());
  }

  Status take_long(const std::string& word) {
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const CLI::Option* option = find(name);
    if (option == nullptr) return unknown(name);
    if (equals == std::string::npos) return take(*option, name);
    if (option->get_items_expected_max() == 0) {
      return Error{ErrorCode::kInvalid, name + " takes no value"};
    }
    const std::string value = word.substr(equals + 1);
    if (line_.notes(option).value_by_equals) {
      plain().words.push_back(word);
      if (value.empty()) plain().words.emplace_back("--");
      return {};
    }
    plain().words.push_back(name);
    plain().words.push_back(value);  // two words: CLI11 takes `--name=` for one without a value
    return {};
  }

  /// `-vW5s`: flags, and at the end perhaps one that takes the rest, or the next word.
  Status take_cluster(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const std::string name = {'-', word[i]};
      const CLI::Option* option = find(name);
      if (option == nullptr) return unknown(name);
      const bool takes_value =
          option->get_items_expected_max() > 0 && !line_.notes(option).value_by_equals;
      if (takes_value && i + 1 < word.size()) {
        plain().words.push_back(name);
        plain().words.push_back(word.substr(i + 1));
        return {};
      }
      if (auto taken = take(*option, name); !taken) return taken;
    }
    return {};
  }

  /// An option without a value attached to it.
  Status take(const CLI::Option& option, const std::string& name) {
    if (name == "-h" || name == "--help") plain().ask = PlainWords::Ask::kHelp;
    if (name == "--show-config") plain().ask = PlainWords::Ask::kConfig;
    if (name == "-V" || name == "--version") plain().ask = PlainWords::Ask::kVersion;
    plain().words.push_back(name);
    if (line_.notes(&option).value_by_equals) {
      plain().words.emplace_back("--");  // for CLI11: this value is not the next word
    } else if (option.get_items_expected_max() > 0) {
      if (next_ == words_.size()) {
        open_.awaiting = &option;
        plain().words.pop_back();
        return Error{ErrorCode::kInvalid, name + " needs a value: " + option.get_type_name()};
      }
      plain().words.push_back(words_[next_++]);
    }
    return {};
  }

  Status take_positional(const std::string& word) {
    if (awaits_subcommand()) {
      const auto* found = find_subcommand(*open_.app, word);
      if (found == nullptr) return unknown_subcommand(word);
      open_.app = found;
      plain().subcommand = word;
      plain().words.push_back(word);
      return {};
    }
    ++open_.positionals;
    // CLI11 knows `-5` but not `-.5`.
    plain().words.push_back(word.starts_with("-.") ? "-0" + word.substr(1) : word);
    return {};
  }

  bool awaits_subcommand() const {
    return open_.app == &line_.tree() && !open_.app->get_subcommands({}).empty();
  }

  const CLI::Option* find(const std::string& name) const {
    return line_.find_option(*open_.app, name);
  }

  Error unknown(const std::string& name) const {
    std::vector<std::string> names;
    for (const CLI::App* app : {open_.app, &line_.tree()}) {
      for (const CLI::Option* option : app->get_options()) {
        for (const auto& known : option->get_lnames()) names.push_back("--" + known);
      }
    }
    const std::string meant = name.starts_with("--") ? nearest(name, names) : "";
    return {ErrorCode::kInvalid,
            "unknown option " + name +
                (meant.empty() ? "; --help lists them" : "; did you mean " + meant + "?")};
  }

  Error unknown_subcommand(const std::string& word) const {
    std::vector<std::string> names;
    for (const CLI::App* sub : open_.app->get_subcommands({})) names.push_back(sub->get_name());
    const std::string meant = nearest(word, names);
    return {ErrorCode::kInvalid,
            "unknown command '" + word +
                (meant.empty() ? "'; --help lists them" : "'; did you mean " + meant + "?")};
  }

  PlainWords& plain() { return open_.plain; }

  const CommandLine& line_;
  const std::vector<std::string>& words_;
  const Errors errors_;
  std::size_t next_ = 0;
  OpenLine open_;
};

}  // namespace

const CLI::App* find_subcommand(const CLI::App& app, const std::string& name) {
  for (const CLI::App* sub : app.get_subcommands({})) {
    if (sub->get_name() == name) return sub;
  }
  return nullptr;
}

Result<PlainWords> plain_words(const CommandLine& line, const std::vector<std::string>& words) {
  auto walked = Walk(line, words, Walk::Errors::kEnd).run();
  if (!walked) return walked.error();
  return std::move(walked->plain);
}

OpenLine open_line(const CommandLine& line, const std::vector<std::string>& words) {
  return *Walk(line, words, Walk::Errors::kLeaveOut).run();
}

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
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
