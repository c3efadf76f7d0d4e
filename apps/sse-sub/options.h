#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sse/client/transport.h"

#include "cli/color.h"
#include "cli/connection_options.h"
#include "cli/messages.h"
#include "cli/request_headers.h"
#include "command_runner.h"
#include "pattern.h"
#include "printer.h"
#include "progress.h"
#include "relay.h"
#include "report.h"
#include "selection.h"

namespace sse::cli {
class CommandLine;
}

namespace sse::sub {

enum class OnGap { kWarn, kEmit, kFail, kIgnore };

/// When the place moves: a crash between the two repeats, or loses, what was on its way.
enum class Commit { kAfter, kBefore };

/// The name of a position that is kept without one.
inline constexpr std::string_view kUsualResume = "default";

/// What the command line asks for.
struct Options {
  std::string url = std::string(client::kDefaultUrl);

  std::string method;               ///< empty: GET, or POST with data
  std::optional<std::string> data;  ///< text, or @FILE
  std::string body;                 ///< what that says

  std::optional<std::string> resume;  ///< the cursor's name
  std::optional<std::string> cursor_file;
  std::optional<std::string> since;
  std::optional<std::string> every;   ///< a duration, as the server takes it
  std::optional<std::uint64_t> last;  ///< of what matches, and of what `since` says
  std::optional<std::string> last_event_id;
  bool reset_cursor = false;
  bool show_cursor = false;

  std::vector<std::string> types;
  std::vector<std::string> topics;
  std::vector<std::string> metrics;
  Selection selection;  ///< among what the server sends

  Format output = Format::kData;
  std::optional<Template> format;  ///< instead
  bool ends_with_nul = false;
  cli::ColorMode color = cli::ColorMode::kAuto;
  ReportOptions report;
  std::string shell_command;  ///< what exec runs, of -x
  ExecOptions exec;           ///< with nothing to run: print

  RelayOptions relay;

  EndRules end;
  std::vector<std::string> until_types;  ///< the first event of such a type is the last
  std::optional<Pattern> until_match;    ///< the first event taken whose data matches is the last
  std::optional<std::chrono::nanoseconds> timeout;
  bool fail_if_none = false;

  OnGap on_gap = OnGap::kWarn;
  Commit commit = Commit::kAfter;
  std::chrono::nanoseconds cursor_interval = std::chrono::seconds(1);

  std::optional<std::string> ready_file;
  std::optional<int> ready_fd;

  bool reconnect = true;
  std::optional<std::chrono::nanoseconds> wait_server;
  std::chrono::nanoseconds retry_min = std::chrono::seconds(1);
  std::chrono::nanoseconds retry_max = std::chrono::seconds(30);
  std::optional<std::chrono::nanoseconds> max_outage;
  std::optional<std::chrono::nanoseconds> read_timeout;
  bool strict = false;

  cli::RequestHeaders given_headers;
  std::vector<client::Header> headers;  ///< those, with the token
  client::HeaderSource fresh_headers;   ///< the same, with the token of a file as it is now
  cli::ConnectionOptions connection;
  client::HttpSettings http;  ///< what it says

  cli::Messages messages;

  /// The response is asked for once, and its end is the end.
  bool asks_once() const { return method != "GET"; }

  bool keeps_place() const { return resume.has_value() || cursor_file.has_value(); }

  /// `-`: no server, but the bytes of a stream.
  bool reads_stdin() const { return url == "-"; }
  bool prints() const {
    return exec.argv.empty() && !relay.url && (format.has_value() || output != Format::kNone);
  }
};

inline constexpr const char* kSummary = "Follows an event stream, and reconnects when it is cut.";

/// Declares every option, each once and without side effects, with its target in `options`.
void declare(cli::CommandLine& line, Options& options);

/// The whole command line. Exits are for what is said already: help, version, usage errors.
std::variant<Options, cli::ExitCode> read_options(int argc, const char* const* argv,
                                                  const cli::Environment& environment);

}  // namespace sse::sub
