#pragma once

#include <chrono>
#include <string>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/domain/ports.h"

namespace sse::domain {

/// What somebody who creates a metric says.
struct NewMetric {
  std::string name;
  std::chrono::nanoseconds input_frequency{0};
  WhenNameExists when_exists = WhenNameExists::kCreateAnother;
};

/// Gives the metric its id and keeps it. Errors: kInvalid (metric.h), and those of the store.
SSE_EXPORT Result<CreatedMetric> create_metric(const Ports& ports, const NewMetric& wanted);

}  // namespace sse::domain
