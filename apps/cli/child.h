#pragma once

/// \file
/// A command that one of ours runs: `-- COMMAND ARG...` and `-x`.

#include <sys/resource.h>
#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sse/base/result.h"
#include "sse/base/unique_fd.h"

#include "cli/exit_code.h"
#include "cli/signals.h"

namespace sse::cli {

struct ChildCommand {
  enum class Input {
    kInherit,  ///< our own stdin
    kNothing,  ///< /dev/null
    kPipe,     ///< what is written to Child::input()
  };

  enum class Group {
    kOurs,
    kOwn,  ///< send() reaches what it has started too; the terminal's signals do not reach it
  };

  enum class Descriptors {
    kInherit,   ///< also what our own parent left open
    kStandard,  ///< 0, 1 and 2
  };

  std::vector<std::string> argv;              ///< the program first; looked up in PATH
  std::vector<std::string> environment = {};  ///< `NAME=value`, over what we have ourselves
  Input input = Input::kInherit;
  Group group = Group::kOurs;
  Descriptors descriptors = Descriptors::kInherit;
  int stdout_fd = -1;  ///< its stdout, and its stderr; -1: ours
  int stderr_fd = -1;
  bool ends_with_us = false;  ///< the second stop signal of ours is its too
  std::optional<rlimit> descriptor_limit =
      {};  ///< RLIMIT_NOFILE of the command, where ours differs
};

/// A descriptor that is readable once a process has ended. Where the kernel has no pidfd for it
/// (before 5.3, or forbidden by seccomp), a thread waits for the end and writes to an eventfd.
class EndNotice {
 public:
  /// Takes the descriptor that the second way needs, while the command does not run yet.
  static Result<EndNotice> reserve();

  /// REQUIRES: `pid` is our child and is not reaped before the notice is destroyed or readable.
  Status watch(pid_t pid);

  int fd() const { return fd_->get(); }

 private:
  explicit EndNotice(UniqueFd fd) : fd_(std::make_shared<UniqueFd>(std::move(fd))) {}

  std::shared_ptr<UniqueFd> fd_;  // shared with the thread, which may outlive us
};

/// One running command. It gets the signal actions and mask that a fresh process has. Destroying it
/// does not end the command. Thread-compatible.
class Child {
 public:
  /// Error: kNotFound when there is no such program, kIo when it cannot be run.
  static Result<Child> start(const ChildCommand& command);

  /// Readable when the command has ended: for poll().
  int ended_fd() const { return ended_.fd(); }

  /// The write end of its stdin (Input::kPipe), non-blocking. Reset it to say that this is all.
  UniqueFd& input() { return input_; }

  void send(int signal) const;

  /// Its exit status, 128 + n when a signal ended it; nullopt while it runs.
  std::optional<int> reap();

  /// Waits for that.
  int wait();

  /// The signal that has ended it; 0 while it runs, and when it exited by itself.
  int ending_signal() const { return ending_signal_; }

  pid_t pid() const { return pid_; }

 private:
  Child(pid_t pid, ChildCommand::Group group, EndNotice ended, UniqueFd input)
      : pid_(pid), group_(group), ended_(std::move(ended)), input_(std::move(input)) {}

  void wait_with(int options);

  pid_t pid_;
  ChildCommand::Group group_;
  EndNotice ended_;
  UniqueFd input_;
  std::optional<int> status_;
  int ending_signal_ = 0;
};

/// 127 or 126: what shells exit with for a command that start() could not run.
ExitCode exit_code_of_start(const Error& error);

/// Hands a stop signal on to `child`, unless the terminal has sent it there already.
void forward(const StopSignals& signals, const Child& child);

}  // namespace sse::cli
