#include "cli/signals.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "sse/base/wake_fd.h"

#include "cli/exit_code.h"

namespace sse::cli {
namespace {

// What a handler may touch.
std::atomic<int> stop_signal{0};
std::atomic<bool> stop_from_terminal{false};
std::atomic<int> stop_fd{-1};
std::atomic<pid_t> command_of_ours{0};
static_assert(std::atomic<int>::is_always_lock_free);

constexpr std::array kStops{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/// The second one. Its default action follows once the handler has returned.
void end_at_once(int signal, bool is_from_terminal) {
  const pid_t command = command_of_ours;
  // The terminal has sent it to the command as well, unless that has a group of its own.
  if (command < 0 || (command > 0 && !is_from_terminal)) ::kill(command, signal);
  std::signal(signal, SIG_DFL);
  ::raise(signal);
}

void on_stop(int signal, siginfo_t* origin, void* /*context*/) {
  const int saved_errno = errno;
  const bool is_from_terminal = origin->si_code == SI_KERNEL;
  if (stop_signal != 0) {
    end_at_once(signal, is_from_terminal);
  } else {
    stop_from_terminal = is_from_terminal;
    stop_signal = signal;
    WakeFd::wake(stop_fd);
  }
  errno = saved_errno;
}

}  // namespace

StopSignals::StopSignals() : fd_(WakeFd().release()) {
  if (fd_ < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make an eventfd for signals");
  }
  stop_signal = 0;
  stop_from_terminal = false;
  stop_fd = fd_;
  struct sigaction action {};
  action.sa_sigaction = on_stop;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigemptyset(&action.sa_mask);
  // One handler at a time: the first signal decides how the process ends.
  for (const int signal : kStops) sigaddset(&action.sa_mask, signal);
  for (const int signal : kStops) {
    struct sigaction before {};
    // A signal that our parent chose to ignore stays ignored (nohup, a shell's background job).
    if (::sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    ::sigaction(signal, &action, nullptr);
  }
}

int StopSignals::received() const {
  return stop_signal;
}

bool StopSignals::sent_by_terminal() const {
  return stop_from_terminal;
}

void ends_with_us(pid_t command) {
  command_of_ours = command;
}

void die_by_signal(int signal) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  std::signal(signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  std::raise(signal);
  ::_exit(kSignalBase + signal);  // a signal whose default action is not to end
}

}  // namespace sse::cli
