#include "rooms/qualified_names.h"

#include <algorithm>
#include <utility>

namespace sse::test {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word(char c) {
  return c == '_' || is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Takes code apart as far as names need it.
class Scanner {
 public:
  explicit Scanner(std::string_view code) : code_(code) {}

  std::vector<QualifiedName> run() {
    while (at_ < code_.size()) step();
    return std::move(names_);
  }

 private:
  void step() {
    const char c = code_[at_];
    if (c == '\n' || c == ' ' || c == '\t' || c == '\\') return skip(1);
    if (sees("//")) return skip_line();
    if (sees("/*")) return skip_past("*/");
    if (sees("::")) return take_colons();
    if (is_digit(c)) return skip_number();
    if (is_word(c)) return take_word();
    if (c == '"' || c == '\'') return skip_quoted(c);
    skip(1);
    last_ = Last::kOther;
  }

  bool sees(std::string_view text) const { return code_.substr(at_).starts_with(text); }

  void skip(std::size_t size) {
    const auto skipped = code_.substr(at_, size);
    line_ += static_cast<std::size_t>(std::count(skipped.begin(), skipped.end(), '\n'));
    at_ += skipped.size();
  }

  void skip_past(std::string_view end) {
    const auto found = code_.find(end, at_);
    skip(found == code_.npos ? code_.npos : found + end.size() - at_);
  }

  /// Up to the end of the line, or of the last one that a backslash carries on.
  void skip_line() {
    do {
      skip_past("\n");
    } while (at_ < code_.size() && code_.substr(0, at_).ends_with("\\\n"));
  }

  /// 1'000'000, 0x1p-3: what follows a digit as far as it may be of a number.
  void skip_number() {
    const auto is_of_number = [](char c) { return is_word(c) || c == '\'' || c == '.'; };
    while (at_ < code_.size() && is_of_number(code_[at_])) skip(1);
    last_ = Last::kOther;
  }

  /// A literal ends with its line at the latest: in an #error a quote may stand alone.
  void skip_quoted(char quote) {
    for (skip(1); at_ < code_.size() && code_[at_] != quote && code_[at_] != '\n';) {
      skip(code_[at_] == '\\' ? 2 : 1);
    }
    skip(1);
    last_ = Last::kOther;
  }

  /// R"x(...)x", from the quote on.
  void skip_raw() {
    const auto open = code_.find('(', at_);
    if (open == code_.npos) return skip(code_.npos);
    skip_past(")" + std::string(code_.substr(at_ + 1, open - at_ - 1)) + "\"");
    last_ = Last::kOther;
  }

  void take_word() {
    std::size_t size = 1;
    while (at_ + size < code_.size() && is_word(code_[at_ + size])) ++size;
    const std::string word(code_.substr(at_, size));
    const std::size_t line = line_;
    skip(size);
    const bool is_raw = at_ < code_.size() && code_[at_] == '"' && word.ends_with('R');
    if (is_raw) return skip_raw();
    if (last_ != Last::kColons) begin_name(line);
    names_.back().words.push_back(word);
    last_ = Last::kWord;
  }

  /// `return ::close(fd)`: after a gap, and without one behind them, they begin a name.
  void take_colons() {
    const bool is_apart = at_ > 0 && !is_word(code_[at_ - 1]);
    const bool is_before_word = at_ + 2 < code_.size() && is_word(code_[at_ + 2]);
    if (last_ != Last::kWord || (is_apart && is_before_word)) {
      begin_name(line_);
      names_.back().words.emplace_back();
    }
    skip(2);
    last_ = Last::kColons;
  }

  void begin_name(std::size_t line) {
    const bool follows = !names_.empty() && last_ == Last::kWord &&
                         names_.back().words == std::vector<std::string>{"namespace"};
    names_.push_back({{}, line, follows});
  }

  enum class Last { kOther, kWord, kColons };

  const std::string_view code_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  Last last_ = Last::kOther;
  std::vector<QualifiedName> names_;
};

}  // namespace

std::vector<QualifiedName> qualified_names(std::string_view code) {
  return Scanner(code).run();
}

}  // namespace sse::test
