#pragma once

/// \file
/// What a journal that keeps its events outside of memory has done.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sse::log {

/// Why a commit or a start did not go as it should.
enum class JournalFailure : std::uint8_t {
  kFull,      ///< no space for a commit; it may have succeeded once room was made
  kIo,        ///< a write or a read failed
  kSync,      ///< a sync failed: no more appends are taken
  kDamaged,   ///< damage that the start or a read found, a part each
  kTimedOut,  ///< appends answered before their commit ended: it took too long
  kRefused,   ///< appends that found no room in what may be pending
};
inline constexpr std::array kJournalFailures = {
    JournalFailure::kFull,    JournalFailure::kIo,       JournalFailure::kSync,
    JournalFailure::kDamaged, JournalFailure::kTimedOut, JournalFailure::kRefused};

/// The label value of a failure.
constexpr const char* to_string(JournalFailure failure) {
  constexpr std::array<const char*, kJournalFailures.size()> kNames = {
      "full", "io", "sync", "damaged", "timeout", "pending"};
  return kNames[static_cast<std::size_t>(failure)];
}

/// How long commits have taken since the start: those that were kept, each with its sync where it
/// makes one. A value.
struct CommitTimes {
  /// Upper ends of the buckets; there is one more, without end.
  static constexpr std::array<std::chrono::microseconds, 10> kBounds = {
      std::chrono::microseconds(100),     std::chrono::microseconds(250),
      std::chrono::microseconds(500),     std::chrono::microseconds(1'000),
      std::chrono::microseconds(2'500),   std::chrono::microseconds(5'000),
      std::chrono::microseconds(10'000),  std::chrono::microseconds(50'000),
      std::chrono::microseconds(250'000), std::chrono::microseconds(1'000'000)};

  std::array<std::uint64_t, kBounds.size() + 1> buckets{};  ///< each counts its own
  std::chrono::nanoseconds sum{0};
};

/// A value.
struct JournalCounts {
  std::uint64_t commits = 0;          ///< that were kept
  std::uint64_t failed_commits = 0;   ///< attempts: each is rolled back, but for a failed sync
  std::uint64_t events = 0;           ///< in the commits that were kept
  std::uint64_t syncs = 0;            ///< of files, those of checkpoints included
  CommitTimes commit_times;           ///< of the commits that were kept
  std::uint64_t pending_appends = 0;  ///< now: taken, and not committed yet
  std::uint64_t pending_bytes = 0;    ///< of them
  std::uint64_t pending_limit = 0;    ///< --max-pending
  std::uint64_t disk_bytes = 0;       ///< now: of events, as they are kept
  std::uint64_t used_bytes = 0;       ///< lately: of the disk that it takes
  std::uint64_t used_limit = 0;       ///< --max-disk-bytes; 0: none
  std::array<std::uint64_t, kJournalFailures.size()> failures{};

  std::uint64_t& of(JournalFailure failure) { return failures[static_cast<std::size_t>(failure)]; }
  std::uint64_t of(JournalFailure failure) const {
    return failures[static_cast<std::size_t>(failure)];
  }
};

}  // namespace sse::log
