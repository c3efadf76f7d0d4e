#include "line_syntax.h"

#include "sse/base/escape.h"
#include "sse/client/publish_json.h"

#include "reading_text.h"

namespace sse::pub {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kNow = "-1";

Error wrong(std::string text) {
  return {ErrorCode::kInvalid, std::move(text)};
}

/// Takes the next word off `rest`; empty at the end.
std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  const std::string_view word = rest.substr(0, rest.find_first_of(kBlanks));
  rest.remove_prefix(word.size());
  return word;
}

/// Takes `"a name"` off `rest`, which starts with the quote.
Result<std::string> take_quoted(std::string_view& rest) {
  std::string name;
  for (std::size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] == '"') {
      rest.remove_prefix(at + 1);
      return name;
    }
    if (rest[at] == '\\' && at + 1 < rest.size()) ++at;
    name += rest[at];
  }
  return wrong("the quote before the name is never closed");
}

Result<std::string> take_metric(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  if (rest.starts_with('"')) return take_quoted(rest);
  return std::string(take_word(rest));
}

}  // namespace

Result<ReadingLine> parse_reading_line(std::string_view line, std::optional<WallTime> now) {
  ReadingLine read;
  read.metric = SSE_TRY(take_metric(line));
  if (read.metric.empty()) return wrong("the name is empty; expected METRIC VALUE [TIME]");
  const std::string_view value = take_word(line);
  if (value.empty()) return wrong("there is no value; expected METRIC VALUE [TIME]");
  read.value = SSE_TRY(client::json_number(value));
  if (const std::string_view time = take_word(line); !time.empty() && time != kNow) {
    read.time = SSE_TRY(read_time(time, now));
  }
  if (const std::string_view extra = take_word(line); !extra.empty()) {
    return wrong(sse::quoted(extra) + " is too much; expected METRIC VALUE [TIME]");
  }
  return read;
}

}  // namespace sse::pub
