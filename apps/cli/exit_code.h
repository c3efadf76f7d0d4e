#pragma once

namespace sse::cli {

/// How all three commands end; kExitTable says what each means (sysexits where it has a number).
enum class ExitCode : int {
  kDone = 0,
  kNotAsWanted = 1,
  kUsage = 64,
  kBadInput = 65,
  kNoInput = 66,
  kNoHost = 68,
  kUnavailable = 69,
  kInternal = 70,
  kCannotCreate = 73,
  kOutputFailed = 74,
  kTryLater = 75,
  kProtocol = 76,
  kNotAllowed = 77,
  kConfig = 78,
  kGap = 79,
  kTimeout = 124,
  kCannotRun = 126,
  kCommandNotFound = 127
};

struct ExitMeaning {
  ExitCode code;
  const char* text;
};

/// The table of the man pages and of docs/command-line.md.
inline constexpr ExitMeaning kExitTable[] = {
    {ExitCode::kDone, "done; also: the server said stop (204)"},
    {ExitCode::kNotAsWanted,
     "finished, but not as wanted: lines were rejected, nothing matched, a command failed"},
    {ExitCode::kUsage, "bad flags or values"},
    {ExitCode::kBadInput,
     "bad input line or payload; the server said 400, 413 or 422; a damaged data directory"},
    {ExitCode::kNoInput, "an input file cannot be read"},
    {ExitCode::kNoHost, "the host name does not resolve"},
    {ExitCode::kUnavailable, "refused, unreachable, 5xx after all retries; the address is in use"},
    {ExitCode::kInternal, "internal error"},
    {ExitCode::kCannotCreate, "the cursor, an output file or the data directory cannot be written"},
    {ExitCode::kOutputFailed, "writing stdout failed"},
    {ExitCode::kTryLater,
     "the cursor or the data directory is locked by another process; 429 after all retries; a "
     "takeover came to nothing"},
    {ExitCode::kProtocol, "not an event stream, too many redirects, another 4xx, TLS"},
    {ExitCode::kNotAllowed, "401, 403; a port or a path that is not allowed"},
    {ExitCode::kConfig,
     "configuration, limits of the system, or state directory; a newer version's data directory"},
    {ExitCode::kGap, "events were lost, and --on-gap fail"},
    {ExitCode::kTimeout, "the time given has run out"},
    {ExitCode::kCannotRun, "the wrapped command cannot be run"},
    {ExitCode::kCommandNotFound, "the wrapped command is not there"},
};

/// Exit status of something that died by a signal: 128 + n, as shells report it.
inline constexpr int kSignalBase = 128;

constexpr int status(ExitCode code) {
  return static_cast<int>(code);
}

}  // namespace sse::cli
