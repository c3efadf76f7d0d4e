#pragma once

#include <array>
#include <string>

#include "cli/command_line.h"
#include "sse-pub/options.h"
#include "sse-serve/options.h"
#include "sse-sub/options.h"

namespace sse::man {

/// The option trees of all programs: for the manual pages, and for what is checked against them.
class OptionTrees {
 public:
  OptionTrees();
  OptionTrees(const OptionTrees&) = delete;
  OptionTrees& operator=(const OptionTrees&) = delete;

  std::array<cli::CommandLine*, 3> all() { return {&serve_, &pub_, &sub_}; }

  /// Null when no program has that name.
  cli::CommandLine* find(const std::string& program);

 private:
  serve::Options serve_options_;
  pub::Options pub_options_;
  sub::Options sub_options_;
  cli::CommandLine serve_{"sse-serve", serve::kSummary};
  cli::CommandLine pub_{"sse-pub", pub::kSummary};
  cli::CommandLine sub_{"sse-sub", sub::kSummary};
};

}  // namespace sse::man
