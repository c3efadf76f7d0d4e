#pragma once

#include <functional>
#include <optional>

#include "sse/base/export.h"
#include "sse/base/later.h"
#include "sse/base/result.h"
#include "sse/domain/ports.h"
#include "sse/domain/store.h"

namespace sse::domain {

/// What a caller says of a reading to record.
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

/// The same for one of many: adds it to `draft` under the number `slot`; without a time of its own
/// it was taken `now`. Errors: kInvalid, kTooLarge; then it is not in the draft.
SSE_EXPORT Status draft_reading(const NewReading& wanted, WallTime now, RandomSource& random,
                                ReadingDraft& draft, std::size_t slot);

}  // namespace sse::domain
