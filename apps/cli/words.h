#pragma once

/// \file
/// The words of a command line, before CLI11 sees them.

#include <cstddef>
#include <string>
#include <vector>

#include "sse/base/result.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sse::cli {

class CommandLine;

/// Words that CLI11 can only read in one way.
struct PlainWords {
  enum class Ask { kRun, kHelp, kVersion, kConfig };
  Ask ask = Ask::kRun;
  std::string subcommand;
  std::vector<std::string> words;
  std::vector<std::string> command;  ///< what followed a bare `--`, if the program takes a command
};

/// Walks `words` along the option tree. Left alone CLI11 would let an optional value eat the next
/// word, take `-.5` for an option and hand the words after `--` to positionals; and its complaints
/// do not say what was meant. Error: kInvalid: an unknown option or subcommand with its nearest
/// neighbour, a missing value, a value where none is taken.
Result<PlainWords> plain_words(const CommandLine& line, const std::vector<std::string>& words);

/// Where a line stands that is still being typed.
struct OpenLine {
  PlainWords plain;                       ///< of the words that are right so far
  const CLI::App* app = nullptr;          ///< the program or the subcommand
  const CLI::Option* awaiting = nullptr;  ///< an option whose value is the next word
  std::size_t positionals = 0;
  bool options_ended = false;
  bool in_command = false;  ///< after the `--` of a program that runs a command
};

/// The same walk over the words before the cursor: leaves out what is wrong or missing.
OpenLine open_line(const CommandLine& line, const std::vector<std::string>& words);

/// Null when `app` has no such subcommand.
const CLI::App* find_subcommand(const CLI::App& app, const std::string& name);

/// The candidate that `word` was most likely meant to be; empty when none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace sse::cli
