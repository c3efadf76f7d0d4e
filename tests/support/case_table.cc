#include "support/case_table.h"

#include <fstream>
#include <stdexcept>

namespace sse::test {
namespace {

/// Reads a line from left to right.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void skip_blanks() {
    while (!text_.empty() && text_.front() == ' ') text_.remove_prefix(1);
  }

  bool at_end() const { return text_.empty() || text_.front() == '#'; }
  bool at_quote() const { return !text_.empty() && text_.front() == '"'; }
  std::string_view rest() const { return text_; }

  std::string word() {
    const auto end = std::min(text_.find_first_of(" =\""), text_.size());
    std::string word(text_.substr(0, end));
    text_.remove_prefix(end);
    return word;
  }

  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  std::string quoted() {
    if (!take('"')) throw std::runtime_error("a quote was expected");
    std::string out;
    while (!take('"')) out.push_back(character());
    return out;
  }

 private:
  char next() {
    if (text_.empty()) throw std::runtime_error("the text has no closing quote");
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }

  char character() {
    const char c = next();
    if (c != '\\') return c;
    switch (const char escape = next()) {
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case '0':
        return '\0';
      case 'x': {
        const std::string digits{next(), next()};
        return static_cast<char>(std::stoi(digits, nullptr, 16));
      }
      case '"':
      case '\\':
        return escape;
      default:
        throw std::runtime_error("unknown escape");
    }
  }

  std::string_view text_;
};

CaseLine read_line(Scanner& line) {
  CaseLine out;
  out.word = line.word();
  line.skip_blanks();
  while (!line.at_end()) {
    if (line.at_quote()) {
      out.text += line.quoted();
    } else {
      const auto name = line.word();
      if (!line.take('=')) throw std::runtime_error("name=\"text\" was expected");
      out.fields[name] = line.quoted();
    }
    line.skip_blanks();
  }
  return out;
}

void add_line(std::string_view text, int number, std::vector<Case>& cases) {
  Scanner line(text);
  line.skip_blanks();
  if (line.at_end()) return;
  if (line.rest().substr(0, 5) == "case ") {
    cases.push_back({std::string(line.rest().substr(5)), {}});
    return;
  }
  if (cases.empty()) throw std::runtime_error("a case was expected first");
  cases.back().lines.push_back(read_line(line));
  cases.back().lines.back().line_number = number;
}

}  // namespace

std::string Case::text_of(std::string_view word) const {
  std::string text;
  for (const auto& line : lines) {
    if (line.word == word) text += line.text;
  }
  return text;
}

std::string Case::repeated_text_of(std::string_view word) const {
  std::string text;
  for (const auto& line : lines) {
    if (line.word != word) continue;
    const auto times = line.fields.find("times");
    const int count = times == line.fields.end() ? 1 : std::stoi(times->second);
    for (int i = 0; i < count; ++i) text += line.text;
  }
  return text;
}

CaseLine Case::first(std::string_view word) const {
  for (const auto& line : lines) {
    if (line.word == word) return line;
  }
  return {};
}

std::vector<Case> read_cases(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<Case> cases;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    try {
      add_line(line, number, cases);
    } catch (const std::exception& error) {
      throw std::runtime_error(path + ":" + std::to_string(number) + ": " + error.what());
    }
  }
  return cases;
}

}  // namespace sse::test
