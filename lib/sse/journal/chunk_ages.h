#pragma once

/// \file
/// How old chunks are, by a clock that does not jump. The file has wall time only; a jump of that
/// must not make a chunk expire early.

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
  /// A chunk up to `head` is as old as its ids say at this moment; one from the future is of now.
  ChunkAges(const Now& start, wire::Sequence head);

  /// Notes that the log ends at `head` now; at most once in `step`.
  void note(wire::Sequence head, BootTime now, std::chrono::nanoseconds step);

  /// The latest time at which the chunk can have been written.
  BootTime time_of(const ChunkRow& row) const;

  /// Chunks below this sequence are gone: forgets their times.
  void forget_before(wire::Sequence sequence);

 private:
  struct Mark {
    wire::Sequence head = 0;
    BootTime time;
  };

  Now start_;
  wire::Sequence head_at_start_;
  std::deque<Mark> marks_;  // in order: at `time` the log ended at `head`
  BootTime newest_;
};

}  // namespace sse::journal
