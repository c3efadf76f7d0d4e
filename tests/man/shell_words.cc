#include "man/shell_words.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "sse/base/ascii.h"

namespace sse::test {
namespace {

/// NAME=value, as a shell takes it before a command's name.
bool is_assignment(std::string_view word) {
  const auto equals = word.find('=');
  if (equals == 0 || equals == word.npos || is_digit(word.front())) return false;
  return std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals),
                     [](char c) { return c == '_' || is_letter_or_digit(c); });
}

class Splitter {
 public:
  explicit Splitter(const std::string& line) : line_(line) {}

  std::vector<std::vector<std::string>> split() {
    for (; at_ < line_.size(); ++at_) {
      if (line_[at_] == '#' && !in_word_) break;
      take(line_[at_]);
    }
    end_command();
    return commands_;
  }

 private:
  void take(char c) {
    if (c == '\'' || c == '"') {
      const auto close = line_.find(c, at_ + 1);
      word_ += line_.substr(at_ + 1, close - at_ - 1);
      at_ = close;
      in_word_ = true;
    } else if (c == '\\') {
      word_ += line_[++at_];
      in_word_ = true;
    } else if (c == ' ') {
      end_word();
    } else if (std::string_view("|;&()").find(c) != std::string_view::npos) {
      end_command();
    } else {
      word_ += c;
      in_word_ = true;
    }
  }

  void end_word() {
    const bool is_keyword =
        words_.empty() && (word_ == "do" || word_ == "while" || word_ == "done");
    // NAME=value before a command is for its environment.
    const bool is_environment = words_.empty() && is_assignment(word_);
    if (in_word_ && !is_keyword && !is_environment) words_.push_back(word_);
    word_.clear();
    in_word_ = false;
  }

  void end_command() {
    end_word();
    if (!words_.empty()) commands_.push_back(std::move(words_));
    words_.clear();
  }

  const std::string& line_;
  std::size_t at_ = 0;
  std::string word_;
  bool in_word_ = false;
  std::vector<std::string> words_;
  std::vector<std::vector<std::string>> commands_;
};

}  // namespace

std::vector<std::vector<std::string>> commands_in(const std::string& line) {
  return Splitter(line).split();
}

}  // namespace sse::test
