#pragma once

#include <string>
#include <string_view>

namespace sse::fuzz {

/// Breaks an SSE_CHECK unless `bytes` are one answer and nothing else (RFC 9112): status line and
/// fields without control characters, exactly as much body as the head says, JSON with one `error`
/// in every refusal.
void check_answer(std::string_view bytes, int status, std::string_view method);

/// Checks a head at the start of `bytes` and returns its length, blank line included.
std::size_t check_head(std::string_view bytes, int status);

}  // namespace sse::fuzz
