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
#include "cli/stop_state.h"

namespace sse::cli {
namespace {

constexpr pid_t kStarting = -1;  // no group: kill(-1) would be for every process

// What a handler may touch.
StopState first_stop;
StopState waiting_stop;  // a second one, for as long as a command is starting
std::atomic<int> stop_fd{-1};
std::atomic<pid_t> command_of_ours{0};
std::atomic<int> reload_fd{-1};
static_assert(std::atomic<int>::is_always_lock_free);

constexpr std::array kStops{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/// The second one. In a handler its default action follows once that has returned.
void end_at_once(int signal, bool is_from_terminal) {
  const pid_t command = command_of_ours;
  // The terminal has sent it to the command as well, unless that has a group of its own.
  const bool has_group = command < 0 && command != kStarting;
  if (has_group || (command > 0 && !is_from_terminal)) ::kill(command, signal);
  std::signal(signal, SIG_DFL);
  ::raise(signal);
}

/// Whether it is left to ends_with_us(). Either that sees it, or we see the command.
bool waits_for_command(int signal, bool is_from_terminal) {
  if (command_of_ours != kStarting || !waiting_stop.note(signal, is_from_terminal)) return false;
  return command_of_ours == kStarting;
}

void on_stop(int signal, siginfo_t* origin, void* /*context*/) {
  const int saved_errno = errno;
  const bool is_from_terminal = origin->si_code == SI_KERNEL;
  const int reload = reload_fd;
  if (signal == SIGHUP && reload >= 0 && !is_from_terminal) {
    WakeFd::wake(reload);
  } else if (first_stop.note(signal, is_from_terminal)) {
    WakeFd::wake(stop_fd);
  } else if (!waits_for_command(signal, is_from_terminal)) {
    end_at_once(signal, is_from_terminal);
  }
  errno = saved_errno;
}

}  // namespace

StopSignals::StopSignals() : fd_(WakeFd().release()) {
  if (fd_ < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make an eventfd for signals");
  }
  first_stop.clear();
  waiting_stop.clear();
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
  return first_stop.signal();
}

bool StopSignals::sent_by_terminal() const {
  return first_stop.is_from_terminal();
}

void starts_what_ends_with_us() {
  command_of_ours = kStarting;
}

void reload_on_hup(int wake_fd) {
  reload_fd = wake_fd;
}

void ends_with_us(pid_t command) {
  command_of_ours = command;
  if (waiting_stop.signal() != 0) {
    end_at_once(waiting_stop.signal(), waiting_stop.is_from_terminal());
  }
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
