#pragma once

/// \file
/// The table `repeats`: what answers requests that are repeated (log::Append::keep_repeat()), a
/// list beside the events of each commit:
///
///     id   the first sequence of the commit; 0 for what holds of the whole table
///     ms   when; of id 0: from when on every text is there
///     list u32 CRC-32C of everything behind it, then of each text u32 size | text;
///          of id 0: u32 CRC-32C | u64 window in ns | two u64 of the key of digests

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/random.h"
#include "sse/journal/chunk_ages.h"
#include "sse/journal/database.h"
#include "sse/journal/journal_options.h"
#include "sse/log/journal.h"

namespace sse::journal {

/// Thread-compatible. All that writes does so in a transaction of the caller's, and is followed by
/// settle() once that is committed, or by undo().
class SSE_EXPORT KeptRepeats {
 public:
  static Try<KeptRepeats> open(Database& database, const RepeatLimits& limits);

  /// Reads everything up to `head`. `report` is told of what is damaged.
  Try<log::KeptRepeats> load(wire::Sequence head, const ChunkAges& ages, const Now& now,
                             RandomSource& random,
                             const std::function<void(const std::string&)>& report);
  /// Begins a run after load(). `is_all_there`: false when some may be missing, so that none that
  /// was given before now is promised. From when on every text is there.
  Try<BootTime> begin(wire::Sequence head, bool is_all_there, const Now& now);

  Try<void> write(wire::Sequence first, std::chrono::milliseconds time,
                  std::span<const std::string> texts);

  /// Deletes what is older than the window or past the limit of bytes, oldest first.
  Try<void> apply(const ChunkAges& ages, BootTime now);

  void settle() { settled_ = state_; }
  void undo() { state_ = settled_; }

 private:
  struct State {
    std::uint64_t bytes = 0;
    std::chrono::milliseconds since{0};
  };

  KeptRepeats(Database& database, const RepeatLimits& limits)
      : database_(&database), limits_(limits) {}
  Try<void> prepare();
  Try<void> read_table(const Now& now, RandomSource& random);
  Try<void> write_table();

  Database* database_;
  RepeatLimits limits_;
  State state_;
  State settled_;
  std::array<std::uint64_t, 2> digest_key_{};
  Statement insert_;
  Statement oldest_;
  Statement delete_;
};

}  // namespace sse::journal
