#include "stats_signal.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace sse::sub {

StatsSignal::StatsSignal() {
  struct sigaction before {};
  if (::sigaction(SIGUSR1, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) return;
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGUSR1);
  fd_.reset(::signalfd(-1, &only, SFD_CLOEXEC | SFD_NONBLOCK));
  if (fd_.is_open()) ::pthread_sigmask(SIG_BLOCK, &only, nullptr);
}

void StatsSignal::take() const {
  signalfd_siginfo taken{};
  while (::read(fd_.get(), &taken, sizeof taken) == ssize_t{sizeof taken}) {
  }
}

}  // namespace sse::sub
