#include "report.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "sse/base/escape.h"
#include "sse/base/quantities.h"
#include "sse/base/time_text.h"
#include "sse/json/string.h"

namespace sse::sub {
namespace {

/// In one write(), so that lines of others stay apart, and not at all when it would block.
void write_line(const std::string& line) {
  pollfd polled{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&polled, 1, 0) != 1 || (polled.revents & POLLOUT) == 0) return;
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

std::string decimal(double number) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.3f", number);
  return text.data();
}

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

/// `{"status":"retry","time":"...","wait":1.5}`, or `sse-sub: retry: wait=1.5`.
class Report::Line {
 public:
  Line(StatusFormat format, std::string_view status, WallTime now) : format_(format) {
    if (format_ == StatusFormat::kJson) {
      text_.append("{\"status\":\"").append(status).append("\"");
      text("time", format_rfc3339_millis(std::chrono::floor<std::chrono::milliseconds>(now)));
    } else {
      text_.append("sse-sub: ").append(status).append(":");
    }
  }

  Line& text(std::string_view name, std::string_view value) {
    if (format_ == StatusFormat::kJson) {
      std::string json;
      json::append_string(json, value);
      return raw(name, value.empty() ? "null" : json);
    }
    if (value.empty()) return *this;
    return raw(name, value.find(' ') == std::string_view::npos ? escaped(value)
                                                               : '"' + escaped(value) + '"');
  }

  Line& number(std::string_view name, std::uint64_t value) {
    return raw(name, std::to_string(value));
  }
  Line& number(std::string_view name, double value) { return raw(name, decimal(value)); }

  Line& raw(std::string_view name, std::string_view value) {
    if (format_ == StatusFormat::kJson) {
      text_.append(",\"").append(name).append("\":").append(value);
    } else {
      text_.append(" ").append(name).append("=").append(value);
    }
    return *this;
  }

  void write() {
    text_ += format_ == StatusFormat::kJson ? "}\n" : "\n";
    write_line(text_);
  }

 private:
  const StatusFormat format_;
  std::string text_;
};

Report::Report(const ReportOptions& options, Watch& watch, const Clock& clock)
    : options_(options), watch_(watch), clock_(clock), start_(clock.now().boot) {
  call_stats();
}

void Report::on_request(const client::StreamRequest& request) {
  if (options_.status == StatusFormat::kNone) return;
  std::string_view last_event_id;
  for (const auto& header : request.headers) {
    if (header.name == "Last-Event-ID") last_event_id = header.value;
  }
  Line(options_.status, "connecting", clock_.now().wall)
      .text("url", request.url.shown())
      .text("last_event_id", last_event_id)
      .write();
}

void Report::on_open(const client::ResponseHead& head) {
  ++connections_;
  if (options_.status == StatusFormat::kNone) return;
  Line(options_.status, "connected", clock_.now().wall)
      .text("stream", head.header("SSE-Stream"))
      .text("head", head.header("SSE-Head"))
      .text("resume", head.header("SSE-Resume"))
      .write();
}

void Report::on_gap(const client::Gap& gap) {
  if (options_.status == StatusFormat::kNone) return;
  Line(options_.status, "gap", clock_.now().wall)
      .text("requested", gap.requested)
      .text("oldest", gap.oldest)
      .raw("missed", gap.missed ? std::to_string(*gap.missed) : "null")
      .text("reason", gap.reason)
      .write();
}

void Report::on_closing(std::string_view reason) {
  if (options_.status == StatusFormat::kNone) return;
  Line(options_.status, "closing", clock_.now().wall).text("reason", reason).write();
}

void Report::on_retry(const client::Ending& why, std::chrono::nanoseconds wait) {
  if (options_.status == StatusFormat::kNone) return;
  Line(options_.status, "waiting", clock_.now().wall)
      .number("seconds", seconds(wait))
      .text("reason", why.text)
      .write();
}

void Report::on_end(int code, int signal) {
  if (options_.has_stats) write_stats();
  if (options_.status == StatusFormat::kNone) return;
  Line line(options_.status, "ended", clock_.now().wall);
  if (signal != 0) {
    line.number("signal", static_cast<std::uint64_t>(signal));
  } else {
    line.number("code", static_cast<std::uint64_t>(code));
  }
  line.number("events", taken_).write();
}

void Report::call_stats() {
  if (!options_.stats_every) return;
  watch_.call_at(Watch::Task::kStats, clock_.now().boot + *options_.stats_every, [this] {
    write_stats();
    call_stats();
  });
}

void Report::write_stats() const {
  const auto now = clock_.now();
  const double lasted = seconds(now.boot - start_);
  Line(options_.status, "stats", now.wall)
      .number("events", taken_)
      .number("left_out", left_out_)
      .number("bytes", bytes_)
      .number("connections", connections_)
      .number("seconds", lasted)
      .number("events_per_second", lasted > 0 ? static_cast<double>(taken_) / lasted : 0)
      .write();
}

}  // namespace sse::sub
