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

/// Whether `text` may be a Host field's value: no blank, no user, no path (RFC 9110 section 7.2).
/// Empty may be.
bool is_host_value(std::string_view text);

}  // namespace sse::http
