#pragma once

#include <string>
#include <string_view>

namespace sse::test {

/// `text` with each line end (CR, LF, CRLF) as LF: what a subscriber reads of it.
inline std::string with_line_feeds(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out.push_back(text[i]);
      continue;
    }
    out.push_back('\n');
    if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
  }
  return out;
}

}  // namespace sse::test
