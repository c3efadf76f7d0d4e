#include "command_runner.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "sse/base/logging.h"
#include "sse/base/quantities.h"

namespace sse::sub {
namespace {

/// The environment has little room, and the kernel refuses a single variable beyond 128 KiB.
constexpr std::size_t kMaxDataVariable = std::size_t{64} * 1024;

bool fits_a_variable(std::string_view text) {
  return text.size() <= kMaxDataVariable && text.find('\0') == std::string_view::npos;
}

std::vector<std::string> variables_of(const wire::ReceivedEvent& event, Replay replay) {
  const std::pair<const char*, std::string_view> texts[] = {{"SSE_EVENT_ID=", event.id},
                                                            {"SSE_EVENT_TYPE=", event.type},
                                                            {"SSE_EVENT_TOPIC=", event.topic},
                                                            {"SSE_EVENT_DATA=", event.data}};
  std::vector<std::string> variables;
  for (const auto& [name, text] : texts) {
    std::string variable(name);
    if (fits_a_variable(text)) variable += text;
    variables.push_back(std::move(variable));
  }
  variables.push_back("SSE_EVENT_TIME=" + time_of(event.id));
  variables.emplace_back(replay == Replay::kYes ? "SSE_EVENT_REPLAY=true"
                                                : "SSE_EVENT_REPLAY=false");
  return variables;
}

}  // namespace

CommandRunner::CommandRunner(std::vector<std::string> argv, Watch& watch, const Clock& clock,
                             RandomSource& random, const client::Backoff::Limits& pauses)
    : argv_(std::move(argv)), watch_(watch), clock_(clock), random_(random), pauses_(pauses) {
}

CommandRunner::Outcome CommandRunner::run(const wire::ReceivedEvent& event, Replay replay) {
  const auto variables = variables_of(event, replay);
  client::Backoff pauses(pauses_, random_);
  for (int tries = 1;; ++tries) {
    const Outcome outcome = run_once(event, variables);
    if (outcome != Outcome::kFailed) return outcome;
    if (watch_.is_over()) return Outcome::kInterrupted;
    if (tries == kTries) return outcome;
    const auto pause = pauses.next();
    log_line(LogLevel::kWarning, failure_ + "; trying again in " + format_duration(pause));
    if (watch_.wait(-1, clock_.now().boot + pause) == Watch::Woke::kInterrupted) {
      return Outcome::kInterrupted;
    }
  }
}

CommandRunner::Outcome CommandRunner::run_once(const wire::ReceivedEvent& event,
                                               const std::vector<std::string>& variables) {
  auto child = cli::Child::start({argv_, variables, cli::ChildCommand::Input::kPipe});
  if (!child) {
    failure_ = child.error().text;
    start_failure_ = cli::exit_code_of_start(child.error());
    return Outcome::kCannotRun;
  }
  // A signal does not interrupt a command: its event would count as not done. `-W` does.
  const bool fed = feed(*child, event.data) && feed(*child, "\n");
  child->input().reset();
  if (!fed || watch_.wait_for(child->ended_fd(), POLLIN, std::nullopt, Watch::Heed::kTimeout) ==
                  Watch::Woke::kInterrupted) {
    child->send(SIGTERM);
    return Outcome::kInterrupted;
  }
  const int status = child->wait();
  if (status == 0) return Outcome::kDone;
  failure_ = "'" + argv_.back() + "' failed with status " + std::to_string(status) +
             (event.id.empty() ? "" : " at event " + event.id);
  return Outcome::kFailed;
}

/// False when `-W` ran out. A command that does not read its stdin, or not all, is not at fault.
bool CommandRunner::feed(cli::Child& child, std::string_view data) {
  while (!data.empty()) {
    const ssize_t size = ::write(child.input().get(), data.data(), data.size());
    if (size >= 0) {
      data.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno == EAGAIN) {
      // Also wakes when the command closes its stdin or ends: then the write says EPIPE.
      if (watch_.wait_for(child.input().get(), POLLOUT, std::nullopt, Watch::Heed::kTimeout) ==
          Watch::Woke::kInterrupted) {
        return false;
      }
    } else if (errno != EINTR) {
      return true;
    }
  }
  return true;
}

}  // namespace sse::sub
