#pragma once

namespace sse::http {

/// Why a request is not one: the connection answers with it and closes, since nobody can say where
/// the next request would begin.
struct Refusal {
  int status = 400;
  const char* text = "";  ///< what was wrong and what was expected
};

}  // namespace sse::http
