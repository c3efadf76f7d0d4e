#include "cli/child.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <dlfcn.h>
#include <spawn.h>

#include "cli/signals.h"
#include "support/catch.h"

namespace {

int signals_after_spawn =
    0;  // that come when a command has started, and its number is still unknown

}  // namespace

/// Stands before the C library's.
extern "C" int posix_spawnp(pid_t* pid, const char* file, const posix_spawn_file_actions_t* actions,
                            const posix_spawnattr_t* attributes, char* const* arguments,
                            char* const* environment) {
  using Spawn = decltype(&posix_spawnp);
  static const auto real = reinterpret_cast<Spawn>(::dlsym(RTLD_NEXT, "posix_spawnp"));
  const int failure = real(pid, file, actions, attributes, arguments, environment);
  for (int i = 0; i < signals_after_spawn; ++i) std::raise(SIGTERM);
  return failure;
}

namespace sse::cli {
namespace {

ChildCommand shell(const std::string& script) {
  ChildCommand command;
  command.argv = {"sh", "-c", script};
  command.input = ChildCommand::Input::kNothing;
  return command;
}

int status_of(const ChildCommand& command) {
  auto child = Child::start(command);
  REQUIRE(child);
  return child->wait();
}

TEST_CASE("A command's exit status is handed on, a signal as 128 + n", "[cli][child]") {
  CHECK(status_of(shell("exit 0")) == 0);
  CHECK(status_of(shell("exit 3")) == 3);
  CHECK(status_of(shell("kill -TERM $$")) == 143);
}

TEST_CASE("The signal that ended a command is told from a status of 128 + n", "[cli][child]") {
  for (const auto& [script, signal] :
       std::vector<std::pair<std::string, int>>{{"kill -TERM $$", SIGTERM}, {"exit 143", 0}}) {
    auto child = Child::start(shell(script));
    REQUIRE(child);
    CHECK(child->wait() == 143);
    CHECK(child->ending_signal() == signal);
  }
}

TEST_CASE("What cannot be started is 127 when it is not there, else 126", "[cli][child]") {
  ChildCommand command;
  command.argv = {"/nowhere/at-all"};
  auto missing = Child::start(command);
  REQUIRE_FALSE(missing);
  CHECK(exit_code_of_start(missing.error()) == ExitCode::kCommandNotFound);
  command.argv = {"/"};
  auto directory = Child::start(command);
  REQUIRE_FALSE(directory);
  CHECK(exit_code_of_start(directory.error()) == ExitCode::kCannotRun);
}

TEST_CASE("A command has our environment, with changes over it", "[cli][child]") {
  ::setenv("SSE_TRY_KEPT", "kept", 1);
  ::setenv("SSE_TRY_CHANGED", "before", 1);
  auto command = shell("test \"$SSE_TRY_KEPT $SSE_TRY_CHANGED\" = 'kept after'");
  command.environment = {"SSE_TRY_CHANGED=after"};
  CHECK(status_of(command) == 0);
}

TEST_CASE("A command reads what is written to its input", "[cli][child]") {
  auto command = shell("test \"$(cat)\" = hello");
  command.input = ChildCommand::Input::kPipe;
  auto child = Child::start(command);
  REQUIRE(child);
  REQUIRE(::write(child->input().get(), "hello", 5) == 5);
  child->input().reset();
  CHECK(child->wait() == 0);
}

TEST_CASE("The end of a command makes its descriptor readable", "[cli][child]") {
  auto command = shell("cat");
  command.input = ChildCommand::Input::kPipe;
  auto child = Child::start(command);
  REQUIRE(child);
  CHECK_FALSE(child->reap());
  child->input().reset();
  pollfd ended{child->ended_fd(), POLLIN, 0};
  REQUIRE(::poll(&ended, 1, -1) == 1);
  CHECK(child->reap() == 0);
}

TEST_CASE("A command starts with no signal blocked or ignored by us", "[cli][child]") {
  std::signal(SIGPIPE, SIG_IGN);
  CHECK(status_of(shell("kill -PIPE $$; exit 0")) == 128 + SIGPIPE);
  std::signal(SIGPIPE, SIG_DFL);
}

TEST_CASE("A command with a group of its own is reached with all it has started", "[cli][child]") {
  // The pipe ends when no process holds it any more: neither the shell nor what it started.
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  ChildCommand command = shell("sleep 600 & sleep 600");
  command.group = ChildCommand::Group::kOwn;
  auto child = Child::start(command);
  REQUIRE(child);
  ::close(ends[1]);
  CHECK(::getpgid(child->pid()) == child->pid());
  child->send(SIGKILL);
  CHECK(child->wait() == 128 + SIGKILL);
  char byte = 0;
  CHECK(::read(ends[0], &byte, 1) == 0);
  ::close(ends[0]);
}

TEST_CASE("A second stop signal that comes while a command starts ends the command, too",
          "[cli][child]") {
  const auto group = GENERATE(ChildCommand::Group::kOurs, ChildCommand::Group::kOwn);
  // The pipe ends when nothing holds it any more.
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t us = ::fork();
  if (us == 0) {
    const StopSignals signals;
    signals_after_spawn = 2;
    auto command = shell("exec sleep 600");
    command.group = group;
    command.ends_with_us = true;
    const auto child = Child::start(command);
    ::_exit(child ? 1 : 2);
  }
  ::close(ends[1]);
  int status = 0;
  REQUIRE(::waitpid(us, &status, 0) == us);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGTERM);
  pollfd end{ends[0], POLLIN, 0};
  REQUIRE(::poll(&end, 1, 10'000) == 1);
  char byte = 0;
  CHECK(::read(ends[0], &byte, 1) == 0);
  ::close(ends[0]);
}

TEST_CASE("What our parent has us ignore, a command ignores too", "[cli][child]") {
  std::signal(SIGINT, SIG_IGN);
  CHECK(status_of(shell("kill -INT $$; exit 0")) == 0);
  std::signal(SIGINT, SIG_DFL);
}

}  // namespace
}  // namespace sse::cli
