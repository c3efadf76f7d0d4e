#include "cli/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <spawn.h>

#include "sse/base/escape.h"
#include "sse/base/logging.h"
#include "sse/base/wake_fd.h"

namespace sse::cli {
namespace {

std::string_view name_of(std::string_view assignment) {
  return assignment.substr(0, assignment.find('='));
}

/// Our environment with `changes` over it.
std::vector<std::string> merged_environment(const std::vector<std::string>& changes) {
  std::vector<std::string> merged = changes;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    bool replaced = false;
    for (const std::string& change : changes) replaced |= name_of(change) == name_of(*entry);
    if (!replaced) merged.emplace_back(*entry);
  }
  return merged;
}

/// The form that exec wants. Points into `texts`.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

/// posix_spawn's settings: no signal blocked or ignored by us stays so in the child (what our own
/// parent ignores does, as with nohup; and exec resets what we handle), and stdin is `stdin_fd`
/// (-1: inherited).
class SpawnSettings {
 public:
  SpawnSettings(int stdin_fd, const ChildCommand& command) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    const std::pair<int, int> standard[] = {{stdin_fd, STDIN_FILENO},
                                            {command.stdout_fd, STDOUT_FILENO},
                                            {command.stderr_fd, STDERR_FILENO}};
    for (const auto& [fd, number] : standard) {
      if (fd >= 0) ::posix_spawn_file_actions_adddup2(&actions_, fd, number);
    }
    if (command.descriptors == ChildCommand::Descriptors::kStandard) {
      // Not every library's descriptors are closed by exec: libcurl has a pair that is not.
      ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    }
    sigset_t none;
    sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes_, &ours);
    const int own_group = command.group == ChildCommand::Group::kOwn ? POSIX_SPAWN_SETPGROUP : 0;
    ::posix_spawnattr_setflags(&attributes_, static_cast<short>(POSIX_SPAWN_SETSIGMASK |
                                                                POSIX_SPAWN_SETSIGDEF | own_group));
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// The child's stdin and our end of it, as `input` asks.
struct Stdin {
  UniqueFd child;
  UniqueFd ours;
};

Result<Stdin> open_stdin(ChildCommand::Input input) {
  Stdin opened;
  if (input == ChildCommand::Input::kNothing) {
    opened.child.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!opened.child.is_open()) {
      return Error{ErrorCode::kIo, std::string("cannot open /dev/null: ") + std::strerror(errno)};
    }
  } else if (input == ChildCommand::Input::kPipe) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
      return Error{ErrorCode::kIo, std::string("cannot make a pipe: ") + std::strerror(errno)};
    }
    opened.child.reset(ends[0]);
    opened.ours.reset(ends[1]);
    if (::fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0) {
      return Error{ErrorCode::kIo, std::string("cannot set up a pipe: ") + std::strerror(errno)};
    }
  }
  return opened;
}

/// While this lives, a process that is started gets `limit`; ours is back afterwards.
class LimitOfChild {
 public:
  explicit LimitOfChild(const std::optional<rlimit>& limit) {
    if (!limit || ::getrlimit(RLIMIT_NOFILE, &ours_) != 0) return;
    is_changed_ = ::setrlimit(RLIMIT_NOFILE, &*limit) == 0;
  }
  ~LimitOfChild() {
    if (is_changed_) ::setrlimit(RLIMIT_NOFILE, &ours_);
  }
  LimitOfChild(const LimitOfChild&) = delete;
  LimitOfChild& operator=(const LimitOfChild&) = delete;

 private:
  rlimit ours_{};
  bool is_changed_ = false;
};

/// Waits until `pid` has ended, and leaves it to be reaped.
void wait_for_end_of(pid_t pid) {
  siginfo_t end{};
  while (::waitid(P_PID, static_cast<id_t>(pid), &end, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
}

}  // namespace

Result<EndNotice> EndNotice::reserve() {
  WakeFd ended;
  if (!ended.is_open()) {
    return Error{ErrorCode::kIo, std::string("cannot make an eventfd: ") + std::strerror(errno)};
  }
  return EndNotice(UniqueFd(ended.release()));
}

Status EndNotice::watch(pid_t pid) {
  // glibc 2.36 declares pidfd_open() without extern "C", so C++ cannot call it.
  UniqueFd pid_fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (pid_fd.is_open()) {
    *fd_ = std::move(pid_fd);
    return {};
  }
  try {
    std::thread([pid, fd = fd_] {
      wait_for_end_of(pid);
      WakeFd::wake(fd->get());
    }).detach();
  } catch (const std::system_error& failure) {
    return Error{ErrorCode::kIo, std::string("cannot wait for its end: ") + failure.what()};
  }
  return {};
}

Result<Child> Child::start(const ChildCommand& command) {
  const std::string trying = "cannot run " + sse::quoted(command.argv.front()) + ": ";
  auto ended = EndNotice::reserve();
  if (!ended) return Error{ErrorCode::kIo, trying + ended.error().text};
  auto input = open_stdin(command.input);
  if (!input) return Error{ErrorCode::kIo, trying + input.error().text};
  const SpawnSettings settings(input->child.get(), command);
  const auto environment = merged_environment(command.environment);
  pid_t pid = 0;
  int failure = 0;
  if (command.ends_with_us) starts_what_ends_with_us();
  {
    const LimitOfChild limit(command.descriptor_limit);
    failure = ::posix_spawnp(&pid, command.argv.front().c_str(), settings.actions(),
                             settings.attributes(), pointers(command.argv).data(),
                             pointers(environment).data());
  }
  const pid_t started = command.group == ChildCommand::Group::kOwn ? -pid : pid;
  if (command.ends_with_us) ends_with_us(failure == 0 ? started : 0);
  if (failure != 0) {
    return Error{failure == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                 trying + std::strerror(failure)};
  }
  input->child.reset();
  const auto watched = ended->watch(pid);
  Child child(pid, command.group, *std::move(ended), std::move(input->ours));
  if (watched) return child;
  child.send(SIGKILL);
  child.wait();
  return Error{ErrorCode::kIo, trying + watched.error().text};
}

void Child::send(int signal) const {
  if (status_) return;  // reaped: the number may be another process's
  ::kill(group_ == ChildCommand::Group::kOwn ? -pid_ : pid_, signal);
}

void Child::wait_with(int options) {
  ends_with_us(0);  // once it is reaped, its number may be another's
  int wait_status = 0;
  const pid_t ended = ::waitpid(pid_, &wait_status, options);
  if (ended == pid_) {
    ending_signal_ = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
    status_ = ending_signal_ != 0 ? kSignalBase + ending_signal_ : WEXITSTATUS(wait_status);
  } else if (ended < 0 && errno != EINTR) {
    log_line(LogLevel::kError,
             std::string("cannot learn how the command ended: ") + std::strerror(errno));
    status_ = sse::cli::status(ExitCode::kInternal);
  }
}

std::optional<int> Child::reap() {
  if (!status_) wait_with(WNOHANG);
  return status_;
}

int Child::wait() {
  while (!status_) wait_with(0);
  return *status_;
}

ExitCode exit_code_of_start(const Error& error) {
  return error.code == ErrorCode::kNotFound ? ExitCode::kCommandNotFound : ExitCode::kCannotRun;
}

void forward(const StopSignals& signals, const Child& child) {
  if (signals.received() != 0 && !signals.sent_by_terminal()) child.send(signals.received());
}

}  // namespace sse::cli
