#pragma once

#include <algorithm>
#include <cstdint>

namespace sse {

/// The work that may still be done before others have their turn. It is counted, not measured, so
/// that what is cut is the same on every machine and in every test. A value.
class Budget {
 public:
  /// A step takes about 10 ns: an event of the index is tested, 16 bytes are copied or parsed.
  /// A system call on a socket is some 200.
  static constexpr std::uint64_t kStepsPerMillisecond = 100'000;
  static constexpr std::uint64_t kSystemCall = 200;
  /// The steps that it takes to copy or parse so many bytes, and the bytes that so many steps copy.
  static constexpr std::uint64_t steps_for_bytes(std::uint64_t bytes) { return bytes / 16; }
  static constexpr std::uint64_t bytes_for_steps(std::uint64_t steps) { return steps * 16; }

  explicit Budget(std::uint64_t steps) : left_(steps) {}

  /// More than is left may be spent: what has begun is finished.
  void spend(std::uint64_t steps) { left_ -= std::min(left_, steps); }
  bool is_spent() const { return left_ == 0; }
  std::uint64_t left() const { return left_; }

 private:
  std::uint64_t left_;
};

}  // namespace sse
