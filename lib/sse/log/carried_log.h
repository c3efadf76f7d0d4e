#pragma once

#include <string>
#include <vector>

#include "sse/log/entry.h"
#include "sse/log/journal.h"

namespace sse::log {

/// A log in memory on its way from one process to another: what the other one's MemoryJournal
/// starts with. A value.
struct CarriedLog {
  Origin origin;                    ///< before the first event of the chunks
  wire::EventId head;               ///< of the last one, or of the origin
  std::vector<std::string> chunks;  ///< chunk.h, in order, without a hole
  std::vector<KeptRow> rows;        ///< as they are at the head
};

}  // namespace sse::log
