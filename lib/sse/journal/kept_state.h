#pragma once

/// \file
/// The tables `state` and `epochs`.

#include <string>
#include <vector>

#include "sse/base/export.h"
#include "sse/journal/database.h"
#include "sse/log/journal.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// How the hub that wrote a directory ran, and what no other table knows.
struct State {
  wire::Sequence rows_at = 0;  ///< the rows are saved as they were here
  wire::EventId tail;          ///< the newest event that retention has deleted; sequence 0: none
  bool is_clean = true;        ///< it was stopped, and all that it kept is in the file
  bool is_copy = false;        ///< a backup that no hub has written to yet
  std::string sync = "always";
  std::string boot;  ///< of the machine, as the kernel names it
};

/// Thread-compatible.
class SSE_EXPORT KeptState {
 public:
  /// Reads both tables; what is missing is as in a new directory. Failure: kDamaged only where
  /// SQLite says so; `is_damaged()` for what its checksum says.
  static Try<KeptState> load(Database& database);

  const State& state() const { return state_; }
  /// Oldest first; empty in a new directory.
  const std::vector<log::EpochStart>& epochs() const { return epochs_; }
  bool is_damaged() const { return is_damaged_; }

  /// In a transaction of the caller's; what is rolled back must be written again.
  Try<void> write(const State& state);
  /// The write was rolled back: this is what is there.
  void undo(const State& state) { state_ = state; }
  Try<void> begin_epoch(const log::EpochStart& start);

 private:
  Database* database_ = nullptr;
  State state_;
  std::vector<log::EpochStart> epochs_;
  bool is_damaged_ = false;
  Statement write_;
};

}  // namespace sse::journal
