#pragma once

/// \file
/// Reads the tables of examples beside the tests (tests/wire/parser_cases.txt says what a line
/// looks like).

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sse::test {

/// One line of a table: its first word, what follows it in quotes, and its name="text" pairs; all
/// text unescaped.
struct CaseLine {
  std::string word;
  std::string text;
  std::map<std::string, std::string> fields;
  int line_number = 0;
};

/// A `case NAME` line and the lines under it.
struct Case {
  std::string name;
  std::vector<CaseLine> lines;

  /// The texts of all lines that start with `word`, one after the other.
  std::string text_of(std::string_view word) const;
  /// The same, each as often as its field `times` says (once when it says nothing).
  std::string repeated_text_of(std::string_view word) const;
  /// The first line that starts with `word`; an empty one when there is none.
  CaseLine first(std::string_view word) const;
};

/// Throws std::runtime_error with file and line when the table is malformed.
std::vector<Case> read_cases(const std::string& path);

}  // namespace sse::test
