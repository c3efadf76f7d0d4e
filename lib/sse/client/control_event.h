#pragma once

/// \file
/// What the server says about the stream itself, in events of the stream.

#include <optional>
#include <string>
#include <string_view>

namespace sse::client {

struct Gap;

inline constexpr std::string_view kGapType = "sse.gap";
inline constexpr std::string_view kClosingType = "sse.closing";

/// The data of an `sse.gap` event. What cannot be read is left empty: a gap is a gap.
Gap read_gap(std::string_view data);

/// The reason in the data of an `sse.closing` event; empty when it names none.
std::string read_closing_reason(std::string_view data);

}  // namespace sse::client
