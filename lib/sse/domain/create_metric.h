#pragma once

#include <chrono>
#include <string>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/domain/ports.h"

namespace sse::domain {

/// What a caller says of a metric to create.
struct NewMetric {
  std::string name;
  std::chrono::nanoseconds input_frequency{0};
  WhenNameExists when_exists = WhenNameExists::kCreateAnother;
  std::string unit = {};  ///< empty: none is known
};

/// Gives the metric its id and keeps it. Errors: kInvalid (metric.h), and those of the store; later
/// where the store says it later.
SSE_EXPORT std::optional<Result<CreatedMetric>> create_metric(const Ports& ports,
                                                              const NewMetric& wanted,
                                                              Later<CreatedMetric> later);

}  // namespace sse::domain
