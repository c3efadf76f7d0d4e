#pragma once

/// \file
/// What a hub that keeps its history in a directory may be told.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "sse/log/row_ledger.h"

namespace sse::journal {

/// When an event counts as kept: on the disk, or given to the operating system.
struct SyncPolicy {
  enum class Kind : std::uint8_t {
    kAlways,  ///< on the disk: neither a killed hub nor a power cut loses it
    kEvery,   ///< given to the system; on the disk within `interval`
    kOff,     ///< given to the system
  };
  Kind kind = Kind::kAlways;
  std::chrono::nanoseconds interval{0};
};

/// How far a start has read events back.
struct LoadProgress {
  std::uint64_t done = 0;
  std::uint64_t total = 0;  ///< from the oldest that is read to the newest
};

struct JournalOptions {
  std::string directory;  ///< made if it is not there; empty: history stays in memory
  SyncPolicy sync;
  std::size_t max_pending = std::size_t{64} << 20U;  ///< memory of events that wait to be kept
  std::uint64_t reserve = std::uint64_t{8} << 20U;   ///< freed when the disk is full; 0: none
  /// How long an event may wait; then its outcome is told as not known. 0: no limit.
  std::chrono::nanoseconds commit_timeout = std::chrono::seconds(10);
  /// Pages in the write-ahead log: from the first number on a pause is used to move them, from the
  /// second on they are moved without one.
  int checkpoint_pages = 1'000;
  int most_wal_pages = 2'000;  ///< what the reserve can take
  std::string vfs;             ///< of SQLite, for tests; empty: the standard one
  std::string boot_id;         ///< of this run of the machine, for tests; empty: the kernel's
  /// Told after each chunk that a start has read back, on its thread. Null: nothing is.
  std::function<void(const LoadProgress&)> on_progress = {};
};

/// What is kept of the log. The tightest rule wins.
struct LogLimits {
  std::chrono::nanoseconds ttl{0};  ///< age by the wall clock; 0: no limit
  std::uint64_t max_bytes = std::uint64_t{256} << 20U;
  std::uint64_t max_events = 0;  ///< 0: no limit
};

/// What is kept of answers to requests that may be repeated.
struct RepeatLimits {
  std::chrono::nanoseconds window{0};  ///< 0: none
  std::uint64_t max_bytes = std::uint64_t{32} << 20U;
};

/// All that a durable journal goes by.
struct DurableOptions {
  JournalOptions journal;
  LogLimits log;
  log::RowLimits rows;
  RepeatLimits repeats = {};
};

}  // namespace sse::journal
