#include "sse/domain/metric.h"

#include "sse/base/utf8.h"

namespace sse::domain {
namespace {

/// Of `least` (0 or 1) to `most` bytes; the error names the field.
Status check_text(const char* field, std::string_view text, std::size_t least, std::size_t most) {
  const auto bad = [&](const std::string& found) {
    const std::string expected = least == 0 ? "at most " : "1 to ";
    return Error{ErrorCode::kInvalid,
                 std::string(field) + ": expected " + expected + std::to_string(most) +
                     " bytes of UTF-8 without control characters, got " + found};
  };
  if (text.size() < least) return bad("an empty string");
  if (text.size() > most) return bad(std::to_string(text.size()) + " bytes");
  if (!is_valid_utf8(text)) return bad("invalid UTF-8");
  if (has_control_character(text)) return bad("a control character");
  return {};
}

}  // namespace

Status check_metric_name(std::string_view name) {
  return check_text("name", name, 1, kMaxMetricName);
}

Status check_metric_unit(std::string_view unit) {
  return check_text("unit", unit, 0, kMaxMetricUnit);
}

Status check_input_frequency(std::chrono::nanoseconds frequency) {
  if (frequency.count() >= 0) return {};
  return Error{ErrorCode::kInvalid,
               "input_frequency: expected a duration that is not negative, such as 1s or 0s"};
}

}  // namespace sse::domain
