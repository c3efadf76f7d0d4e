#include "cli/signals.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <future>
#include <thread>
#include <vector>

#include "cli/stop_state.h"
#include "support/catch.h"

namespace sse::cli {
namespace {

bool is_readable(int fd) {
  pollfd asked{fd, POLLIN, 0};
  return ::poll(&asked, 1, 0) == 1;
}

/// How a process that runs `body` ends.
template <typename Body>
int wait_status_of(Body body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    body();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  return status;
}

TEST_CASE("The first signal is a flag and a readable descriptor", "[cli][signals]") {
  const int status = wait_status_of([] {
    const StopSignals signals;
    if (signals.received() != 0 || is_readable(signals.fd())) ::_exit(1);
    std::raise(SIGTERM);
    if (signals.received() != SIGTERM || !is_readable(signals.fd())) ::_exit(2);
    if (signals.sent_by_terminal()) ::_exit(3);
  });
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("The second signal ends the process at once", "[cli][signals]") {
  const int status = wait_status_of([] {
    const StopSignals signals;
    std::raise(SIGTERM);
    std::raise(SIGINT);
  });
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGINT);
}

TEST_CASE("Of two signals that come to two threads at once one is the second", "[cli][signals]") {
  constexpr int kRounds = 20'000;
  std::vector<StopState> states(kRounds);
  std::atomic<int> arrived{0};
  const auto note_all = [&](int signal) {
    int firsts = 0;
    for (int round = 0; round < kRounds; ++round) {
      ++arrived;
      // Both go on at the same moment, unless they share a processor.
      for (int spins = 0; arrived < 2 * (round + 1); ++spins) {
        if (spins > 2'000) std::this_thread::yield();
      }
      if (states[static_cast<std::size_t>(round)].note(signal, false)) ++firsts;
    }
    return firsts;
  };
  auto other = std::async(std::launch::async, note_all, SIGINT);
  const int ours = note_all(SIGTERM);
  CHECK(ours + other.get() == kRounds);
}

TEST_CASE("A second signal waits while a command is starting, a third one does not",
          "[cli][signals]") {
  const int status = wait_status_of([] {
    const StopSignals signals;
    starts_what_ends_with_us();
    std::raise(SIGTERM);
    std::raise(SIGTERM);  // nothing else would be left to end the command
    if (signals.received() != SIGTERM) ::_exit(1);
    std::raise(SIGINT);
  });
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGINT);
}

TEST_CASE("A second signal that came while a command did not start ends the process",
          "[cli][signals]") {
  const int status = wait_status_of([] {
    const StopSignals signals;
    starts_what_ends_with_us();
    std::raise(SIGTERM);
    std::raise(SIGTERM);
    ends_with_us(0);
  });
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGTERM);
}

TEST_CASE("Dying by a signal is what the parent sees", "[cli][signals]") {
  const int status = wait_status_of([] {
    const StopSignals signals;
    die_by_signal(SIGTERM);
  });
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGTERM);
}

TEST_CASE("A signal that the parent ignores stays ignored", "[cli][signals]") {
  const int status = wait_status_of([] {
    std::signal(SIGINT, SIG_IGN);
    const StopSignals signals;
    std::raise(SIGINT);
    ::_exit(signals.received() == 0 ? 0 : 1);
  });
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace sse::cli
