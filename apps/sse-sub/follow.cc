#include "follow.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "sse/base/logging.h"
#include "sse/json/string.h"
#include "sse/wire/done_id.h"

#include "cli/publish_exit_code.h"
#include "ready_file.h"
#include "text_forms.h"

namespace sse::sub {
namespace {

/// As the server would have sent it.
std::string gap_data(const client::Gap& gap) {
  const auto text = [](const std::string& value) {
    std::string json;
    json::append_string(json, value);
    return value.empty() ? "null" : json;
  };
  return "{\"requested\":" + text(gap.requested) + ",\"oldest\":" + text(gap.oldest) +
         ",\"missed\":" + (gap.missed ? std::to_string(*gap.missed) : "null") +
         ",\"reason\":" + text(gap.reason) + "}";
}

std::string describe(const client::Gap& gap) {
  const std::string since = gap.requested.empty() ? "" : ", since " + gap.requested;
  if (gap.reason == "other-stream") {
    return "events may be lost: the hub was restarted" + since;
  }
  return (gap.missed ? "events were lost: " + std::to_string(*gap.missed) + " missed"
                     : std::string("events may be lost")) +
         (gap.reason.empty() ? "" : " (" + gap.reason + ")") + since;
}

/// Whether the value may be logged: it is not a secret.
bool is_harmless(const client::Header& header) {
  for (const char* name : {"Accept", "Cache-Control", "Last-Event-ID"}) {
    if (header.name == name) return true;
  }
  return false;
}

}  // namespace

void Follow::on_request(const client::StreamRequest& request) {
  if (options_.reads_stdin()) return;
  report_.on_request(request);
  if (!log_enabled(LogLevel::kDebug)) return;
  log_line(LogLevel::kDebug, "> " + request.method + " " + request.url.shown());
  for (const auto& header : request.headers) {
    log_line(LogLevel::kDebug,
             "> " + header.name + ": " + (is_harmless(header) ? header.value : "(not shown)"));
  }
}

bool Follow::on_open(const client::ResponseHead& head) {
  is_outage_told_ = false;
  if (log_enabled(LogLevel::kDebug)) {
    log_line(LogLevel::kDebug, "< status " + std::to_string(head.status));
    for (const auto& header : head.headers) {
      log_line(LogLevel::kDebug, "< " + header.name + ": " + header.value);
    }
  }
  log_line(LogLevel::kInfo, "connected");
  if (!obey(names_.on_open(head.header("SSE-Stream")))) return false;
  const auto newest = wire::EventId::parse(head.header("SSE-Head"));
  place_.set_stream(std::string(head.header("SSE-Stream")));
  progress_.on_open(newest);
  report_.on_open(head);
  if (!options_.end.follow && !newest) {
    log_line(LogLevel::kError,
             "the server does not say where its replay ends (no SSE-Head), so --no-follow cannot "
             "know; --idle ends at a silence");
    return stop(Enough::kNoHead);
  }
  if (!is_ready_ && !announce()) return false;
  const bool is_first = !is_ready_;
  is_ready_ = true;
  if (is_first && newest && begins_fresh()) last_.begin();
  if (!progress_.has_enough()) return true;
  if (newest && begins_now()) place_.reached(head.header("SSE-Head"), 0);
  return stop(Enough::kAll);
}

/// Whether the stream begins where the options say, and not behind a position.
bool Follow::begins_fresh() const {
  return place_.id().empty() && !options_.last_event_id;
}

/// Whether nothing says where to begin, so that the stream begins behind its head.
bool Follow::begins_now() const {
  return begins_fresh() && !options_.since && !options_.last && !options_.reset_cursor;
}

/// What the metrics that -m names mean for the connection. False: this was it.
bool Follow::obey(MetricNames::Change change) {
  switch (change) {
    case MetricNames::Change::kNone:
      return true;
    case MetricNames::Change::kOtherUrl:
      return stop(Enough::kOtherMetrics);
    case MetricNames::Change::kAmbiguous:
      break;
  }
  log_line(LogLevel::kError, names_.failure());
  return stop(Enough::kAmbiguousMetric);
}

/// Says that the subscription is live, where --ready-file and --ready-fd want it.
bool Follow::announce() {
  Status told;
  if (options_.ready_file) told = write_ready_file(*options_.ready_file);
  if (told && options_.ready_fd) told = write_ready_fd(*options_.ready_fd, watch_);
  if (told) return true;
  log_line(LogLevel::kError, told.error().text);
  return stop(Enough::kReadyFile);
}

bool Follow::on_event(wire::ReceivedEvent& event) {
  const bool is_said_to_end = wire::is_done_id(event.id);
  if (is_said_to_end) {
    event.id.resize(event.id.size() - wire::kDoneSuffix.size());
    end_place_ = wire::done_id(event.id);
  }
  const Replay replay = progress_.reach(event.id);
  if (progress_.is_beyond_end(event.id, replay)) return release_last() && stop(Enough::kAll);
  if (progress_.is_end_mark(event.data)) {
    if (!release_last()) return false;
    pass(place_of(event));
    return stop(Enough::kAll);
  }
  if (last_.is_keeping() && replay == Replay::kNo && !release_last()) return false;
  const bool is_ours = names_.takes(event);
  // Also where the hub does not know of ends.
  const bool is_end = is_said_to_end || (is_ours && until_ != nullptr && until_->ends(event.type));
  if (is_end) end_place_ = wire::done_id(event.id);
  if (!is_ours || !options_.selection.takes(event)) {
    report_.leave_out();
    pass(place_of(event));  // what is left out is behind us all the same
    if (watch_.has_signal()) return stop(Enough::kInterrupted);
  } else if (last_.is_keeping()) {
    last_.keep(event, place_of(event));
  } else if (!take(event, replay)) {
    return false;
  }
  if (last_.is_keeping() && progress_.has_caught_up() && !release_last()) return false;
  return is_end ? end(event) : obey(names_.after(event));
}

/// Behind the event that ends the stream.
bool Follow::end(const wire::ReceivedEvent& event) {
  if (!release_last()) return false;
  pass(place_of(event));
  return stop(Enough::kAll);
}

/// The id to go on from behind this event. Another server's is never one of a stream that is over.
std::string_view Follow::place_of(const wire::ReceivedEvent& event) const {
  const bool is_end = !end_place_.empty() && wire::without_done(end_place_) == event.id;
  return is_end ? std::string_view(end_place_) : event.id;
}

/// An event that is wanted. False: that is enough.
bool Follow::take(const wire::ReceivedEvent& event, Replay replay) {
  report_.take(event.data.size());
  if (!handle(event, replay)) return false;
  progress_.take();
  return progress_.has_enough() || is_last(event) ? stop(Enough::kAll) : true;
}

/// Whether it is what --until-match waits for.
bool Follow::is_last(const wire::ReceivedEvent& event) const {
  return options_.until_match && options_.until_match->matches(event.data);
}

/// The replay is over: its last events are handled now.
bool Follow::release_last() {
  if (!last_.is_keeping()) return true;
  for (const auto& event : last_.take()) {
    report_.take(event.data.size());
    if (!handle(event, Replay::kYes)) return false;
    progress_.take();
    if (progress_.has_counted_enough() || is_last(event)) return stop(Enough::kAll);
  }
  if (!last_.id().empty()) pass(last_.id());
  return progress_.has_enough() ? stop(Enough::kAll) : true;
}

bool Follow::handle(const wire::ReceivedEvent& event, Replay replay) {
  const bool shows_metric = runner_ != nullptr || printer_.shows_metric();
  const EventView view{event, replay, shows_metric ? names_.name_of(event) : std::string_view()};
  if (runner_ != nullptr) return run_command(view);
  if (relay_ != nullptr) return relay(event);
  printer_.print(view, output_.buffer());
  if (!event.id.empty()) buffered_id_.assign(place_of(event));
  ++buffered_events_;
  if (output_.is_full() && !flush()) return false;
  return watch_.has_signal() ? stop(Enough::kInterrupted) : true;
}

bool Follow::run_command(const EventView& view) {
  const wire::ReceivedEvent& event = view.event;
  if (options_.commit == Commit::kBefore) {
    place_.reached(place_of(event), 1);
    place_.save(Place::When::kNow);
  }
  switch (runner_->run(view)) {
    case CommandRunner::Outcome::kDone:
      break;
    case CommandRunner::Outcome::kInterrupted:
      return stop(Enough::kInterrupted);
    case CommandRunner::Outcome::kOutputClosed:
      return stop(Enough::kOutputClosed);
    case CommandRunner::Outcome::kFailed:
      if (!command_failed()) return false;
      break;
    case CommandRunner::Outcome::kCannotRun:
      log_line(LogLevel::kError, runner_->failure());
      command_exit_ = runner_->start_failure();
      return stop(Enough::kCommand);
  }
  if (options_.commit == Commit::kAfter) {
    place_.reached(place_of(event), 1);
    place_.save(Place::When::kNow);
  }
  return watch_.is_over() ? stop(Enough::kInterrupted) : true;
}

bool Follow::relay(const wire::ReceivedEvent& event) {
  switch (relay_->relay(event)) {
    case Relay::Outcome::kAccepted:
      place_.reached(place_of(event), 1);
      place_.save(Place::When::kSoon);
      return watch_.is_over() ? stop(Enough::kInterrupted) : true;
    case Relay::Outcome::kInterrupted:
      return stop(Enough::kInterrupted);
    case Relay::Outcome::kFailed:
      break;
  }
  log_line(LogLevel::kError,
           "--to: " + relay_->failure().text + "; the position stays before this event");
  command_exit_ = cli::exit_code_of(relay_->failure().kind);
  return stop(Enough::kRelay);
}

/// Whether to go on with the next event.
bool Follow::command_failed() {
  if (options_.exec.on_failure == ExecFailure::kSkip) {
    ++skipped_;
    log_line(LogLevel::kWarning, runner_->failure() + "; this event is skipped");
    return true;
  }
  log_line(LogLevel::kError, runner_->failure() + (options_.commit == Commit::kAfter
                                                       ? "; the position stays before this event"
                                                       : "; the position is behind this event"));
  command_exit_ = cli::ExitCode::kNotAsWanted;
  return stop(Enough::kCommand);
}

void Follow::on_id(std::string_view id) {
  progress_.reach(id);
  pass(id);
}

/// The stream is at `id`, and nothing had to be done for it.
void Follow::pass(std::string_view id) {
  if (last_.is_keeping()) {
    last_.pass(id);
  } else if (runner_ != nullptr || relay_ != nullptr) {
    place_.reached(id, 0);
  } else {
    buffered_id_.assign(id);
  }
}

bool Follow::on_drained() {
  if (progress_.has_caught_up() && !release_last()) return false;
  if (!flush()) return false;
  place_.save(Place::When::kSoon);
  progress_.on_drained();
  return progress_.has_enough() ? stop(Enough::kAll) : true;
}

bool Follow::flush() {
  const bool is_first_saved = options_.commit == Commit::kBefore && buffered_events_ > 0;
  if (is_first_saved) {
    place_.reached(buffered_id_, buffered_events_);
    place_.save(Place::When::kNow);
  }
  if (!write()) return false;
  if (!is_first_saved) place_.reached(buffered_id_, buffered_events_);
  buffered_id_.clear();
  buffered_events_ = 0;
  return true;
}

bool Follow::write() {
  switch (output_.flush()) {
    case Output::Written::kAll:
      return true;
    case Output::Written::kClosed:
      return stop(Enough::kOutputClosed);
    case Output::Written::kInterrupted:
      return stop(Enough::kInterrupted);
    case Output::Written::kFailed:
      break;
  }
  log_line(LogLevel::kError, "cannot write to stdout: " + output_.failure());
  return stop(Enough::kOutputFailed);
}

bool Follow::on_gap(const client::Gap& gap) {
  // "The last N" are at most N: fewer are not a loss.
  if (options_.last && begins_fresh() && gap.requested.starts_with('-')) return true;
  if (!obey(names_.on_gap())) return false;
  report_.on_gap(gap);
  switch (options_.on_gap) {
    case OnGap::kIgnore:
      return true;
    case OnGap::kWarn:
      log_line(LogLevel::kWarning, describe(gap) + "; continuing with what it has");
      return true;
    case OnGap::kFail:
      log_line(LogLevel::kError, describe(gap) + "; --on-gap warn continues with what it has");
      return stop(Enough::kGap);
    case OnGap::kEmit:
      break;
  }
  // Not counted by --count, and it has no id: the place does not move.
  const wire::ReceivedEvent event{"", "sse.gap", "", gap_data(gap)};
  return handle(event, Replay::kNo);
}

void Follow::on_closing(std::string_view reason) {
  report_.on_closing(reason);
  // It comes back, and may be refused then: one that hears nothing more must not look like one to
  // which nothing happens.
  log_line(reason == "revoked" ? LogLevel::kWarning : LogLevel::kInfo,
           "the server closes the stream: " + std::string(reason));
}

void Follow::on_retry(const client::Ending& why, std::chrono::nanoseconds wait) {
  progress_.on_cut();
  report_.on_retry(why, wait);
  // A cut is everyday life; a server that cannot be reached is worth one line.
  const bool is_cut = why.reason == client::Ending::Reason::kStreamEnded;
  const auto level = is_cut || is_outage_told_ ? LogLevel::kInfo : LogLevel::kWarning;
  is_outage_told_ = is_outage_told_ || !is_cut;
  log_line(level, why.text + "; reconnecting in " + in_seconds(wait));
}

bool Follow::stop(Enough why) {
  enough_ = why;
  return false;
}

}  // namespace sse::sub
