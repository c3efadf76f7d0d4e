#pragma once

#include <string_view>

namespace sse::journal {

/// The value of a line `name:value` of what INFO has replied; empty: there is none.
std::string_view info_field(std::string_view info, std::string_view name);

}  // namespace sse::journal
