#pragma once

/// \file
/// Query parameters, checked: errors name the parameter and what was expected.

#include <chrono>
#include <optional>
#include <string>

#include "sse/base/clock.h"
#include "sse/base/result.h"
#include "sse/base/uuid.h"

namespace sse::http {
struct Request;
}

namespace sse::web {

/// A parameter's first value; nullopt when it is not there.
std::optional<std::string> query_text(const http::Request& request, const char* name);

/// `true` or `false`; false when it is not there.
Result<bool> query_flag(const http::Request& request, const char* name);

/// A number from 1 to `most`; `fallback` when it is not there.
Result<std::size_t> query_count(const http::Request& request, const char* name,
                                std::size_t fallback, std::size_t most);

/// A duration (`10s`), at most `most`; zero when it is not there.
Result<std::chrono::nanoseconds> query_duration(const http::Request& request, const char* name,
                                                std::chrono::nanoseconds most);

/// RFC 3339, `@epoch`, or a duration ago (`5m`); nullopt when it is not there.
Result<std::optional<WallTime>> query_time(const http::Request& request, const char* name,
                                           const Now& now);

/// The UUID in the path, or in the parameter, of that name.
Result<Uuid> query_uuid(const http::Request& request, const char* name);

}  // namespace sse::web
