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

#include "cli/connection_options.h"
#include "cli/exit_code.h"
#include "cli/messages.h"
#include "cli/request_headers.h"

namespace sse::cli {
class CommandLine;
}

namespace sse::pub {

enum class Command { kReading, kMetric, kEvent, kLoad, kRun, kList, kReadings, kDelete, kWhoami };
enum class Print { kNone, kId, kJson };
enum class Listed { kMetrics, kTopics, kTypes };
enum class ListFormat { kName, kTable, kTsv, kJson };
enum class ReadingsFormat { kTsv, kJson };

enum class InputFormat { kNdjson, kCsv, kGraphite, kStream };
enum class ItemsAs { kAuto, kEvents, kReadings };
enum class InDoubt { kFail, kRepeat, kSkip };
enum class ShowProgress { kAuto, kAlways, kNever };
enum class SummaryAs { kNone, kText, kJson };

/// The input frequency that says nothing.
inline constexpr const char* kNoFrequency = "0s";

/// When lines become a request: that many of them, or that long after the first.
struct BatchSize {
  std::size_t most = 100;
  std::chrono::nanoseconds longest = std::chrono::milliseconds(50);
};

/// Of `-l`, where a user waits for each line, and of `load`, where none does. More at once
/// would keep the loop of the hub that takes them from its subscribers for too long.
inline constexpr BatchSize kLineBatch{100, std::chrono::milliseconds(50)};
inline constexpr BatchSize kBulkBatch{5000, std::chrono::milliseconds(50)};

/// What the columns of a CSV file are called.
struct CsvColumns {
  std::string metric = "metric";
  std::string value = "value";
  std::string timestamp = "timestamp";
  bool is_timestamp_named = false;  ///< then it must be there
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
  std::optional<std::string> every;  ///< input frequency; of a metric that is there it must be this
  std::optional<std::string> unit;   ///< of its values; the same holds of it
  bool duplicate = false;            ///< one more of that name
  bool if_missing = false;           ///< says what is the default

  // event
  std::string type;
  std::string topic;
  std::optional<std::string> data;  ///< text, or @FILE
  std::optional<std::string> file;

  // load
  std::string input;                  ///< a file, - for stdin
  std::optional<InputFormat> format;  ///< not said: by the file's name
  ItemsAs as = ItemsAs::kAuto;
  CsvColumns columns;
  std::optional<std::string> checkpoint;
  InDoubt in_doubt = InDoubt::kFail;
  ShowProgress progress = ShowProgress::kAuto;

  // load and lines
  std::optional<std::string> rejects;
  SummaryAs summary = SummaryAs::kNone;

  // run
  std::vector<std::string> argv;
  bool on_failure = false;                              ///< only a command that failed is published
  std::optional<std::chrono::nanoseconds> longer_than;  ///< or one that took so long
  std::optional<std::size_t> tail;                      ///< so many lines of output are published

  // list
  Listed listed = Listed::kMetrics;
  ListFormat list_format = ListFormat::kName;

  // readings; list of topics or types
  ReadingsFormat readings_format = ReadingsFormat::kTsv;
  std::optional<WallTime> since;
  std::optional<WallTime> until;
  std::optional<std::uint64_t> limit;

  // all
  bool dry_run = false;
  bool lines = false;
  std::optional<BatchSize> batch;
  std::optional<double> rate;  ///< items a second
  Print print = Print::kNone;
  std::string url{client::kDefaultUrl};
  cli::RequestHeaders headers;
  std::vector<client::Header> fields;  ///< of every request: those headers, with the token
  client::HeaderSource fresh_fields;   ///< the same, with the token of a file as it is now
  cli::ConnectionOptions connection;
  client::HttpSettings http;  ///< what it says
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
