#pragma once

/// \file
/// Metrics and readings as JSON, the same in answers and in events.

#include <cstddef>
#include <string>

#include "sse/domain/metric.h"
#include "sse/domain/reading.h"

namespace sse::metrics {

/// `{"id","name","input_frequency","unit"}`, the frequency as integer nanoseconds; without `unit`
/// where the metric has none.
void append_metric(std::string& out, const domain::Metric& metric);

/// The same object without its closing brace, for one that goes on.
void append_open_metric(std::string& out, const domain::Metric& metric);

/// What append_reading() appends has room in this, unless the value has very many digits.
inline constexpr std::size_t kUsualReadingSize = 176;

/// `{"id","metric_id","value","timestamp"}`
void append_reading(std::string& out, const domain::Reading& reading);

}  // namespace sse::metrics
