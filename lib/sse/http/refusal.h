#pragma once

namespace sse::http {

/// Why bytes are not a request: the connection answers with it and closes, since it is unknown
/// where the next request would begin.
struct Refusal {
  int status = 400;
  const char* text = "";  ///< what was wrong and what was expected
};

}  // namespace sse::http
