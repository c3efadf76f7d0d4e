#pragma once

/// \file
/// The newest event of each (type, topic) pair: the reference of `since=each` and of `every=`.

#include <optional>
#include <string>
#include <vector>

#include "model/life.h"

namespace sse::model {

/// What came since a place in the log: it must be conflated(place, end]. A pair whose newest event
/// of these has a newer one behind the end may be missing: it was superseded before it was sent.
/// Thread-compatible.
class Round {
 public:
  /// Behind `place` nothing has come yet.
  void begin(Sequence place) {
    place_ = place;
    came_.clear();
  }
  void add(Sequence sequence) { came_.push_back(sequence); }

  bool is_empty() const { return came_.empty(); }
  Sequence place() const { return place_; }

  /// What is missing up to `end` (empty: nothing).
  std::string missing(const Life& life, const Filter& filter, Sequence end, Sequence first) const;
  /// What is wrong if the round ends with the event `end` (empty: nothing). What is older than
  /// `first` may have expired.
  std::string judge(const Life& life, const Filter& filter, Sequence end, Sequence first) const;

 private:
  Sequence place_ = 0;
  std::vector<Sequence> came_;  // ascending
};

}  // namespace sse::model
