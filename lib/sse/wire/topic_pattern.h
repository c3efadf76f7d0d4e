#pragma once

/// \file
/// Patterns of topics, as filters have them: levels by `/`; `+` or `*` is one level, `#` or `**` at
/// the end the rest (also none: `a/#` matches `a`, `#` every event, also one without a topic).

#include <string_view>

#include "sse/base/export.h"

namespace sse::wire {

/// What is wrong with the wildcards and levels of `pattern`, and what was expected; empty: nothing.
/// REQUIRES: `pattern` is not empty.
SSE_EXPORT std::string_view fault_of_topic_pattern(std::string_view pattern);

/// REQUIRES: `pattern` has no fault. `topic`: empty for an event without one.
SSE_EXPORT bool matches_topic(std::string_view pattern, std::string_view topic);

/// Whether it has no wildcard, so that it matches itself only.
SSE_EXPORT bool is_exact_topic(std::string_view pattern);

/// Whether it matches every event, also one without a topic.
SSE_EXPORT bool is_every_topic(std::string_view pattern);

}  // namespace sse::wire
