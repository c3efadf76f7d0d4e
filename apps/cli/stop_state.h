#pragma once

#include <atomic>

namespace sse::cli {

/// The first stop signal, and whether the terminal sent it: one number, so that both are seen
/// together. Thread-safe, also in signal handlers.
class StopState {
 public:
  void clear() { state_ = 0; }

  /// Notes a signal. Returns whether it is the first: of several at once, one is.
  bool note(int signal, bool is_from_terminal) {
    int none = 0;
    return state_.compare_exchange_strong(none, signal | (is_from_terminal ? kFromTerminal : 0));
  }

  /// 0: none has come.
  int signal() const { return state_ & (kFromTerminal - 1); }
  bool is_from_terminal() const { return (state_ & kFromTerminal) != 0; }

 private:
  static constexpr int kFromTerminal = 0x100;

  std::atomic<int> state_{0};
  static_assert(std::atomic<int>::is_always_lock_free);
};

}  // namespace sse::cli
