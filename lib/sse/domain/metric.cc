#include "sse/domain/metric.h"

#include "sse/base/utf8.h"

namespace sse::domain {
namespace {

Error bad_name(const std::string& found) {
  return {ErrorCode::kInvalid, "name: expected 1 to " + std::to_string(kMaxMetricName) +
                                   " bytes of UTF-8 without control characters, got " + found};
}

}  // namespace

Status check_metric_name(std::string_view name) {
  if (name.empty()) return bad_name("an empty string");
  if (name.size() > kMaxMetricName) return bad_name(std::to_string(name.size()) + " bytes");
  if (!is_valid_utf8(name)) return bad_name("invalid UTF-8");
  if (has_control_character(name)) return bad_name("a control character");
  return {};
}

Status check_input_frequency(std::chrono::nanoseconds frequency) {
  if (frequency.count() >= 0) return {};
  return Error{ErrorCode::kInvalid,
               "input_frequency: expected a duration that is not negative, such as 1s or 0s"};
}

}  // namespace sse::domain
