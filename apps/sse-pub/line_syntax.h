#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/base/result.h"

namespace sse::pub {

/// One line of `sse-pub reading -l`, or of Graphite's plain text.
struct ReadingLine {
  std::string metric;  ///< name or id
  std::string value;   ///< as JSON takes it
  std::optional<WallTime> time;
};

/// `METRIC VALUE [TIME]`, blanks or TABs between. A name with blanks stands in double quotes, where
/// a backslash takes the next character as it is. TIME: seconds since 1970, what read_time() takes,
/// or `-1`, which Graphite takes for now. Error: kInvalid.
Result<ReadingLine> parse_reading_line(std::string_view line, std::optional<WallTime> now);

}  // namespace sse::pub
