#include "sse/base/logging.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <pthread.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/sink.h>

#include "sse/base/escape.h"
#include "sse/base/mutex.h"
#include "sse/base/stderr_writer.h"
#include "sse/base/time_text.h"

namespace sse {
namespace {

/// Longer lines are cut: with the number of lines in the queue this bounds its memory.
constexpr std::size_t kMaxLineBytes = 1024;

/// How long the end of a session waits for a stderr that is not read.
constexpr std::chrono::milliseconds kGrace{250};

constexpr std::string_view kCutMark = "...";

std::string_view level_name(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::warn:
      return "warning";
    case spdlog::level::err:
      return "error";
    default:
      return "info";
  }
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

/// A JSON string of text that escaped() has been over.
std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

/// Turns queued lines into text on stderr. Runs on the logging thread, but for give_up_after().
class StderrSink final : public spdlog::sinks::sink {
 public:
  explicit StderrSink(const LogOptions& options)
      : program_(options.program), format_(options.format), writer_(STDERR_FILENO) {}

  /// Where the count of dropped lines is read; set before the first line.
  void count_drops_of(spdlog::details::thread_pool* pool) { pool_ = pool; }
  void give_up_after(std::chrono::milliseconds grace) { writer_.give_up_after(grace); }

  void log(const spdlog::details::log_msg& line) override {
    report_drops(line.time);
    write(line.time, line.level, {line.payload.data(), line.payload.size()});
  }
  void flush() override {}
  void set_pattern(const std::string& /*pattern*/) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

 private:
  void report_drops(spdlog::log_clock::time_point now) {
    const std::size_t dropped = pool_->overrun_counter();
    if (dropped == reported_drops_) return;
    write(now, spdlog::level::warn,
          std::to_string(dropped - reported_drops_) +
              " log lines were dropped: stderr is read too slowly");
    reported_drops_ = dropped;
  }

  void write(spdlog::log_clock::time_point time, spdlog::level::level_enum level,
             std::string_view text) {
    std::string line;
    if (format_ == LogFormat::kJson) {
      line = "{\"time\":\"" +
             format_rfc3339_millis(std::chrono::floor<std::chrono::milliseconds>(time)) +
             "\",\"level\":\"";
      line.append(level_name(level)).append("\",\"program\":").append(json_string(program_));
      line.append(",\"text\":").append(json_string(escaped(text))).append("}\n");
    } else {
      line = program_ + ": ";
      if (level != spdlog::level::info) line.append(level_name(level)).append(": ");
      line.append(escaped(text)).append("\n");
    }
    writer_.write(line);
  }

  const std::string program_;
  const LogFormat format_;
  spdlog::details::thread_pool* pool_ = nullptr;
  StderrWriter writer_;
  std::size_t reported_drops_ = 0;
};

/// The logging thread takes no signals: they belong to the program. A SIGPIPE of stderr is dropped.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

/// What a LogSession starts: sink, thread, logger, in the order they are built in.
struct Pipeline {
  std::shared_ptr<StderrSink> sink;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
};

Pipeline make_pipeline(const LogOptions& options) {
  Pipeline made;
  made.sink = std::make_shared<StderrSink>(options);
  made.pool = std::make_shared<spdlog::details::thread_pool>(options.queue_lines, 1, block_signals);
  made.sink->count_drops_of(made.pool.get());
  made.logger = std::make_shared<spdlog::async_logger>(
      options.program, made.sink, made.pool, spdlog::async_overflow_policy::overrun_oldest);
  made.logger->set_level(to_spdlog(options.level));
  // spdlog's own handler would write to stderr, and block there.
  made.logger->set_error_handler([](const std::string& /*what*/) {});
  return made;
}

/// The one session of the process. The mutex is held only while a line is queued.
struct Current {
  Mutex mutex;
  Pipeline pipeline SSE_GUARDED_BY(mutex);
  std::atomic<LogLevel> level{LogLevel::kOff};
};

Current& current() {
  static Current session;
  return session;
}

}  // namespace

LogSession::LogSession(const LogOptions& options) {
  Current& session = current();
  const MutexLock lock(session.mutex);
  SSE_CHECK(session.pipeline.logger == nullptr);
  try {
    session.pipeline = make_pipeline(options);
  } catch (
      const std::exception& failure) {  // spdlog throws, and so does a thread that cannot start
    StderrWriter(STDERR_FILENO)
        .write(options.program + ": warning: no logging: " + failure.what() + "\n");
    return;
  }
  session.level = options.level;
}

LogSession::~LogSession() {
  Current& session = current();
  Pipeline ended;
  {
    const MutexLock lock(session.mutex);
    session.level = LogLevel::kOff;
    std::swap(ended, session.pipeline);
  }
  if (!ended.sink) return;
  ended.sink->give_up_after(kGrace);
  ended.pool.reset();  // joins the thread, once it has been through the queue
}

bool log_enabled(LogLevel level) {
  return level != LogLevel::kOff && level >= current().level.load(std::memory_order_relaxed);
}

void log_line(LogLevel level, std::string_view text) {
  if (!log_enabled(level)) return;
  std::string cut;
  if (text.size() > kMaxLineBytes) {
    cut = text.substr(0, kMaxLineBytes - kCutMark.size());
    text = cut += kCutMark;
  }
  Current& session = current();
  const MutexLock lock(session.mutex);
  if (!session.pipeline.logger) return;
  session.pipeline.logger->log(to_spdlog(level), spdlog::string_view_t(text.data(), text.size()));
}

std::uint64_t dropped_log_lines() {
  Current& session = current();
  const MutexLock lock(session.mutex);
  return session.pipeline.pool ? session.pipeline.pool->overrun_counter() : 0;
}

Result<LogLevel> parse_log_level(std::string_view text) {
  if (text == "debug") return LogLevel::kDebug;
  if (text == "info") return LogLevel::kInfo;
  if (text == "warn") return LogLevel::kWarning;
  if (text == "error") return LogLevel::kError;
  if (text == "off") return LogLevel::kOff;
  return Error{ErrorCode::kInvalid,
               quoted(text) + " is not a log level: expected debug, info, warn, error or off"};
}

}  // namespace sse
