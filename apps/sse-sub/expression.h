#pragma once

/// \file
/// What `--where` and `-F` have in common: how they name a place in JSON, and how they say where
/// they are wrong.

#include <string>
#include <string_view>

#include "sse/base/result.h"
#include "sse/json/pointer.h"

namespace sse::sub {

/// `'/value >': column 9: expected a value`; the column counts characters from 1.
Error error_at(std::string_view text, std::size_t at, std::string_view what);

/// Reads the JSON Pointer at `at`: up to the first of `ends`, or a JSON string in double quotes,
/// for keys that hold one of those. Moves `at` behind it.
Result<json::Pointer> read_pointer(std::string_view text, std::size_t& at, std::string_view ends);

/// The JSON string that begins at `at`, with its quotes; empty when it has no end, or is not JSON.
std::string_view string_at(std::string_view text, std::size_t at);

}  // namespace sse::sub
