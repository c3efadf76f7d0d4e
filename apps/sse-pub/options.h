#pragma once

/// \file
/// What the command line of sse-pub asks for.

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sse/base/clock.h"
#include "sse/client/endpoint.h"
#include "sse/client/transport.h"

#include "cli/messages.h"
#include "cli/options.h"
#include "cli/request_headers.h"

namespace sse::pub {

enum class Command { kReading, kMetric, kEvent, kRun, kList };
enum class Print { kNone, kId, kJson };
enum class ListFormat { kName, kTsv, kJson };

/// When lines become a request: that many of them, or that long after the first.
struct Batch {
  std::size_t most = 100;
  std::chrono::nanoseconds longest = std::chrono::milliseconds(50);
};

struct Options {
  Command command = Command::kReading;

  // reading
  std::string metric;  ///< name or id
  std::string value;   ///< its digits, as JSON takes them
  std::optional<WallTime> time;
  std::optional<std::string> create;  ///< input frequency of a metric that is not there

  // metric
  std::string name;
  std::string every = "0s";
  bool if_missing = false;

  // event
  std::string type;
  std::string topic;
  std::optional<std::string> data;  ///< text, or @FILE
  std::optional<std::string> file;

  // run
  std::vector<std::string> argv;

  // list
  ListFormat list_format = ListFormat::kName;

  // all
  bool dry_run = false;
  bool lines = false;
  Batch batch;
  std::optional<double> rate;  ///< items a second
  Print print = Print::kNone;
  std::string url{client::kDefaultUrl};
  cli::RequestHeaders headers;
  std::vector<client::Header> fields;  ///< of every request: those headers, with the token
  unsigned retries = 5;
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);
  cli::Messages messages;
};

inline constexpr const char* kSummary = "Publishes metrics, readings and events to a hub.";

/// Declares every option of sse-pub, each once, with `options` as what they write to.
void declare(cli::CommandLine& line, Options& options);

/// Reads argv and the environment. What is wrong, or --help, has been written: then the exit code.
std::variant<Options, cli::ExitCode> read_options(int argc, const char* const* argv);

}  // namespace sse::pub
