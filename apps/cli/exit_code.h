#pragma once

namespace sse::cli {

/// How all three commands end (the table of their man pages; sysexits where it has a number).
enum class ExitCode : int {
  kDone = 0,
  kNotAsWanted = 1,       ///< finished, but lines were rejected, nothing matched, --exec failed
  kUsage = 64,            ///< bad flags or values
  kBadInput = 65,         ///< bad input line or payload; the server said 400, 413 or 422
  kNoInput = 66,          ///< input file unreadable
  kNoHost = 68,           ///< the name does not resolve
  kUnavailable = 69,      ///< refused, unreachable, 5xx after all retries; address in use
  kInternal = 70,         ///< a bug
  kCannotCreate = 73,     ///< cursor or output file cannot be written
  kOutputFailed = 74,     ///< writing stdout failed
  kTryLater = 75,         ///< cursor locked by another process; 429 after all retries
  kProtocol = 76,         ///< not an event stream, redirect loop, other 4xx, TLS
  kNotAllowed = 77,       ///< 401, 403; port not allowed
  kConfig = 78,           ///< config or state directory
  kGap = 79,              ///< events were lost and --on-gap fail
  kTimeout = 124,         ///< the time given has run out
  kCannotRun = 126,       ///< the wrapped command cannot run
  kCommandNotFound = 127  ///< the wrapped command is not there
};

/// Exit status of something that died by a signal: 128 + n, as shells report it.
inline constexpr int kSignalBase = 128;

constexpr int status(ExitCode code) {
  return static_cast<int>(code);
}

}  // namespace sse::cli
