#include "cli/words.h"

#include <algorithm>
#include <cctype>
#include <numeric>

#include <CLI/CLI.hpp>

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

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

/// `-5` and `-.5` are positionals, whatever options there are.
bool is_negative_number(const std::string& word) {
  return word.size() > 1 && word[0] == '-' &&
         (is_digit(word[1]) || (word.size() > 2 && word[1] == '.' && is_digit(word[2])));
}

class Walk {
 public:
  Walk(const CommandLine& line, const std::vector<std::string>& words)
      : line_(line), app_(&line.tree()), words_(words) {}

  Result<PlainWords> run() {
    // Help and version need no other word to be right; the configuration needs all of them.
    while (next_ < words_.size() && plain_.ask != PlainWords::Ask::kHelp &&
           plain_.ask != PlainWords::Ask::kVersion) {
      const std::string& word = words_[next_++];
      if (word == "--") {
        take_rest();
      } else if (word.starts_with("--")) {
        SSE_TRY(take_long(word));
      } else if (is_cluster(word)) {
        SSE_TRY(take_cluster(word));
      } else {
        SSE_TRY(take_positional(word));
      }
    }
    return std::move(plain_);
  }

 private:
  /// `-0` is a number, unless there is such an option.
  bool is_cluster(const std::string& word) const {
    return word.size() > 1 && word[0] == '-' &&
           (!is_negative_number(word) || find(word.substr(0, 2)) != nullptr);
  }

  void take_rest() {
    const std::vector<std::string> rest(words_.begin() + static_cast<std::ptrdiff_t>(next_),
                                        words_.end());
    next_ = words_.size();
    if (line_.command_placeholder(app_).empty()) {
      plain_.words.emplace_back("--");
      plain_.words.insert(plain_.words.end(), rest.begin(), rest.end());
    } else {
      plain_.command = rest;
    }
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
      plain_.words.push_back(word);
      if (value.empty()) plain_.words.emplace_back("--");
      return {};
    }
    plain_.words.push_back(name);
    plain_.words.push_back(value);  // two words: CLI11 takes `--name=` for one without a value
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
        plain_.words.push_back(name);
        plain_.words.push_back(word.substr(i + 1));
        return {};
      }
      if (auto taken = take(*option, name); !taken) return taken;
    }
    return {};
  }

  /// An option without a value attached to it.
  Status take(const CLI::Option& option, const std::string& name) {
    if (name == "-h" || name == "--help") plain_.ask = PlainWords::Ask::kHelp;
    if (name == "--show-config") plain_.ask = PlainWords::Ask::kConfig;
    if (name == "-V" || name == "--version") plain_.ask = PlainWords::Ask::kVersion;
    plain_.words.push_back(name);
    if (line_.notes(&option).value_by_equals) {
      plain_.words.emplace_back("--");  // for CLI11: this value is not the next word
    } else if (option.get_items_expected_max() > 0) {
      if (next_ == words_.size()) {
        return Error{ErrorCode::kInvalid, name + " needs a value: " + option.get_type_name()};
      }
      plain_.words.push_back(words_[next_++]);
    }
    return {};
  }

  Status take_positional(const std::string& word) {
    if (awaits_subcommand()) {
      const auto* found = find_subcommand(*app_, word);
      if (found == nullptr) return unknown_subcommand(word);
      app_ = found;
      plain_.subcommand = word;
      plain_.words.push_back(word);
      return {};
    }
    // CLI11 knows `-5` but not `-.5`.
    plain_.words.push_back(word.starts_with("-.") ? "-0" + word.substr(1) : word);
    return {};
  }

  bool awaits_subcommand() const {
    return app_ == &line_.tree() && !app_->get_subcommands({}).empty();
  }

  const CLI::Option* find(const std::string& name) const { return line_.find_option(*app_, name); }

  Error unknown(const std::string& name) const {
    std::vector<std::string> names;
    for (const CLI::App* app : {app_, &line_.tree()}) {
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
    for (const CLI::App* sub : app_->get_subcommands({})) names.push_back(sub->get_name());
    const std::string meant = nearest(word, names);
    return {ErrorCode::kInvalid,
            "unknown command '" + word +
                (meant.empty() ? "'; --help lists them" : "'; did you mean " + meant + "?")};
  }

  const CommandLine& line_;
  const CLI::App* app_;
  const std::vector<std::string>& words_;
  std::size_t next_ = 0;
  PlainWords plain_;
};

}  // namespace

const CLI::App* find_subcommand(const CLI::App& app, const std::string& name) {
  for (const CLI::App* sub : app.get_subcommands({})) {
    if (sub->get_name() == name) return sub;
  }
  return nullptr;
}

Result<PlainWords> plain_words(const CommandLine& line, const std::vector<std::string>& words) {
  return Walk(line, words).run();
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
