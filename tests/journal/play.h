#pragma once

/// \file
/// Publishers of all kinds, by seed.

#include <cstdint>
#include <random>
#include <vector>

#include "sse/base/uuid.h"
#include "sse/log/append.h"

#include "journal/life.h"
#include "support/disk_recording.h"
#include "support/manual_clock.h"

namespace sse::test {

/// Asks a life for events, rows, members and deletions: valid ones, and some that are refused.
/// Thread-compatible.
class Player {
 public:
  /// Keys of rows are numbered from `first_key` on, so that another life's are others.
  Player(std::uint64_t seed, std::uint64_t first_key) : random_(seed), next_key_(first_key) {}

  /// Some appends at once, without waiting for their answers.
  void play(Life& life);

  std::uint64_t next_key() const { return next_key_; }

 private:
  void add_one(log::Append& append, std::vector<Wish>& wishes);
  Uuid some_key();
  std::string some_text(std::size_t most);

  std::mt19937_64 random_;
  std::uint64_t next_key_;
  std::uint64_t next_text_ = 0;
};

/// A life that has ended, and all that it said.
struct Past {
  DiskFiles before;
  std::vector<DiskOperation> operations;
  std::map<wire::Sequence, ToldEvent> events;
  std::map<wire::Sequence, RowModel> rows;  ///< behind each event
  RowModel first_rows;                      ///< before the first of them
  std::vector<Promise> promises;
  std::vector<HeadSeen> heads;

  /// The newest sequence that must be there after a cut at this operation.
  wire::Sequence promised(std::size_t cut) const;
  /// The file `head` that a power cut there may leave; nothing: there is none.
  std::optional<std::string> head_after(std::size_t cut, std::uint64_t seed) const;
};

/// What an ended life leaves behind. REQUIRES: nothing is pending.
Past past_of(const Life& life, const RecordingVfs& disk);

/// Small limits, so that members give way, and a small write-ahead log, so that it is moved.
Life::Options small_options();

}  // namespace sse::test
