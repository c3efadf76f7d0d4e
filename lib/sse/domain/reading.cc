#include "sse/domain/reading.h"

#include <cmath>

namespace sse::domain {

Status check_value(double value) {
  if (std::isfinite(value)) return {};
  return Error{ErrorCode::kInvalid, "value: expected a finite number"};
}

Status check_timestamp(WallTime timestamp) {
  if (timestamp.time_since_epoch().count() >= 0) return {};
  return Error{ErrorCode::kInvalid, "timestamp: expected a time from 1970 to 2261"};
}

}  // namespace sse::domain
