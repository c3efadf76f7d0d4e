#include "command_runner.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "sse/base/escape.h"
#include "sse/base/logging.h"
#include "sse/base/quantities.h"

#include "text_forms.h"

namespace sse::sub {
namespace {

/// How long a command that took too long may take to end.
constexpr std::chrono::seconds kGrace{2};

/// The environment has little room, and the kernel refuses a single variable beyond 128 KiB.
constexpr std::size_t kMaxDataVariable = std::size_t{64} * 1024;

bool fits_a_variable(std::string_view text) {
  return text.size() <= kMaxDataVariable && text.find('\0') == std::string_view::npos;
}

std::vector<std::string> variables_of(const EventView& view) {
  const wire::ReceivedEvent& event = view.event;
  const std::pair<const char*, std::string_view> texts[] = {{"SSE_EVENT_ID=", event.id},
                                                            {"SSE_EVENT_TYPE=", event.type},
                                                            {"SSE_EVENT_TOPIC=", event.topic},
                                                            {"SSE_EVENT_METRIC=", view.metric},
                                                            {"SSE_EVENT_DATA=", event.data}};
  std::vector<std::string> variables;
  for (const auto& [name, text] : texts) {
    std::string variable(name);
    if (fits_a_variable(text)) variable += text;
    variables.push_back(std::move(variable));
  }
  variables.push_back("SSE_EVENT_TIME=" + time_of(event.id));
  variables.emplace_back(view.replay == Replay::kYes ? "SSE_EVENT_REPLAY=true"
                                                     : "SSE_EVENT_REPLAY=false");
  return variables;
}

bool is_stdout_closed() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return ::poll(&output, 1, 0) > 0 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace

CommandRunner::CommandRunner(ExecOptions options, Watch& watch, const Clock& clock,
                             RandomSource& random, const client::Backoff::Limits& pauses)
    : options_(std::move(options)),
      watch_(watch),
      clock_(clock),
      random_(random),
      pauses_(pauses),
      printer_(options_.input, {}) {
}

CommandRunner::Outcome CommandRunner::run(const EventView& view) {
  const auto variables = variables_of(view);
  input_.clear();
  printer_.print(view, input_);
  client::Backoff pauses(pauses_, random_);
  for (unsigned retries = 0;; ++retries) {
    const Outcome outcome = run_once(view, variables);
    if (outcome != Outcome::kFailed) return outcome;
    if (watch_.is_over()) return Outcome::kInterrupted;
    if (options_.on_failure != ExecFailure::kRetry && retries >= options_.retries) return outcome;
    const auto pause = pauses.next();
    log_line(LogLevel::kWarning, failure_ + "; trying again in " + in_seconds(pause));
    if (watch_.wait(-1, clock_.now().boot + pause) == Watch::Woke::kInterrupted) {
      return Outcome::kInterrupted;
    }
  }
}

CommandRunner::Outcome CommandRunner::run_once(const EventView& view,
                                               const std::vector<std::string>& variables) {
  cli::ChildCommand command{options_.argv, variables, cli::ChildCommand::Input::kPipe};
  command.descriptors = cli::ChildCommand::Descriptors::kStandard;
  command.ends_with_us = true;
  // A command that may be ended for its time is ended with everything it has started.
  const bool may_be_late = options_.timeout || watch_.has_deadline();
  if (may_be_late) command.group = cli::ChildCommand::Group::kOwn;
  auto child = cli::Child::start(command);
  if (!child) {
    failure_ = child.error().text;
    start_failure_ = cli::exit_code_of_start(child.error());
    return Outcome::kCannotRun;
  }
  // A signal does not interrupt a command: its event would count as not done. `-W` does.
  Moment deadline;
  if (options_.timeout) deadline = clock_.now().boot + *options_.timeout;
  auto woke = feed(*child, input_, deadline);
  child->input().reset();
  if (woke == Watch::Woke::kReady) {
    woke = watch_.wait_for(child->ended_fd(), POLLIN, deadline, Watch::Heed::kTimeout);
  }
  if (woke == Watch::Woke::kInterrupted) {
    child->send(SIGTERM);
    return Outcome::kInterrupted;
  }
  const std::string id(view.event.id);
  const std::string where = id.empty() ? "" : " at event " + id;
  if (woke == Watch::Woke::kDeadline) {
    failure_ = name() + " took longer than " + format_duration(*options_.timeout) + where;
    return end_late(*child);
  }
  const int status = child->wait();
  if (status == 0) return Outcome::kDone;
  if (status == cli::kSignalBase + SIGPIPE && is_stdout_closed()) return Outcome::kOutputClosed;
  failure_ = name() + " failed with status " + std::to_string(status) + where;
  return Outcome::kFailed;
}

/// Writes `data` to its stdin. A command that does not read it, or not all, is not at fault.
client::Waiter::Woke CommandRunner::feed(cli::Child& child, std::string_view data,
                                         Moment deadline) {
  while (!data.empty()) {
    const ssize_t size = ::write(child.input().get(), data.data(), data.size());
    if (size >= 0) {
      data.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno == EAGAIN) {
      // Also wakes when the command closes its stdin or ends: then the write says EPIPE.
      const auto woke =
          watch_.wait_for(child.input().get(), POLLOUT, deadline, Watch::Heed::kTimeout);
      if (woke != Watch::Woke::kReady) return woke;
    } else if (errno != EINTR) {
      break;
    }
  }
  return Watch::Woke::kReady;
}

/// TERM, then KILL for a command that ignores it.
CommandRunner::Outcome CommandRunner::end_late(cli::Child& child) {
  child.send(SIGTERM);
  const auto woke =
      watch_.wait_for(child.ended_fd(), POLLIN, clock_.now().boot + kGrace, Watch::Heed::kTimeout);
  if (woke != Watch::Woke::kReady) child.send(SIGKILL);
  if (woke == Watch::Woke::kInterrupted) return Outcome::kInterrupted;
  child.wait();
  return Outcome::kFailed;
}

/// As people wrote it.
std::string CommandRunner::name() const {
  return sse::quoted(options_.argv.back());
}

}  // namespace sse::sub
