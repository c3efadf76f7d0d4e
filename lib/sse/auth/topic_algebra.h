#pragma once

/// \file
/// Patterns of topics as sets of topics: what two of them share, and which holds another. The
/// grammar is that of wire/topic_pattern.h; every pattern here has no fault by it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"

namespace sse::auth {

/// The one pattern that matches what both match, with `+` and `#` for wildcards; nullopt when they
/// share no topic. The grammar is closed under this. The result may be longer than a filter may be,
/// and may end in `/` (`a//#` and `a/+` share the topic `a/`).
SSE_EXPORT std::optional<std::string> intersection(std::string_view a, std::string_view b);

/// Whether `wide` matches everything that `narrow` matches. Of `/+/#` and `/#`, which match the
/// same topics because a topic is not empty, it says no.
SSE_EXPORT bool covers(std::string_view wide, std::string_view narrow);

/// Drops each pattern that another one covers; of equal ones the first stays. The order is kept.
SSE_EXPORT void drop_covered(std::vector<std::string>& patterns);

}  // namespace sse::auth
