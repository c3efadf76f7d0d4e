#pragma once

#include <cstddef>
#include <cstdint>

#include "sse/base/export.h"
#include "sse/log/known_run.h"
#include "sse/log/next_write.h"
#include "sse/log/view.h"

namespace sse::log {

/// Reads every event of the log: a cursor, and nothing else. Loop-affine.
class SSE_EXPORT WholeReader {
 public:
  explicit WholeReader(const Cursor& cursor) : cursor_(cursor) {}

  const Cursor& cursor() const { return cursor_; }
  /// Before anything is gathered.
  void begin_at(wire::Sequence next) { cursor_ = {next, 0}; }

  /// Adds what comes next to `write`: one piece, up to its room and to the end of the event `last`.
  /// REQUIRES: cursor().next >= view.first_held(), last <= view.head().
  void gather(const View& view, wire::Sequence last, NextWrite& write) const;

  /// The first `bytes` that were gathered from this view were taken. The number of events that were
  /// completed.
  std::uint64_t consume(const View& view, std::size_t bytes) {
    const wire::Sequence first = cursor_.next;
    if (bytes > 0) cursor_ = view.advance(cursor_, bytes);
    return cursor_.next - first;
  }
  /// The same of `run`, which was found at the cursor.
  std::uint64_t consume(const View& view, const KnownRun& run, std::size_t bytes) {
    if (bytes < run.bytes().size()) return consume(view, bytes);
    const wire::Sequence first = cursor_.next;
    cursor_ = run.end();
    return cursor_.next - first;
  }

 private:
  Cursor cursor_;
};

}  // namespace sse::log
