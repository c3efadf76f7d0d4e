#pragma once

/// \file
/// The table `repeats`: the answers to repeated requests (log::Append::keep_repeat()), a list for
/// each commit:
///
///     id   the first sequence of the commit; 0: the row about the whole table
///     ms   the time of the commit; in row 0: every text since then is there
///     list u32 CRC-32C of the rest, then for each text u32 size | text;
///          in row 0: u32 CRC-32C | u64 window in ns | two u64 of the key of digests

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

/// Thread-compatible. The caller makes the transaction around each write, and calls settle() once
/// it is committed, else undo().
class SSE_EXPORT KeptRepeats {
 public:
  static Try<KeptRepeats> open(Database& database, const RepeatLimits& limits);

  /// Reads everything up to `head`; `report` gets each damage.
  Try<log::KeptRepeats> load(wire::Sequence head, const ChunkAges& ages, const Now& now,
                             RandomSource& random,
                             const std::function<void(const std::string&)>& report);
  /// Begins a run after load(). Returns the time since when every text is there: now when
  /// `is_all_there` is false, because some may be missing.
  Try<BootTime> begin(wire::Sequence head, bool is_all_there, const Now& now);

  Try<void> write(wire::Sequence first, std::chrono::milliseconds time,
                  std::span<const std::string> texts);

  /// Deletes the lists that are older than the window, and the oldest past the limit of bytes.
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
  std::string list_;  // that is written; keeps its memory, if that is not much
  Statement insert_;
  Statement oldest_;
  Statement delete_;
};

}  // namespace sse::journal
