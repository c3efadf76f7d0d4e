// sse-raw: the raw limit, what a server of event streams is measured against.

#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

#include "cli/command_line.h"
#include "raw_server.h"

namespace sse::bench {
namespace {

struct Options {
  std::uint16_t port = 0;
  std::string port_file;
  bool per_event = false;
};

int serve(const Options& options) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  RawServer server(options.per_event ? RawServer::Sending::kEachEvent
                                     : RawServer::Sending::kAllThatIsNew);
  const auto port = server.listen(options.port);
  if (!port) {
    std::fprintf(stderr, "sse-raw: %s\n", port.error().text.c_str());
    return status(cli::ExitCode::kUnavailable);
  }
  if (options.port_file.empty()) {
    std::printf("%u\n", static_cast<unsigned>(*port));
    std::fflush(stdout);
  } else {
    std::ofstream(options.port_file) << *port << '\n';
  }
  server.run();
  return 0;
}

}  // namespace
}  // namespace sse::bench

int main(int argc, char** argv) {
  sse::bench::Options options;
  sse::cli::CommandLine line("sse-raw", "the least that a server of event streams can do");
  auto list = line.options();
  list.number("--port", options.port, "port on 127.0.0.1; 0 picks a free one");
  list.text("--port-file", options.port_file, "FILE",
            "where the port is written, instead of stdout");
  list.flag("--per-event", options.per_event, "one send() for each event and stream");
  const auto outcome = line.parse(argc, argv);
  if (outcome.exit) return status(*outcome.exit);
  return sse::bench::serve(options);
}
