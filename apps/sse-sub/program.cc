#include "program.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "sse/base/ascii.h"
#include "sse/base/logging.h"
#include "sse/base/quantities.h"
#include "sse/client/cursor_path.h"
#include "sse/wire/done_id.h"

#include "cli/color.h"
#include "cli/environment.h"
#include "cli/request_headers.h"
#include "show_cursor.h"
#include "subscription.h"

namespace sse::sub {
namespace {

using cli::ExitCode;

End fail(ExitCode code, const std::string& text) {
  log_line(LogLevel::kError, text);
  return {code};
}

/// Of a place that cannot be kept.
ExitCode exit_code_of_place(ErrorCode code) {
  return code == ErrorCode::kConflict   ? ExitCode::kTryLater
         : code == ErrorCode::kNotFound ? ExitCode::kCannotCreate
                                        : ExitCode::kConfig;
}

Printer printer_of(const Options& options) {
  const bool is_terminal = ::isatty(STDOUT_FILENO) != 0;
  const bool has_color = cli::uses_color(options.color, cli::process_environment(), is_terminal);
  const Printer::Style style{is_terminal ? Target::kTerminal : Target::kFile,
                             has_color ? Color::kYes : Color::kNo,
                             options.ends_with_nul ? '\0' : '\n'};
  return options.format ? Printer(*options.format, style) : Printer(options.output, style);
}

}  // namespace

Program::Program(Options options, const cli::StopSignals& signals)
    : options_(std::move(options)),
      signals_(signals),
      http_(options_.http),
      stdin_(STDIN_FILENO),
      watch_(clock_, signals),
      output_(STDOUT_FILENO, watch_),
      printer_(printer_of(options_)),
      place_(watch_, clock_, options_.cursor_interval),
      names_({options_.types, options_.topics, options_.metrics, options_.until_types},
             metric_list(), clock_),
      progress_(options_.end, watch_, clock_),
      report_(options_.report, watch_, clock_) {
  watch_.watch_also(stats_signal_.fd(), [this] {
    stats_signal_.take();
    report_.write_stats();
  });
  if (options_.timeout) watch_.set_deadline(clock_.now().boot + *options_.timeout);
  if (!options_.exec.argv.empty()) {
    runner_.emplace(options_.exec, watch_, clock_, random_,
                    client::Backoff::Limits{options_.retry_min, options_.retry_max});
  }
  if (const auto url = client::Endpoint::parse(options_.url); url && !options_.reads_stdin()) {
    cli::warn_of_plain_token(*url, options_.headers);
  }
  if (options_.relay.url) open_relay();
  if (options_.prints()) watch_.watch_output(STDOUT_FILENO);
}

void Program::open_relay() {
  client::PublishingClient::Options target;
  target.connection.hub = *client::Endpoint::parse(*options_.relay.url);  // checked
  if (options_.relay.token) target.connection.headers.push_back(*options_.relay.token);
  cli::warn_of_plain_token(target.connection.hub, target.connection.headers);
  target.connection.settings = options_.http;
  target.connection.settings.tls.certificate.clear();
  target.connection.settings.tls.key.clear();
  target.connection.connect_timeout = options_.connection.connect_timeout;
  std::string source = "-";
  if (const auto url = subscription_of(options_); url && !options_.reads_stdin()) {
    source = url->with_path(url->path()).url();  // its filters do not make its events others
  }
  relay_.emplace(std::move(target), std::move(source), watch_, clock_, random_,
                 client::Backoff::Limits{options_.retry_min, options_.retry_max});
}

End Program::run() {
  if (options_.show_cursor) {
    const auto path = cursor_file();
    if (!path) return fail(ExitCode::kConfig, path.error().text);
    const bool is_json = options_.output == Format::kJson;
    return {show_cursor(*path, is_json ? CursorForm::kJson : CursorForm::kLines)};
  }
  const End end = follow_stream();
  report_.on_end(cli::status(end.code), end.signal);
  return end;
}

End Program::follow_stream() {
  Follow follow(options_,
                {output_, printer_, runner_ ? &*runner_ : nullptr, relay_ ? &*relay_ : nullptr,
                 place_, names_, progress_, report_, watch_});
  if (options_.keeps_place()) {
    if (const auto end = find_place(follow)) return *end;
  }
  auto source = source_of();
  if (wire::is_done_id(source.last_event_id)) {
    log_line(LogLevel::kInfo, "the stream was read to its end before; --reset-cursor begins again");
    return what_is_missing({}, follow);
  }
  if (const auto end = find_metrics()) return *end;
  client::Transport& transport =
      options_.reads_stdin() ? static_cast<client::Transport&>(stdin_) : http_;
  auto ending = run_source(source, transport, follow);
  while (follow.enough() == Follow::Enough::kOtherMetrics) {
    follow.go_on();
    // The hub was there just now: it may be away for as long as in any other pause.
    if (options_.reconnect) {
      source.wait_server = options_.max_outage.value_or(std::chrono::nanoseconds::max());
    }
    ending = run_source(source, transport, follow);
  }
  save_the_rest(follow);
  return what_is_missing(end_of(ending, follow), follow);
}

Result<std::string> Program::cursor_file() const {
  if (options_.cursor_file) return *options_.cursor_file;
  const auto subscription = SSE_TRY(subscription_of(options_));
  return client::cursor_path(*options_.resume, subscription, cli::process_environment());
}

/// A first run that may have been meant to go on.
void Program::warn_of_sibling(const std::string& path) const {
  switch (client::sibling_cursor(path)) {
    case client::SiblingCursor::kNone:
      break;
    case client::SiblingCursor::kOtherFilters:
      log_line(LogLevel::kWarning,
               "a position is kept under this name for other filters of this hub; with these "
               "filters this is the first run");
      break;
    case client::SiblingCursor::kOtherHub:
      // The name that is taken without one stands for no work that would go on elsewhere.
      if (*options_.resume == kUsualResume) break;
      log_line(LogLevel::kWarning,
               "a position is kept under this name for another hub; at this one it is the first "
               "run. Hubs that share a log share a position by --cursor-file");
      break;
  }
}

std::optional<End> Program::find_place(Follow& follow) {
  const auto subscription = subscription_of(options_);
  if (!subscription) return fail(ExitCode::kUsage, subscription.error().text);
  const auto path = cursor_file();
  if (!path) {
    return fail(path.error().code == ErrorCode::kInvalid ? ExitCode::kUsage : ExitCode::kConfig,
                path.error().text);
  }
  const auto before = options_.reset_cursor ? Place::Before::kForget : Place::Before::kGoOn;
  const auto directory =
      options_.cursor_file ? Place::Directory::kMustExist : Place::Directory::kMake;
  const auto loaded = place_.open(*path, subscription->url(), before, directory);
  if (!loaded) return fail(exit_code_of_place(loaded.error().code), loaded.error().text);
  switch (loaded->state) {
    case client::LoadedCursor::State::kFound:
      break;
    case client::LoadedCursor::State::kFirstRun:
      if (!options_.cursor_file) warn_of_sibling(*path);
      break;
    case client::LoadedCursor::State::kDamaged:
      // Never a first run: what can still be had is had, and the rest is a gap.
      options_.since = "earliest";
      options_.last.reset();
      if (!follow.on_gap({"", "", std::nullopt, "the saved position cannot be read"})) {
        return End{ExitCode::kGap};
      }
      break;
  }
  return std::nullopt;
}

/// Empty for the stream on stdin, which has no hub to ask.
MetricNames::List Program::metric_list() {
  if (options_.reads_stdin()) return {};
  return [this] { return list_metrics(options_, http_, watch_, clock_); };
}

std::optional<End> Program::find_metrics() {
  if (options_.reads_stdin()) return std::nullopt;
  const auto failure = sub::find_metrics(options_, http_, watch_, clock_, random_, names_);
  if (!failure) return std::nullopt;
  if (failure->code == ExitCode::kDone) return interrupted();
  return fail(failure->code, failure->text + hint(failure->code));
}

/// One run, with the ids that metrics have now. `source` is left where it ended.
client::Ending Program::run_source(client::EventSourceOptions& source, client::Transport& transport,
                                   Follow& follow) {
  if (!options_.reads_stdin()) {
    auto url = stream_url(options_, names_);
    if (!url) return {client::Ending::Reason::kInvalid, url.error().text};
    source.url = *std::move(url);
  }
  client::EventSource events(source, transport, watch_, clock_, random_, follow);
  auto ending = events.run();
  source.last_event_id = events.last_event_id();
  return ending;
}

bool Program::sends_credential() const {
  return std::any_of(options_.headers.begin(), options_.headers.end(), [](const auto& header) {
    return equals_ignoring_case(header.name, "Authorization");
  });
}

/// What would have helped, when that is plain.
std::string Program::hint(ExitCode code) const {
  if (code == ExitCode::kNotAllowed && !sends_credential()) return "; a token goes into SSE_TOKEN";
  const bool comes_back = options_.reconnect && !options_.strict && !options_.max_outage;
  const bool was_first = code == ExitCode::kUnavailable && !options_.wait_server && comes_back;
  return was_first ? "; --wait-server waits for it" : "";
}

client::EventSourceOptions Program::source_of() const {
  client::EventSourceOptions source;
  source.url = *client::Endpoint::parse(client::kDefaultUrl);
  source.headers = options_.headers;
  source.fresh_headers = options_.fresh_headers;
  source.method = options_.method;
  source.body = options_.body;
  source.last_event_id = options_.last_event_id.value_or(place_.id());
  source.retry = {options_.retry_min, options_.retry_max};
  source.reconnect = options_.reconnect;
  source.strict = options_.strict;
  source.wait_server = options_.wait_server;
  source.max_outage = options_.max_outage;
  source.connect_timeout = options_.connection.connect_timeout;
  source.read_timeout = options_.read_timeout;
  return source;
}

/// Whatever the reason for the end is, what was read is written, and the place is behind it; unless
/// writing is the reason.
void Program::save_the_rest(Follow& follow) {
  const bool can_write = follow.enough() != Follow::Enough::kOutputClosed &&
                         follow.enough() != Follow::Enough::kOutputFailed;
  if (can_write) follow.finish();
  place_.save(Place::When::kNow);
}

End Program::end_of(const client::Ending& ending, const Follow& follow) {
  switch (follow.enough()) {
    case Follow::Enough::kNot:
      break;
    case Follow::Enough::kAll:
      return {};
    case Follow::Enough::kGap:
      return {ExitCode::kGap};
    case Follow::Enough::kNoHead:
      return {ExitCode::kProtocol};
    case Follow::Enough::kCommand:
    case Follow::Enough::kRelay:
      return {follow.command_exit()};
    case Follow::Enough::kOutputClosed:
      return {ExitCode::kDone, SIGPIPE};
    case Follow::Enough::kOutputFailed:
      return {ExitCode::kOutputFailed};
    case Follow::Enough::kReadyFile:
      return {ExitCode::kCannotCreate};
    case Follow::Enough::kAmbiguousMetric:
      return {ExitCode::kBadInput};
    case Follow::Enough::kOtherMetrics:
      break;
    case Follow::Enough::kInterrupted:
      return interrupted();
  }
  if (ending.reason == client::Ending::Reason::kInterrupted) return interrupted();
  return end_of_source(ending);
}

End Program::end_of_source(const client::Ending& ending) {
  if (options_.reads_stdin() && ending.reason == client::Ending::Reason::kStreamEnded) {
    if (stdin_.failure().empty()) return {};
    return fail(ExitCode::kNoInput, stdin_.failure());
  }
  // Without an end mark, the end of a response to a question is all of it.
  if (options_.asks_once() && ending.is_whole && !options_.end.until_data) return {};
  const Failure failure = failure_of(ending);
  if (failure.code != ExitCode::kDone) return fail(failure.code, failure.text + hint(failure.code));
  log_line(LogLevel::kInfo, failure.text);
  return {};
}

End Program::interrupted() {
  if (watch_.cause() == Watch::Cause::kNone) watch_.is_over();
  switch (watch_.cause()) {
    case Watch::Cause::kSignal:
      return {ExitCode::kDone, signals_.received()};
    case Watch::Cause::kOutputClosed:
      return {ExitCode::kDone, SIGPIPE};
    case Watch::Cause::kTimeout:
      log_line(LogLevel::kWarning,
               "timed out after " + format_duration(*options_.timeout) + " (--timeout)");
      return {ExitCode::kTimeout};
    case Watch::Cause::kOverdue:
      log_line(LogLevel::kWarning,
               "no event came for " + format_duration(*options_.end.expect_every));
      return {ExitCode::kTimeout};
    case Watch::Cause::kDuration:
    case Watch::Cause::kIdle:
    case Watch::Cause::kUntil:
      return {};
    case Watch::Cause::kNone:
      break;
  }
  return {ExitCode::kInternal};
}

/// An end without a fault is not what was wanted when something did not happen on the way.
End Program::what_is_missing(End end, const Follow& follow) const {
  if (end.code != ExitCode::kDone || end.signal != 0) return end;
  if (place_.has_failed()) return fail(ExitCode::kCannotCreate, "the position could not be saved");
  if (follow.skipped() > 0) {
    return fail(ExitCode::kNotAsWanted,
                std::to_string(follow.skipped()) + " events were skipped: their command failed");
  }
  if (options_.fail_if_none && progress_.taken() == 0) {
    return fail(ExitCode::kNotAsWanted, "no event came (--fail-if-none)");
  }
  return end;
}

}  // namespace sse::sub
