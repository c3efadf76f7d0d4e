#pragma once

/// \file
/// A metric: something that is measured, how often, and in what unit.

#include <chrono>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/base/uuid.h"

namespace sse::domain {

/// Long enough for any name a person gives, short enough that a full table stays small.
inline constexpr std::size_t kMaxMetricName = 200;

/// Room for a unit in words; it stands behind every number that a page shows.
inline constexpr std::size_t kMaxMetricUnit = 32;

/// Names need not be unique; ids are.
struct Metric {
  Uuid id;
  std::string name;
  std::chrono::nanoseconds input_frequency{0};  ///< time between two readings; 0: none is expected
  std::string unit = {};                        ///< of its values; empty: none is known

  friend bool operator==(const Metric&, const Metric&) = default;
};

// Errors are kInvalid, name the field, and say what was expected.

/// 1 to kMaxMetricName bytes of UTF-8 without control characters.
SSE_EXPORT Status check_metric_name(std::string_view name);

/// At most kMaxMetricUnit bytes of UTF-8 without control characters; it may be empty.
SSE_EXPORT Status check_metric_unit(std::string_view unit);

/// Not negative.
SSE_EXPORT Status check_input_frequency(std::chrono::nanoseconds frequency);

}  // namespace sse::domain
