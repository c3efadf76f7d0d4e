#pragma once

#include <string>
#include <string_view>

#include "sse/base/result.h"

namespace sse::pub {

/// Appends `,"name":"text"` or, at the start of an object, `"name":"text"`.
/// Error: kInvalid when `text` is not UTF-8: it would not arrive as it is.
Status append_member(std::string_view name, std::string_view text, std::string& json);

/// An event as one line of NDJSON, into `json`. Empty type and topic are left out.
Status write_event(std::string_view type, std::string_view topic, std::string_view data,
                   std::string& json);

}  // namespace sse::pub
