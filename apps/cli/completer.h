#pragma once

/// \file
/// The hidden command `__complete WORDS... CUR` that the shells' adaptors in completions/ ask.

#include <string>
#include <vector>

#include "cli/environment.h"
#include "cli/live_values.h"
#include "cli/words.h"

namespace sse::cli {

class CommandLine;

using Candidates = std::vector<Candidate>;

/// What the last word of a command line may become (see CommandLine::complete()); a directive
/// instead of candidates where the shell knows best. Thread-compatible; used once.
class Completer {
 public:
  Completer(CommandLine& line, const Environment& environment)
      : line_(line), environment_(environment) {}

  std::string complete(std::vector<std::string> words);

 private:
  std::string options_for(const std::string& cur);
  std::string values_of(const Option& option, const std::string& prefix, const std::string& cur);
  void add(Candidates&& more);
  LiveHub hub_so_far();
  std::string print(const std::string& prefix, const std::string& cur) const;

  CommandLine& line_;
  const Environment& environment_;
  ReadLine open_;
  Candidates found_;
};

}  // namespace sse::cli
