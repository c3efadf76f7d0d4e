#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "sse/http/refusal.h"

namespace sse::http {

struct Request;

/// What a head says about the bytes that follow it.
struct Framing {
  std::uint64_t content_length = 0;
  bool chunked = false;
  bool keep_alive = true;
  bool expects_continue = false;
};

/// Reads a whole head, from the request line to the blank line included, into `request` (method,
/// target, path, params, version, fields). Every line ends with CRLF already. Strict: what RFC
/// 9112 lets a server repair is refused.
std::variant<Framing, Refusal> parse_head(std::string_view head, Request& request);

}  // namespace sse::http
