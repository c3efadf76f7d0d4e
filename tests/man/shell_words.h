#pragma once

#include <string>
#include <vector>

namespace sse::test {

/// The commands in a line of shell, each as its words: quotes undone, comments and substitutions
/// left out, variables as they stand. Enough of the shell for the examples of the manual pages.
std::vector<std::vector<std::string>> commands_in(const std::string& line);

}  // namespace sse::test
