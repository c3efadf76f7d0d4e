// sse-durable: what keeping events on a disk costs, beside the least that it can cost. No HTTP.

#include <cstdio>
#include <string>

#include "cli/command_line.h"
#include "cli/run_main.h"
#include "durable/measure.h"

namespace sse::bench {
namespace {

void declare_journal(cli::OptionList& list, Options& options) {
  list.choice("--journal", options.journal, "what keeps the events",
              {{"ours", JournalKind::kOurs}, {"raw", JournalKind::kRaw}});
}

void declare(cli::CommandLine& line, Options& options) {
  auto list = line.options();
  list.text("--dir", options.directory, "DIR",
            "where files are written, on the disk that is measured; they are removed at the end")
      .required();
  list.flag("--json", options.json, "one JSON object on stdout");

  auto publish = line.command("publish", "hands events over, so many at once, at steady state");
  declare_journal(publish, options);
  publish.number("--in-flight", options.in_flight, "events without an answer", std::size_t{1});
  publish.duration("--warm-up", options.warm_up, "how long before it is measured");
  publish.duration("--duration", options.duration, "how long it is measured");
  publish.size("--max-log-bytes", options.max_log_bytes, "as of sse-serve; filled before");
  publish.duration("--ttl", options.ttl, "age of an event, and of a key");

  auto sync = line.command("sync", "times one fdatasync() after another");
  sync.duration("--duration", options.sync_duration, "how long");

  auto start = line.command("start", "times a start that reads back a history");
  declare_journal(start, options);
  start.number("--events", options.events, "events in it, about", std::uint64_t{1});
}

cli::ExitCode run(const std::string& command, const Options& options) {
  Report report;
  report.add("mode", command);
  const auto measured = command == "publish" ? measure_publish(options, report)
                        : command == "sync"  ? measure_sync(options, report)
                                             : measure_start(options, report);
  if (!measured) {
    std::fprintf(stderr, "sse-durable: error: %s\n", measured.error().text.c_str());
    return cli::ExitCode::kUnavailable;
  }
  report.print(options.json);
  return cli::ExitCode::kDone;
}

int run_program(int argc, char** argv) {
  Options options;
  cli::CommandLine line("sse-durable",
                        "measures what keeping events on a disk costs, beside a bare file");
  declare(line, options);
  const auto outcome = line.parse(argc, argv);
  if (outcome.exit) return status(*outcome.exit);
  return status(run(outcome.subcommand, options));
}

}  // namespace
}  // namespace sse::bench

int main(int argc, char** argv) {
  return sse::cli::run_main("sse-durable", sse::bench::run_program, argc, argv);
}
