#include "cli/init_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <system_error>

#include "cli/exit_code.h"

namespace sse::cli {
namespace {

/// Reaps all that have ended. The status of `program` if it is among them.
std::optional<int> reap_all(pid_t program) {
  std::optional<int> status;
  int wait_status = 0;
  for (pid_t ended; (ended = ::waitpid(-1, &wait_status, WNOHANG)) > 0;) {
    if (ended != program) continue;
    status =
        WIFSIGNALED(wait_status) ? kSignalBase + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
  }
  return status;
}

[[noreturn]] void serve_as_init(pid_t program, const sigset_t& all) {
  for (;;) {
    if (const auto status = reap_all(program)) ::_exit(*status);
    siginfo_t signal{};
    const int number = ::sigwaitinfo(&all, &signal);
    // The terminal sends its own signals to the program, too: not twice.
    if (number > 0 && number != SIGCHLD && signal.si_code != SI_KERNEL) ::kill(program, number);
  }
}

}  // namespace

void run_under_init() {
  if (::getpid() != 1 || std::getenv("LISTEN_PID") != nullptr) return;
  sigset_t all;
  sigfillset(&all);
  sigset_t before;
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t program = ::fork();
  if (program < 0) throw std::system_error(errno, std::generic_category(), "cannot fork");
  if (program > 0) serve_as_init(program, all);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace sse::cli
