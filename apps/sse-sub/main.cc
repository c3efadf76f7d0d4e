#include <signal.h>
#include <unistd.h>

#include <utility>
#include <variant>

#include "sse/base/logging.h"

#include "cli/environment.h"
#include "cli/exit_code.h"
#include "cli/run_main.h"
#include "cli/signals.h"
#include "options.h"
#include "program.h"

namespace sse::sub {
namespace {

int run(int argc, char** argv) {
  auto options = read_options(argc, argv, cli::process_environment());
  if (const auto* code = std::get_if<cli::ExitCode>(&options)) return cli::status(*code);
  // A reader who goes away is an error of write(): the place is saved first.
  ::signal(SIGPIPE, SIG_IGN);
  const cli::StopSignals signals;
  End end;
  {
    auto& chosen = *std::get_if<Options>(&options);
    const LogSession logging(chosen.messages.log_options("sse-sub"));
    end = Program(std::move(chosen), signals).run();
  }
  if (end.signal != 0) cli::die_by_signal(end.signal);
  return cli::status(end.code);
}

}  // namespace
}  // namespace sse::sub

int main(int argc, char** argv) {
  // Not through exit(): an exchange that was given up may still have a thread in the resolver.
  ::_exit(sse::cli::run_main("sse-sub", sse::sub::run, argc, argv));
}
