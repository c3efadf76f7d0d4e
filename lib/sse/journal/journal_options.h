#pragma once

/// \file
/// The options of a journal that keeps history in a directory.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "sse/log/row_ledger.h"

namespace sse::journal {

/// When an event is acknowledged, and visible.
struct SyncPolicy {
  enum class Kind : std::uint8_t {
    kAlways,  ///< when it is on the disk
    kEvery,   ///< when the system has it; it is on the disk within `interval`
    kOff,     ///< when the system has it
  };
  Kind kind = Kind::kAlways;
  std::chrono::nanoseconds interval{0};
};

/// How many events a start has read back so far.
struct LoadProgress {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
};

struct JournalOptions {
  std::string directory;  ///< made if it is not there; empty: history stays in memory
  SyncPolicy sync;
  std::size_t max_pending = std::size_t{64} << 20U;  ///< bytes of events that wait for a commit
  std::uint64_t reserve = std::uint64_t{8} << 20U;   ///< bytes of the reserve file; 0: none
  /// How long an event may wait before it is answered without its outcome (outcomes.h). 0: no
  /// limit.
  std::chrono::nanoseconds commit_timeout = std::chrono::seconds(10);
  int checkpoint_pages = 1'000;  ///< a write-ahead log of this length is moved in the next pause
  int most_wal_pages = 2'000;    ///< one of this length, after the commit
  std::string vfs;               ///< of SQLite, for tests; empty: the standard one
  std::string boot_id;           ///< of this run of the machine, for tests; empty: the kernel's
  /// Called after each chunk that a start has read back, on its thread; may be null.
  std::function<void(const LoadProgress&)> on_progress = {};
};

/// How much of the log is kept. The tightest limit wins.
struct LogLimits {
  std::chrono::nanoseconds ttl{0};  ///< age by the wall clock; 0: no limit
  /// What a start reads back of the newest events; what is before them stays in the directory, and
  /// is read when it is asked for.
  std::uint64_t memory_bytes = std::uint64_t{256} << 20U;
  std::uint64_t max_events = 0;  ///< 0: no limit
  /// Of the database: its pages that are in use, and its write-ahead log. 0: no limit.
  std::uint64_t max_disk_bytes = 0;
};

/// How much is kept of the answers to requests that may be repeated.
struct RepeatLimits {
  std::chrono::nanoseconds window{0};  ///< 0: none
  std::uint64_t max_bytes = std::uint64_t{32} << 20U;
};

/// All options of a durable journal.
struct DurableOptions {
  JournalOptions journal;
  LogLimits log;
  log::RowLimits rows;
  RepeatLimits repeats = {};
};

}  // namespace sse::journal
