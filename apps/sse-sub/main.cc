#include <signal.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "sse/base/logging.h"
#include "sse/client/cursor_path.h"
#include "sse/client/event_source.h"

#include "cli/environment.h"
#include "cli/exit_code.h"
#include "cli/signals.h"
#include "follow.h"
#include "options.h"
#include "subscription.h"

namespace {

using sse::ErrorCode;
using sse::LogLevel;
using sse::Result;
using sse::cli::ExitCode;
using namespace sse::sub;

/// How the process ends: with a status, or by a signal.
struct End {
  ExitCode code = ExitCode::kDone;
  int signal = 0;
};

End fail(ExitCode code, const std::string& text) {
  sse::log_line(LogLevel::kError, text);
  return {code};
}

Result<std::string> cursor_file_of(const Options& options, const sse::client::Endpoint& url) {
  if (options.cursor_file) return *options.cursor_file;
  return sse::client::cursor_path(*options.resume, url, sse::cli::process_environment());
}

Printer printer_of(const Options& options) {
  const bool is_terminal = ::isatty(STDOUT_FILENO) != 0;
  const bool has_color =
      sse::cli::uses_color(options.color, sse::cli::process_environment(), is_terminal);
  const Printer::Style style{is_terminal ? Target::kTerminal : Target::kFile,
                             has_color ? Color::kYes : Color::kNo,
                             options.ends_with_nul ? '\0' : '\n'};
  return options.format ? Printer(*options.format, style) : Printer(options.output, style);
}

/// The command line's wishes, carried out once.
class Program {
 public:
  Program(Options options, const sse::cli::StopSignals& signals)
      : options_(std::move(options)),
        signals_(signals),
        watch_(clock_, signals),
        output_(STDOUT_FILENO, watch_),
        printer_(printer_of(options_)),
        place_(watch_, clock_) {
    if (options_.timeout) watch_.set_deadline(clock_.now().boot + *options_.timeout);
    if (!options_.command.empty()) {
      runner_.emplace(options_.command, watch_, clock_, random_,
                      sse::client::Backoff::Limits{options_.retry_min, options_.retry_max});
    } else if (options_.format || options_.output != Format::kNone) {
      watch_.watch_output(STDOUT_FILENO);
    }
  }

  End run();

 private:
  std::optional<End> find_place(Follow& follow);
  End end_of(const sse::client::Ending& ending, const Follow& follow);
  End interrupted();

  Options options_;
  const sse::cli::StopSignals& signals_;
  sse::SystemClock clock_;
  sse::SystemRandom random_;
  sse::client::HttpTransport transport_;
  Watch watch_;
  Output output_;
  Printer printer_;
  Place place_;
  std::optional<CommandRunner> runner_;
};

End Program::run() {
  Follow follow(options_, output_, printer_, runner_ ? &*runner_ : nullptr, place_, watch_);
  if (options_.keeps_place()) {
    if (const auto end = find_place(follow)) return *end;
  }
  auto url = stream_url(options_, transport_, watch_, clock_, random_);
  if (const auto* failure = std::get_if<Failure>(&url)) {
    return failure->code == ExitCode::kDone ? interrupted() : fail(failure->code, failure->text);
  }
  sse::client::EventSourceOptions source;
  source.url = *std::get_if<sse::client::Endpoint>(&url);
  source.headers = options_.headers;
  source.last_event_id = options_.last_event_id.value_or(place_.id());
  source.retry = {options_.retry_min, options_.retry_max};
  source.reconnect = options_.reconnect;
  source.strict = options_.strict;
  source.wait_server = options_.wait_server;
  source.read_timeout = options_.read_timeout;
  sse::client::EventSource events(std::move(source), transport_, watch_, clock_, random_, follow);
  const auto ending = events.run();

  // Whatever the reason is, what was read is written, and the place is behind it; unless writing is
  // the reason.
  const bool can_write = follow.enough() != Follow::Enough::kOutputClosed &&
                         follow.enough() != Follow::Enough::kOutputFailed;
  if (can_write) follow.finish();
  place_.save(Place::When::kNow);
  End end = end_of(ending, follow);
  if (end.code == ExitCode::kDone && end.signal == 0 && place_.has_failed()) {
    return fail(ExitCode::kCannotCreate, "the place could not be saved");
  }
  return end;
}

std::optional<End> Program::find_place(Follow& follow) {
  const auto subscription = subscription_of(options_);
  if (!subscription) return fail(ExitCode::kUsage, subscription.error().text);
  const auto path = cursor_file_of(options_, *subscription);
  if (!path) {
    return fail(path.error().code == ErrorCode::kInvalid ? ExitCode::kUsage : ExitCode::kConfig,
                path.error().text);
  }
  const auto loaded = place_.open(*path, subscription->url());
  if (!loaded) {
    return fail(
        loaded.error().code == ErrorCode::kConflict ? ExitCode::kTryLater : ExitCode::kConfig,
        loaded.error().text);
  }
  switch (loaded->state) {
    case sse::client::LoadedCursor::State::kFound:
      break;
    case sse::client::LoadedCursor::State::kFirstRun:
      if (!options_.cursor_file && sse::client::has_sibling_cursor(*path)) {
        sse::log_line(LogLevel::kWarning,
                      "a place is kept under this name for other filters; these start anew");
      }
      break;
    case sse::client::LoadedCursor::State::kDamaged: {
      // Never a first run: what can still be had is had, and the rest is a gap.
      options_.since = "earliest";
      if (!follow.on_gap({"", "", std::nullopt, "the saved place cannot be read"})) {
        return End{ExitCode::kGap};
      }
      break;
    }
  }
  return std::nullopt;
}

End Program::end_of(const sse::client::Ending& ending, const Follow& follow) {
  switch (follow.enough()) {
    case Follow::Enough::kNot:
      break;
    case Follow::Enough::kCounted:
      return {};
    case Follow::Enough::kGap:
      return {ExitCode::kGap};
    case Follow::Enough::kCommand:
      return {follow.command_exit()};
    case Follow::Enough::kOutputClosed:
      return {ExitCode::kDone, SIGPIPE};
    case Follow::Enough::kOutputFailed:
      return {ExitCode::kOutputFailed};
    case Follow::Enough::kReadyFile:
      return {ExitCode::kCannotCreate};
    case Follow::Enough::kInterrupted:
      return interrupted();
  }
  if (ending.reason == sse::client::Ending::Reason::kInterrupted) return interrupted();
  const Failure failure = failure_of(ending);
  if (failure.code == ExitCode::kDone) {
    sse::log_line(LogLevel::kInfo, failure.text);
    return {};
  }
  return fail(failure.code, failure.text);
}

End Program::interrupted() {
  if (watch_.cause() == Watch::Cause::kNone) watch_.is_over();
  switch (watch_.cause()) {
    case Watch::Cause::kSignal:
      return {ExitCode::kDone, signals_.received()};
    case Watch::Cause::kOutputClosed:
      return {ExitCode::kDone, SIGPIPE};
    case Watch::Cause::kTimeout:
      sse::log_line(LogLevel::kWarning, "the time of --timeout has run out");
      return {ExitCode::kTimeout};
    case Watch::Cause::kNone:
      break;
  }
  return {ExitCode::kInternal};
}

}  // namespace

int main(int argc, char** argv) {
  auto options = read_options(argc, argv, sse::cli::process_environment());
  if (const auto* code = std::get_if<ExitCode>(&options)) return sse::cli::status(*code);
  // A reader who goes away is an error of write(): the place is saved first.
  ::signal(SIGPIPE, SIG_IGN);
  const sse::cli::StopSignals signals;
  End end;
  {
    auto& chosen = *std::get_if<Options>(&options);
    const sse::LogSession logging(chosen.messages.log_options("sse-sub"));
    end = Program(std::move(chosen), signals).run();
  }
  if (end.signal != 0) sse::cli::die_by_signal(end.signal);
  // Not through exit(): an exchange that was given up may still have a thread in the resolver.
  ::_exit(sse::cli::status(end.code));
}
