#pragma once

#include <string_view>

#include "sse/base/export.h"
#include "sse/json/object.h"

namespace sse::json {

/// Reads the JSON that programs write most: an object whose members are numbers, words, and strings
/// of printable ASCII without escapes; nothing nested, no key twice. It takes nothing that
/// nlohmann/json does not take, and judges nothing: false means that somebody else has to look,
/// with whatever members are in `object` by then. `text` must outlive the use of `object`.
SSE_EXPORT bool read_plain_object(std::string_view text, Object& object);

}  // namespace sse::json
