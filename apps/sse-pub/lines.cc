#include "lines.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "sse/base/logging.h"
#include "sse/base/time_text.h"

#include "line_syntax.h"

namespace sse::pub {
namespace {

/// Half of what a hub takes in one request unless its --max-body says else.
constexpr std::size_t kMaxBatchBytes = std::size_t{512} << 10U;

std::string numbered(std::size_t line) {
  return "line " + std::to_string(line);
}

}  // namespace

LinePublisher::LinePublisher(const Session& session)
    : session_(session), reader_(STDIN_FILENO, session.signals.fd(), session.clock) {
}

cli::ExitCode LinePublisher::run() {
  auto got = LineReader::Got::kLine;
  while (goes_on_ && (got == LineReader::Got::kLine || got == LineReader::Got::kDeadline)) {
    got = gather();
    publish();
  }
  if (got == LineReader::Got::kFailed) {
    log_line(LogLevel::kError, "cannot read stdin: " + reader_.failure());
    return cli::ExitCode::kNoInput;
  }
  if (worst_) return *worst_;
  return rejected_ == 0 ? cli::ExitCode::kDone : cli::ExitCode::kNotAsWanted;
}

/// Reads lines until the batch is full or its time has come; kLine or kDeadline: there may be more.
LineReader::Got LinePublisher::gather() {
  std::optional<BootTime> deadline;
  Line line;
  while (batch_.size() < session_.options.batch.most && batch_bytes_ < kMaxBatchBytes) {
    const auto got = reader_.next(line, deadline);
    if (got != LineReader::Got::kLine) return got;
    if (!deadline) deadline = session_.clock.now().boot + session_.options.batch.longest;
    add(line);
    if (!goes_on_) break;
  }
  return LineReader::Got::kLine;
}

void LinePublisher::add(const Line& line) {
  if (line.is_too_long) return reject(line.number, "it is longer than 8M");
  Item item;
  item.line = line.number;
  if (session_.options.command == Command::kEvent) {
    item.event = {session_.options.type, session_.options.topic, line.text};
  } else {
    if (line.text.find_first_not_of(" \t") == std::string::npos) return;
    auto read = parse_reading_line(line.text, session_.clock.now().wall);
    if (!read) return reject(line.number, read.error().text);
    item.metric = std::move(read->metric);
    item.reading.value = std::move(read->value);
    if (read->time) item.reading.timestamp = format_rfc3339(*read->time);
    if (!resolve(item)) return;
  }
  batch_bytes_ += line.text.size();
  batch_.push_back(std::move(item));
}

/// Finds the metric's id. False when there is none: the line is rejected or lost.
bool LinePublisher::resolve(Item& item) {
  auto id = session_.client.metric_id(item.metric, session_.options.create);
  if (id) {
    item.reading.metric_id = std::move(*id);
    return true;
  }
  if (id.error().kind == client::PublishError::Kind::kInvalid) {
    reject(item.line, id.error().text);
  } else {
    lose({item}, id.error());
  }
  return false;
}

void LinePublisher::reject(std::size_t line, const std::string& why) {
  ++rejected_;
  log_line(LogLevel::kError, numbered(line) + ": " + why);
}

client::Published<std::vector<client::ItemResult>> LinePublisher::send(
    const std::vector<Item>& items) {
  if (session_.options.command == Command::kEvent) {
    std::vector<client::NewEvent> events;
    for (const Item& item : items) events.push_back(item.event);
    return session_.client.publish(events);
  }
  std::vector<client::NewReading> readings;
  for (const Item& item : items) readings.push_back(item.reading);
  return session_.client.publish(readings);
}

void LinePublisher::publish() {
  const std::vector<Item> items = std::exchange(batch_, {});
  batch_bytes_ = 0;
  if (items.empty()) return;
  keep_rate(items.size());
  const auto results = send(items);
  if (!results) return lose(items, results.error());
  std::vector<Item> again;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto& result = (*results)[i];
    if (!result.is_accepted() && items[i].metric != items[i].reading.metric_id) {
      again.push_back(items[i]);
    } else {
      settle(items[i], result);
    }
  }
  if (!again.empty()) publish_again(std::move(again));
}

/// Readings that were rejected by metrics known by name: a hub that was restarted, or a metric that
/// was made anew, has another id for the name. Those get one more try.
void LinePublisher::publish_again(std::vector<Item> items) {
  for (const Item& item : items) session_.client.forget_metric(item.metric);
  std::vector<Item> resolved;
  for (Item& item : items) {
    if (resolve(item)) resolved.push_back(std::move(item));
  }
  if (resolved.empty()) return;
  const auto results = send(resolved);
  if (!results) return lose(resolved, results.error());
  for (std::size_t i = 0; i < resolved.size(); ++i) settle(resolved[i], (*results)[i]);
}

void LinePublisher::settle(const Item& item, const client::ItemResult& result) {
  if (!result.is_accepted()) return reject(item.line, result.error);
  bool written = true;
  if (session_.options.print == Print::kId) written = print(result.id + "\n");
  if (session_.options.print == Print::kJson) written = print("{\"id\":\"" + result.id + "\"}\n");
  if (written) return;
  worst_ = cli::ExitCode::kOutputFailed;
  goes_on_ = false;
}

/// A request failed. When the hub may still have it, or says that it was wrong, the next lines are
/// tried; when all retries found no hub, there is no point.
void LinePublisher::lose(const std::vector<Item>& items, const client::PublishError& error) {
  using Kind = client::PublishError::Kind;
  const std::size_t first = items.front().line;
  const std::size_t last = items.back().line;
  log_line(LogLevel::kError,
           (first == last ? numbered(first)
                          : "lines " + std::to_string(first) + " to " + std::to_string(last)) +
               " not published:");
  worst_ = report(error);
  goes_on_ = goes_on_ && (error.kind == Kind::kUnknown || error.kind == Kind::kTimedOut ||
                          error.kind == Kind::kInvalid);
}

/// Waits until `--rate` lets so many lines go; not once somebody wants an end.
void LinePublisher::keep_rate(std::size_t published) {
  if (!session_.options.rate) return;
  const auto now = session_.clock.now().boot;
  if (next_send_ > now) {
    client::PollWaiter waiter(session_.clock);
    waiter.wait(session_.signals.fd(), next_send_);
  }
  const std::chrono::duration<double> taken(static_cast<double>(published) /
                                            *session_.options.rate);
  next_send_ =
      std::max(now, next_send_) + std::chrono::duration_cast<std::chrono::nanoseconds>(taken);
}

}  // namespace sse::pub
