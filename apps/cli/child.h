#pragma once

/// \file
/// A command that one of ours runs: `-- COMMAND ARG...` and `-x`.

#include <sys/types.h>

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

  std::vector<std::string> argv;         ///< the program first; looked up in PATH
  std::vector<std::string> environment;  ///< `NAME=value`, over what we have ourselves
  Input input = Input::kInherit;
  Group group = Group::kOurs;
  Descriptors descriptors = Descriptors::kInherit;
};

/// One running command. It gets the signal actions and mask that a fresh process has. Destroying it
/// does not end the command. Thread-compatible.
class Child {
 public:
  /// Error: kNotFound when there is no such program, kIo when it cannot be run.
  static Result<Child> start(const ChildCommand& command);

  /// Readable when the command has ended: for poll().
  int ended_fd() const { return pid_fd_.get(); }

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
  Child(pid_t pid, ChildCommand::Group group, UniqueFd pid_fd, UniqueFd input)
      : pid_(pid), group_(group), pid_fd_(std::move(pid_fd)), input_(std::move(input)) {}

  void note_end(int wait_status);

  pid_t pid_;
  ChildCommand::Group group_;
  UniqueFd pid_fd_;
  UniqueFd input_;
  std::optional<int> status_;
  int ending_signal_ = 0;
};

/// 127 or 126: what shells exit with for a command that start() could not run.
ExitCode exit_code_of_start(const Error& error);

/// Hands a stop signal on to `child`, unless the terminal has sent it there already.
void forward(const StopSignals& signals, const Child& child);

}  // namespace sse::cli
