#pragma once

/// \file
/// How much of the disk's and of the machine's time reads may take from a hub that is at work.

#include <algorithm>
#include <chrono>

namespace sse::journal {

/// Two bounds. While appends wait, reads get a quarter of the time that commits have taken: so
/// commits keep four fifths of their rate, and no read waits for ever. While events come, reads get
/// a sixty-fourth of the machine's processors, and what is made of them takes about as much again:
/// so live streams and requests find a processor that is free. Thread-compatible.
class ReadAllowance {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;
  using Duration = Clock::duration;

  /// `processors`: of the machine; 0 is 1.
  explicit ReadAllowance(unsigned processors)
      : pause_(kShare > processors ? kShare / std::max(processors, 1U) - 1 : 0) {}

  /// A commit took so long, and has ended.
  void note_commit(Duration time, Time now) {
    left_ = std::min<Duration>(left_ + time / 4, kMost);
    busy_until_ = now + kBusy;
  }

  /// A read kept appends waiting for `delay`, and its thread used so much of a processor.
  void note_read(Duration delay, Duration processor, Time now) {
    left_ -= delay;
    if (now >= busy_until_) return;
    rest_until_ = std::max(rest_until_, now) + processor * pause_;
  }

  /// How long a read may go on while appends wait; not above 0: it has to wait for commits.
  Duration left() const { return left_; }

  /// How long reads have to rest, whether appends wait or not.
  Duration rest(Time now) const {
    return now < busy_until_ ? std::max(rest_until_ - now, Duration(0)) : Duration(0);
  }

 private:
  // What one commit may have to wait for, beside a page of the disk.
  static constexpr std::chrono::milliseconds kMost{2};

  // How long after a commit the next one is expected.
  static constexpr std::chrono::seconds kBusy{1};

  // Of one processor, reads get this part for each that there is.
  static constexpr unsigned kShare = 64;

  const unsigned pause_;  // a read is followed by so many times its own length
  Duration left_ = kMost;
  Time busy_until_;
  Time rest_until_;
};

}  // namespace sse::journal
