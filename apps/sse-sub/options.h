#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sse/client/transport.h"

#include "cli/color.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/request_headers.h"
#include "printer.h"
#include "selection.h"

namespace sse::sub {

enum class OnGap { kWarn, kEmit, kFail, kIgnore };

/// What the command line asks for.
struct Options {
  std::string url = std::string(client::kDefaultUrl);

  std::optional<std::string> resume;  ///< the cursor's name
  std::optional<std::string> cursor_file;
  std::optional<std::string> since;
  std::optional<std::string> last_event_id;

  std::optional<std::uint64_t> count;
  std::optional<std::chrono::nanoseconds> timeout;

  std::vector<std::string> types;
  std::vector<std::string> topics;
  std::vector<std::string> metrics;
  Selection selection;  ///< among what the server sends

  Format output = Format::kData;
  std::string exec;                ///< a shell command in place of `command`
  std::optional<Template> format;  ///< instead
  bool ends_with_nul = false;
  cli::ColorMode color = cli::ColorMode::kAuto;
  std::vector<std::string> command;  ///< empty: print

  OnGap on_gap = OnGap::kWarn;
  std::optional<std::string> ready_file;

  bool reconnect = true;
  std::optional<std::chrono::nanoseconds> wait_server;
  std::chrono::nanoseconds retry_min = std::chrono::seconds(1);
  std::chrono::nanoseconds retry_max = std::chrono::seconds(30);
  std::optional<std::chrono::nanoseconds> read_timeout;
  bool strict = false;
  cli::RequestHeaders given_headers;
  std::vector<client::Header> headers;  ///< those, with the token

  cli::Messages messages;

  bool keeps_place() const { return resume.has_value() || cursor_file.has_value(); }
};

inline constexpr const char* kSummary = "Follows an event stream, and comes back when it is cut.";

/// Declares every option, each once and without side effects, with its target in `options`.
void declare(cli::CommandLine& line, Options& options);

/// The whole command line. Exits are for what is said already: help, version, usage errors.
std::variant<Options, cli::ExitCode> read_options(int argc, const char* const* argv,
                                                  const cli::Environment& environment);

}  // namespace sse::sub
