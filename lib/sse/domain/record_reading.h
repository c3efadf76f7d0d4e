#pragma once

#include <functional>
#include <optional>

#include "sse/base/export.h"
#include "sse/base/later.h"
#include "sse/base/result.h"
#include "sse/domain/ports.h"
#include "sse/domain/store.h"

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
/// store; later where the store says it later.
SSE_EXPORT std::optional<Result<RecordedReading>> record_reading(const Ports& ports,
                                                                 const NewReading& wanted,
                                                                 Later<RecordedReading> later);

/// The same for a batch; a bad one never loses the good ones. False: `slots` was moved away, and
/// what `later` made gets it.
SSE_EXPORT bool record_readings(const Ports& ports, ReadingSlots& slots,
                                LaterSlots<ReadingSlots> later);

}  // namespace sse::domain
