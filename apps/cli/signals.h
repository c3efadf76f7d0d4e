#pragma once

#include <sys/types.h>

namespace sse::cli {

/// INT, TERM, HUP and QUIT as a flag and a readable descriptor. The first one asks to finish; the
/// second ends the process at once, and passes itself on to the command that ends_with_us() names.
/// One at a time, made before threads start; restores nothing. Thread-safe.
class StopSignals {
 public:
  /// Throws std::system_error when no descriptor can be had.
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Readable for ever once a signal has come: for poll(), never to be read.
  int fd() const { return fd_; }

  /// The signal that has come, 0 before that.
  int received() const;

  /// Whether the terminal sent it (Ctrl-C): then a child in the foreground has had it too.
  bool sent_by_terminal() const;

 private:
  int fd_;  // stays open: a handler may write to it until the process ends
};

/// From now on a HUP that no terminal has sent wakes this descriptor (WakeFd::wake()), and is not a
/// signal to stop. -1: it is. REQUIRES: the descriptor is open until then.
void reload_on_hup(int wake_fd);

/// A command is about to start that the second signal will be for as well. Until ends_with_us()
/// says what its number is, a second signal waits, so that it does not leave the command behind; a
/// third one does not.
void starts_what_ends_with_us();

/// The command that the second signal is for as well: a process, or a group as a negative number;
/// 0: none. Ends the process, as the handler does, when a second signal has waited for this.
/// REQUIRES: it is not reaped while it is named.
void ends_with_us(pid_t command);

/// Ends the process as the default action of `signal` does, so that a shell sees what killed it,
/// but without a core dump. stdout must have been flushed.
[[noreturn]] void die_by_signal(int signal);

}  // namespace sse::cli
