// sse-tails: the least that it can cost to keep the log of many nodes in Redis. No HTTP, no hubs.

#include <cstdio>
#include <string>

#include "cli/command_line.h"
#include "cli/run_main.h"
#include "cluster/tails.h"

namespace sse::bench {
namespace {

void declare(cli::CommandLine& line, TailOptions& options) {
  auto list = line.options();
  list.number("--port", options.port,
              "of Redis, on 127.0.0.1; keys of sse-tails are removed there");
  list.number("--in-flight", options.in_flight, "events that have not come back", std::size_t{1});
  list.number("--batch", options.batch, "events that are published together", std::size_t{1});
  list.size("--size", options.size, "of an event in a chunk");
  list.duration("--warm-up", options.warm_up, "how long before it is measured");
  list.duration("--duration", options.duration, "how long it is measured");
  list.number("--pid", options.pid, "of Redis, to report its CPU");
  list.flag("--json", options.json, "one JSON object on stdout");
}

int run_program(int argc, char** argv) {
  TailOptions options;
  cli::CommandLine line("sse-tails",
                        "appends to a Redis stream with the two bare scripts, and reads two tails");
  declare(line, options);
  const auto outcome = line.parse(argc, argv);
  if (outcome.exit) return status(*outcome.exit);
  if (options.batch > options.in_flight || options.batch > 256) {
    return status(line.usage_error("--batch: at most --in-flight and 256 were expected"));
  }
  Report report;
  if (auto measured = measure_tails(options, report); !measured) {
    std::fprintf(stderr, "sse-tails: error: %s\n", measured.error().text.c_str());
    return status(cli::ExitCode::kUnavailable);
  }
  report.print(options.json);
  return status(cli::ExitCode::kDone);
}

}  // namespace
}  // namespace sse::bench

int main(int argc, char** argv) {
  return sse::cli::run_main("sse-tails", sse::bench::run_program, argc, argv);
}
