#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "sse/base/export.h"
#include "sse/base/keyed_hash.h"
#include "sse/base/result.h"
#include "sse/log/segment_table.h"
#include "sse/log/view.h"
#include "sse/wire/event_id.h"

namespace sse::log {

/// A part that was read back, as the log itself holds events: blocks, their index and their names.
struct PartCopy {
  std::shared_ptr<const SegmentTable> segments;
  wire::Sequence last = 0;
  std::size_t bytes = 0;  ///< of memory, in whole pages
};

/// The events of `range` that are in `chunks`, which may hold others before and after it. Error:
/// kInvalid, where a chunk is damaged, or they do not hold the range.
SSE_EXPORT Result<PartCopy> copy_part(std::span<const std::string> chunks, const PartRange& range,
                                      const KeyedHash& name_hash);

}  // namespace sse::log
