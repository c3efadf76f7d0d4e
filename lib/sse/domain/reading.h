#pragma once

/// \file
/// A reading: what a metric's value was at a moment.

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/base/uuid.h"

namespace sse::domain {

struct Reading {
  Uuid id;
  Uuid metric_id;
  double value = 0;
  WallTime timestamp;  ///< when it was measured, which need not be when it arrived

  friend bool operator==(const Reading&, const Reading&) = default;
};

// Errors are kInvalid, name the field, and say what was expected.

/// Finite: JSON has no other numbers.
SSE_EXPORT Status check_value(double value);

/// From 1970 on; the type itself ends in 2262.
SSE_EXPORT Status check_timestamp(WallTime timestamp);

}  // namespace sse::domain
