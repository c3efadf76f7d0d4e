#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sse/http/refusal.h"

namespace sse::http {

struct Request;

/// Reads the target of a request line into `request`: target, path (percent-decoded), params
/// (percent-decoded; `+` is a plus sign). Origin form, absolute form (`host` gets its authority,
/// which counts instead of the Host field, RFC 9112 section 3.2.2), and `*` for OPTIONS.
std::optional<Refusal> parse_target(std::string_view target, Request& request,
                                    std::optional<std::string>& host);

}  // namespace sse::http
