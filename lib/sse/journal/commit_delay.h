#pragma once

/// \file
/// When the next commit begins.

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace sse::journal {

/// A commit costs what a sync costs, for one append or for a hundred. Publishers that each wait for
/// an answer come back a moment after it; a commit that begins at once leaves them to the one after
/// it, so that two commits share what one could take. So the next commit waits for them, for a part
/// of the time that the last one took; where that was in vain, the commits after it do not wait.
/// (PostgreSQL's commit_delay and commit_siblings, measured in place of configured.)
/// Thread-compatible.
class CommitDelay {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Span = std::chrono::steady_clock::duration;

  /// A publisher that is not back by then is slow, or gone.
  static constexpr Span kLongest = std::chrono::milliseconds(2);
  static constexpr std::size_t kMostSkipped = 64;

  /// A commit of `committed` appends has ended and been answered at `now`; it took `took`, and
  /// `queued` appends waited before the answers.
  void note(std::size_t committed, std::size_t queued, Span took, Time now) {
    committed_ = committed;
    queued_ = queued;
    end_ = now + std::min<Span>(took / 2, kLongest);
    is_pending_ = committed + queued > 1 && skipped_ >= to_skip_;
    ++skipped_;
  }

  /// For how long the next commit waits still; zero: it begins, and whether the wait was worth it
  /// is known. `queued` appends wait now.
  Span next_wait(std::size_t queued, Time now) {
    if (!is_pending_) return Span::zero();
    if (queued < awaited() && now < end_) return end_ - now;
    is_pending_ = false;
    skipped_ = 0;
    const bool was_in_vain = queued <= queued_ + committed_ / 2;
    to_skip_ = was_in_vain ? std::min(std::max<std::size_t>(2 * to_skip_, 1), kMostSkipped) : 0;
    return Span::zero();
  }

  /// How many appends end the wait.
  std::size_t awaited() const { return is_pending_ ? committed_ + queued_ : 1; }

 private:
  std::size_t committed_ = 0;
  std::size_t queued_ = 0;
  Time end_;
  bool is_pending_ = false;
  std::size_t to_skip_ = 0;  // commits that begin at once after a wait in vain
  std::size_t skipped_ = 0;
};

}  // namespace sse::journal
