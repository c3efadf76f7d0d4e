#include "follow.h"

#include <unistd.h>

#include "sse/base/logging.h"
#include "sse/base/quantities.h"
#include "sse/client/json_text.h"

#include "ready_file.h"

namespace sse::sub {
namespace {

/// As the server would have sent it.
std::string gap_data(const client::Gap& gap) {
  const auto text = [](const std::string& value) {
    std::string json;
    client::append_json_string(value, json);
    return value.empty() ? "null" : json;
  };
  return "{\"requested\":" + text(gap.requested) + ",\"oldest\":" + text(gap.oldest) +
         ",\"missed\":" + (gap.missed ? std::to_string(*gap.missed) : "null") +
         ",\"reason\":" + text(gap.reason) + "}";
}

std::string describe(const client::Gap& gap) {
  return "events were lost: " +
         (gap.missed ? std::to_string(*gap.missed) + " missed" : "how many is unknown") +
         (gap.reason.empty() ? "" : " (" + gap.reason + ")") +
         (gap.requested.empty() ? "" : ", after " + gap.requested);
}

/// Headers whose values are nobody's business but the server's.
bool is_harmless(const client::Header& header) {
  for (const char* name : {"Accept", "Cache-Control", "Last-Event-ID"}) {
    if (header.name == name) return true;
  }
  return false;
}

}  // namespace

void Follow::on_request(const client::StreamRequest& request) {
  if (!log_enabled(LogLevel::kDebug)) return;
  log_line(LogLevel::kDebug, "> GET " + request.url.url());
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
  place_.set_stream(std::string(head.header("SSE-Stream")));
  replay_to_ = wire::EventId::parse(head.header("SSE-Head"));
  log_line(LogLevel::kInfo, "connected");
  if (!is_ready_ && options_.ready_file) {
    if (auto written = write_ready_file(*options_.ready_file); !written) {
      log_line(LogLevel::kError, written.error().text);
      return stop(Enough::kReadyFile);
    }
  }
  is_ready_ = true;
  return options_.count == 0 ? stop(Enough::kCounted) : true;
}

bool Follow::on_event(wire::ReceivedEvent& event) {
  if (!options_.selection.takes(event)) {
    on_id(event.id);  // what is left out is behind us all the same
    return watch_.has_signal() ? stop(Enough::kInterrupted) : true;
  }
  if (!handle(event)) return false;
  ++handled_;
  if (options_.count && handled_ >= *options_.count) return stop(Enough::kCounted);
  return true;
}

bool Follow::handle(const wire::ReceivedEvent& event) {
  const Replay replay = replay_of(event.id);
  if (runner_ != nullptr) return run_command(event, replay);
  printer_.print(event, replay, output_.buffer());
  buffered_id_.assign(event.id);
  ++buffered_events_;
  if (output_.is_full() && !flush()) return false;
  return watch_.has_signal() ? stop(Enough::kInterrupted) : true;
}

bool Follow::run_command(const wire::ReceivedEvent& event, Replay replay) {
  switch (runner_->run(event, replay)) {
    case CommandRunner::Outcome::kDone:
      place_.reached(event.id, 1);
      place_.save(Place::When::kNow);
      return watch_.is_over() ? stop(Enough::kInterrupted) : true;
    case CommandRunner::Outcome::kInterrupted:
      return stop(Enough::kInterrupted);
    case CommandRunner::Outcome::kFailed:
      log_line(LogLevel::kError, runner_->failure() + ", " + std::to_string(CommandRunner::kTries) +
                                     " times; the place stays before this event");
      command_exit_ = cli::ExitCode::kNotAsWanted;
      return stop(Enough::kCommand);
    case CommandRunner::Outcome::kCannotRun:
      log_line(LogLevel::kError, runner_->failure());
      command_exit_ = runner_->start_failure();
      return stop(Enough::kCommand);
  }
  return true;
}

void Follow::on_id(std::string_view id) {
  if (runner_ != nullptr) {
    place_.reached(std::string(id), 0);
  } else {
    buffered_id_.assign(id);
  }
}

bool Follow::on_drained() {
  if (!flush()) return false;
  place_.save(Place::When::kSoon);
  return true;
}

bool Follow::flush() {
  switch (output_.flush()) {
    case Output::Written::kAll:
      break;
    case Output::Written::kClosed:
      return stop(Enough::kOutputClosed);
    case Output::Written::kInterrupted:
      return stop(Enough::kInterrupted);
    case Output::Written::kFailed:
      log_line(LogLevel::kError, "cannot write stdout: " + output_.failure());
      return stop(Enough::kOutputFailed);
  }
  place_.reached(buffered_id_, buffered_events_);
  buffered_id_.clear();
  buffered_events_ = 0;
  return true;
}

bool Follow::on_gap(const client::Gap& gap) {
  switch (options_.on_gap) {
    case OnGap::kIgnore:
      return true;
    case OnGap::kWarn:
      log_line(LogLevel::kWarning, describe(gap) + "; going on with what is still there");
      return true;
    case OnGap::kFail:
      log_line(LogLevel::kError,
               describe(gap) + "; --on-gap warn goes on with what is still there");
      return stop(Enough::kGap);
    case OnGap::kEmit:
      break;
  }
  // Not counted by --count, and it has no id: the place does not move.
  const wire::ReceivedEvent event{"", "sse.gap", "", gap_data(gap)};
  return handle(event);
}

void Follow::on_closing(std::string_view reason) {
  log_line(LogLevel::kInfo, "the server closes the stream: " + std::string(reason));
}

void Follow::on_retry(const client::Ending& why, std::chrono::nanoseconds wait) {
  // A cut is everyday life; a server that cannot be reached is worth one line.
  const bool is_cut = why.reason == client::Ending::Reason::kStreamEnded;
  const auto level = is_cut || is_outage_told_ ? LogLevel::kInfo : LogLevel::kWarning;
  is_outage_told_ = is_outage_told_ || !is_cut;
  const auto shown = std::chrono::ceil<std::chrono::milliseconds>(wait);
  log_line(level, why.text + "; connecting again in " + format_duration(shown));
}

Replay Follow::replay_of(std::string_view id) {
  if (!replay_to_) return Replay::kNo;
  const auto position = wire::EventId::parse(id);
  if (position && position->epoch() == replay_to_->epoch() &&
      position->sequence() <= replay_to_->sequence()) {
    return Replay::kYes;
  }
  replay_to_.reset();
  return Replay::kNo;
}

bool Follow::stop(Enough why) {
  enough_ = why;
  return false;
}

}  // namespace sse::sub
