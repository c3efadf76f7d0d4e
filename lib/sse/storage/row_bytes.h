#pragma once

/// \file
/// Metrics and readings as the bytes of rows: numbers of fixed sizes, little-endian, in the order
/// of their fields. A metric's name is the row's own, and its unit is what is left behind its
/// numbers: a metric without one has the bytes that it had before there were units. The metric of a
/// reading is the row that it is below.

#include <array>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/domain/metric.h"
#include "sse/domain/reading.h"

namespace sse::storage {

SSE_EXPORT std::string metric_bytes(const domain::Metric& metric);
SSE_EXPORT domain::Metric read_metric(const Uuid& id, std::string_view name,
                                      std::string_view bytes);

SSE_EXPORT std::array<char, 32> reading_bytes(const domain::Reading& reading);
SSE_EXPORT domain::Reading read_reading(const Uuid& metric_id, std::string_view bytes);

}  // namespace sse::storage
