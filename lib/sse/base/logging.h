#pragma once

/// \file
/// Diagnostics on stderr, one line each. The only door to spdlog.
///
/// Logging is asynchronous and bounded: a blocked stderr stops no thread; when the queue is full
/// the oldest lines are dropped, counted, and the count is logged when there is room again. Lines
/// are cut at 1 KiB. Text from the network is escaped here (control characters, invalid UTF-8), so
/// that no peer can forge a line.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };
enum class LogFormat { kText, kJson };

struct LogOptions {
  std::string program;  ///< the prefix of each line: `sse-serve: ...`
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  std::size_t queue_lines = 8192;
};

/// Owns the logging thread. One at a time; while there is none, log_line() does nothing. The
/// destructor writes what is queued, but waits for a blocked stderr at most a moment.
class SSE_EXPORT LogSession {
 public:
  explicit LogSession(const LogOptions& options);
  ~LogSession();
  LogSession(const LogSession&) = delete;
  LogSession& operator=(const LogSession&) = delete;
};

/// Whether log_line() at this level would write; to spare the formatting. Thread-safe.
SSE_EXPORT bool log_enabled(LogLevel level);

/// Queues one line. Thread-safe, never blocks.
SSE_EXPORT void log_line(LogLevel level, std::string_view text);

/// Lines that the present session has dropped, because stderr was read too slowly. Thread-safe.
SSE_EXPORT std::uint64_t dropped_log_lines();

/// `debug`, `info`, `warn`, `error`, `off`.
SSE_EXPORT Result<LogLevel> parse_log_level(std::string_view text);

}  // namespace sse
