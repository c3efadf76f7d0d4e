#include <poll.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "sse/base/logging.h"
#include "sse/hub/counts.h"

#include "announce.h"
#include "assemble.h"
#include "cli/child.h"
#include "cli/exit_code.h"
#include "cli/options.h"
#include "cli/signals.h"
#include "descriptor_limit.h"
#include "options.h"

namespace {

using sse::LogLevel;
using sse::cli::ExitCode;
using sse::cli::status;
using sse::serve::Assembly;
using sse::serve::Options;

int fail(ExitCode code, const std::string& text) {
  sse::log_line(LogLevel::kError, text);
  return status(code);
}

ExitCode exit_code_of(const sse::Error& error) {
  switch (error.code) {
    case sse::ErrorCode::kUnavailable:
      return ExitCode::kUnavailable;
    case sse::ErrorCode::kNotAllowed:
      return ExitCode::kNotAllowed;
    case sse::ErrorCode::kInvalid:
      return ExitCode::kUsage;
    default:
      return ExitCode::kUnavailable;
  }
}

/// Fits the number of streams to the descriptors there are. False: --max-clients was given, and
/// does not fit.
bool fit_descriptors(Options& options) {
  const bool was_given = options.max_clients.has_value();
  const std::size_t wanted = options.max_clients.value_or(options.hub.max_clients);
  const auto fits =
      sse::serve::make_room_for(wanted, options.http.max_connections, options.threads);
  if (!fits) {
    fail(ExitCode::kConfig, fits.error().text);
    return false;
  }
  if (*fits < wanted && was_given) {
    fail(ExitCode::kConfig, "--max-clients " + std::to_string(wanted) +
                                " needs more descriptors than the hard limit "
                                "allows: at most " +
                                std::to_string(*fits) +
                                " streams fit; raise ulimit -Hn (systemd: "
                                "LimitNOFILE=)");
    return false;
  }
  if (*fits < wanted) {
    sse::log_line(LogLevel::kWarning,
                  "--max-clients is " + std::to_string(*fits) +
                      " here: the hard limit of descriptors (ulimit -Hn) allows no more");
  }
  options.max_clients = *fits;
  return true;
}

/// Waits for a signal, or for the end of the command. Its exit status if there was one.
std::optional<int> wait_for_end(const sse::cli::StopSignals& signals,
                                std::optional<sse::cli::Child>& child) {
  std::array<pollfd, 2> fds{
      {{signals.fd(), POLLIN, 0}, {child ? child->ended_fd() : -1, POLLIN, 0}}};
  while (true) {
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;  // EINTR: the signal is on its descriptor
    if (fds[1].revents != 0) return child->wait();
    if (fds[0].revents == 0) continue;
    if (!child) return std::nullopt;
    sse::cli::forward(signals, *child);
    return child->wait();
  }
}

void log_counts(const sse::hub::Counts& counts) {
  using sse::hub::CloseReason;
  sse::log_line(LogLevel::kInfo, "streams: " + std::to_string(counts.opened) + " opened, " +
                                     std::to_string(counts.closed_for(CloseReason::kEvicted)) +
                                     " evicted, " +
                                     std::to_string(counts.closed_for(CloseReason::kSlow)) +
                                     " slow, " + std::to_string(counts.all_gaps()) +
                                     " with a gap; " + std::to_string(counts.bytes) + " bytes in " +
                                     std::to_string(counts.sends) + " sends");
}

int serve(const Options& options, const sse::cli::StopSignals& signals) {
  auto assembly = Assembly::open(options);
  if (!assembly) return fail(exit_code_of(assembly.error()), assembly.error().text);
  if (const auto started = (*assembly)->start(); !started) {
    return fail(ExitCode::kUnavailable, started.error().text);
  }
  auto& server = (*assembly)->server();
  sse::log_line(LogLevel::kInfo, "listening on " + server.url());
  if (const auto said = sse::serve::announce(options, server.port(), server.url()); !said) {
    return fail(ExitCode::kCannotCreate, said.error().text);
  }
  std::optional<sse::cli::Child> child;
  if (!options.command.empty()) {
    auto started = sse::cli::Child::start({options.command, {"SSE_URL=" + server.url()}});
    if (!started) {
      return fail(sse::cli::exit_code_of_start(started.error()), started.error().text);
    }
    child.emplace(std::move(started).value());
  }
  const auto child_status = wait_for_end(signals, child);
  sse::log_line(LogLevel::kInfo,
                "draining " + std::to_string(server.hub().stream_count()) + " streams");
  server.drain();
  log_counts(server.hub().counts());
  return child_status.value_or(status(ExitCode::kDone));
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  sse::cli::CommandLine line("sse-serve", "a hub for Server-Sent Events");
  sse::serve::declare(line, options);
  auto outcome = line.parse(argc, argv);
  if (outcome.exit) return status(*outcome.exit);
  options.command = std::move(outcome.command);
  if (options.threads > sse::serve::kMostThreads) {
    return status(line.usage_error("--threads: expected at most " +
                                   std::to_string(sse::serve::kMostThreads)));
  }

  const sse::cli::StopSignals signals;  // before threads start
  const sse::LogSession logging({"sse-serve", options.log_level, options.log_format});
  if (!fit_descriptors(options)) return status(ExitCode::kConfig);
  return serve(options, signals);
}
