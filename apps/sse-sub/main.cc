#include <signal.h>
#include <unistd.h>

#include <utility>
#include <variant>

#include "sse/base/logging.h"

#include "cli/environment.h"
#include "cli/exit_code.h"
#include "cli/signals.h"
#include "cli/standard_streams.h"
#include "options.h"
#include "program.h"

int main(int argc, char** argv) {
  using sse::cli::ExitCode;
  using namespace sse::sub;
  sse::cli::claim_standard_streams();
  auto options = read_options(argc, argv, sse::cli::process_environment());
  if (const auto* code = std::get_if<ExitCode>(&options)) return sse::cli::status(*code);
  // A reader who goes away is an error of write(): the place is saved first.
  ::signal(SIGPIPE, SIG_IGN);
  const sse::cli::StopSignals signals;
  End end;
  {
    auto& chosen = *std::get_if<Options>(&options);
    const sse::LogSession logging(chosen.messages.log_options("sse-sub"));
    end = Program(std::move(chosen), signals).run();
  }
  if (end.signal != 0) sse::cli::die_by_signal(end.signal);
  // Not through exit(): an exchange that was given up may still have a thread in the resolver.
  ::_exit(sse::cli::status(end.code));
}
