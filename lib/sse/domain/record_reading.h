#pragma once

#include <optional>
#include <span>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/domain/ports.h"

namespace sse::domain {

/// What somebody who measured says.
struct NewReading {
  Uuid metric_id;
  double value = 0;
  std::optional<WallTime> timestamp;  ///< now, when not said
};

/// A kept reading, and the event that told of it.
struct RecordedReading {
  Reading reading;
  Uuid event_id;
};

/// Gives the reading its id and time and keeps it. Errors: kInvalid (reading.h), and those of the
/// store.
SSE_EXPORT Result<RecordedReading> record_reading(const Ports& ports, const NewReading& wanted);

/// The same for many: one result each, in order; a bad one never loses the good ones.
SSE_EXPORT std::vector<Result<RecordedReading>> record_readings(const Ports& ports,
                                                                std::span<const NewReading> wanted);

}  // namespace sse::domain
