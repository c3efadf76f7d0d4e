#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sse::test {

/// The words of a name in a source file: `sse::net::Loop` is `sse`, `net`, `Loop`; a name that
/// begins with `::` has an empty first word. The rest of a line, a keyword too, is a name as well.
struct QualifiedName {
  std::vector<std::string> words;
  std::size_t line = 0;            ///< of its first word
  bool follows_namespace = false;  ///< `namespace` stands before it
};

/// Every name of C++ code, in order; none of comments, of strings or of characters.
std::vector<QualifiedName> qualified_names(std::string_view code);

}  // namespace sse::test
