#pragma once

/// \file
/// When chunks of the log happened, by the clock that ages are counted with. The file knows wall
/// time alone, which may jump: that must make nothing expire early.

#include <chrono>
#include <deque>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/journal/kept_log.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// Thread-compatible.
class SSE_EXPORT ChunkAges {
 public:
  /// What was kept up to `head` is as old as its ids said at this moment, and never younger than 0.
  ChunkAges(const Now& start, wire::Sequence head);

  /// The log ends at `head` now. Remembered at most once in `step`.
  void note(wire::Sequence head, BootTime now, std::chrono::nanoseconds step);

  /// The latest moment at which the chunk may have been written.
  BootTime time_of(const ChunkRow& row) const;

  /// Forgets what is only needed for chunks below this sequence.
  void forget_before(wire::Sequence sequence);

 private:
  struct Mark {
    wire::Sequence head = 0;
    BootTime time;
  };

  Now start_;
  wire::Sequence head_at_start_;
  std::deque<Mark> marks_;  // in order: by `time` the log had come to `head`
  BootTime newest_;
};

}  // namespace sse::journal
