#pragma once

/// \file
/// What a log may show of a request's target.

#include <string>
#include <string_view>

#include "sse/base/export.h"

namespace sse {

/// `target` with `***` in place of what signs a peer in: the values of the query's parameters
/// `ticket`, `token`, `access_token`, `auth` and `authorization`, however their names are written.
/// The one function that every log uses; log_line() escapes the rest.
SSE_EXPORT std::string logged_target(std::string_view target);

}  // namespace sse
