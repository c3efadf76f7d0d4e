#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <malloc.h>

#include "sse/base/clock.h"
#include "sse/base/logging.h"
#include "sse/hub/counts.h"
#include "sse/hub/hub.h"
#include "sse/server/memory_ceiling.h"

#include "announce.h"
#include "assemble.h"
#include "check_config.h"
#include "cli/child.h"
#include "cli/command_line.h"
#include "cli/exit_code.h"
#include "cli/run_main.h"
#include "cli/signals.h"
#include "cluster.h"
#include "descriptor_limit.h"
#include "history.h"
#include "history_commands.h"
#include "load_display.h"
#include "option_checks.h"
#include "options.h"
#include "service_manager.h"
#include "takeover.h"
#include "token_command.h"
#include "wait_for_end.h"

namespace {

using sse::LogLevel;
using sse::cli::ExitCode;
using sse::cli::status;
using sse::serve::Assembly;
using sse::serve::Options;
using sse::serve::ServiceManager;

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
    case sse::ErrorCode::kForbidden:
      return ExitCode::kConfig;
    case sse::ErrorCode::kInvalid:
      return ExitCode::kUsage;
    default:
      return ExitCode::kUnavailable;
  }
}

/// Of a directory that cannot be used (docs/durability.md).
ExitCode exit_code_of_directory(const sse::Error& error) {
  switch (error.code) {
    case sse::ErrorCode::kConflict:
      return ExitCode::kTryLater;  // another hub has it
    case sse::ErrorCode::kInvalid:
      return ExitCode::kBadInput;  // damaged
    case sse::ErrorCode::kUnavailable:
      return ExitCode::kConfig;  // a newer version made it
    default:
      return ExitCode::kCannotCreate;
  }
}

/// Reads back what --data-dir keeps, before anything is served.
sse::Status read_back(const Options& options, Assembly& assembly,
                      sse::serve::LoadDisplay& display) {
  const auto& directory = options.server.durable.directory;
  if (directory.empty()) return {};
  sse::log_line(LogLevel::kInfo, "history: reading back " + directory);
  display.begin();
  auto loaded = assembly.load();
  const auto time = display.end();
  if (loaded) {
    sse::serve::log_loaded(assembly.server().durable_journal()->loaded(), options.server.durable,
                           time);
  }
  return loaded;
}

/// Waits for what hubs share, and reads it, before anything is served.
sse::Status join_cluster(const Options& options, Assembly& assembly) {
  if (options.server.cluster.url.empty()) return {};
  sse::log_line(LogLevel::kInfo, "cluster: joining " + options.server.cluster.url);
  auto loaded = assembly.load();
  if (loaded) sse::serve::log_cluster(assembly.server().cluster_journal()->loaded(), options);
  return loaded;
}

ExitCode exit_code_of_cluster(const sse::Error& error) {
  return error.code == sse::ErrorCode::kUnavailable ? ExitCode::kUnavailable : ExitCode::kConfig;
}

/// Fits streams and connections to the descriptors there are. What is to be said about it, if
/// anything; error: what was given does not fit.
sse::Result<std::string> fit_descriptors(const sse::cli::CommandLine& line, Options& options) {
  options.inherited_descriptor_limit = sse::serve::inherited_descriptor_limit();
  auto& max_clients = options.server.hub.max_clients;
  auto& max_connections = options.server.http.max_connections;
  const sse::serve::DescriptorWish wish{{max_clients, line.is_given("max-clients")},
                                        {max_connections, line.is_given("max-connections")},
                                        options.server.threads};
  const auto plan = SSE_TRY(sse::serve::make_room_for(wish));
  const bool is_less = plan.streams < max_clients || plan.connections < max_connections;
  max_clients = plan.streams;
  max_connections = plan.connections;
  if (!is_less) return std::string();
  return "--max-clients is " + std::to_string(plan.streams) + " and --max-connections " +
         std::to_string(plan.connections) +
         " here: the hard limit of descriptors (ulimit -Hn) is " + std::to_string(plan.limit);
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

/// The sockets that the service manager has opened for us are served in place of --bind, unless
/// that names some of them itself.
void take_sockets(Options& options, const ServiceManager& manager) {
  auto& binds = options.server.binds;
  // Of them --admin-bind may have its own.
  const auto& admin_binds = options.server.admin_binds;
  std::vector<std::string> sockets;
  std::remove_copy_if(manager.sockets().begin(), manager.sockets().end(),
                      std::back_inserter(sockets), [&](const auto& socket) {
                        return std::count(admin_binds.begin(), admin_binds.end(), socket) > 0;
                      });
  const bool is_named = std::any_of(binds.begin(), binds.end(),
                                    [](const auto& bind) { return bind.starts_with("fd:"); });
  if (sockets.empty() || is_named) return;
  if (!binds.empty()) {
    sse::log_line(LogLevel::kWarning, "--bind is not used: the service manager has passed " +
                                          std::to_string(sockets.size()) + " listening socket(s)");
  }
  binds = std::move(sockets);
}

void log_ceiling(const sse::server::MemoryCeiling& ceiling) {
  sse::log_line(LogLevel::kInfo,
                "memory: at most " + sse::server::mebibytes(ceiling.bytes()) + " in all");
}

int check(const Options& options) {
  if (const auto checked = sse::serve::check_config(options); !checked) {
    return fail(exit_code_of(checked.error()), checked.error().text);
  }
  const sse::server::MemoryCeiling ceiling(options.server);
  for (const auto& part : ceiling.parts()) {
    sse::log_line(LogLevel::kInfo, "memory: " + std::string(part.name) + ": at most " +
                                       sse::server::mebibytes(part.bytes) + " (" +
                                       std::string(part.formula) + ")");
  }
  log_ceiling(ceiling);
  sse::serve::log_history(options.server);
  sse::log_line(LogLevel::kInfo, "the configuration is in order");
  return status(ExitCode::kDone);
}

/// Starts the command of the options, if there is one: the hub serves only while it runs.
sse::Status start_command(const Options& options, const std::string& url,
                          std::optional<sse::cli::Child>& child) {
  if (options.command.empty()) return {};
  sse::cli::ChildCommand command{options.command, {"SSE_URL=" + url}};
  command.descriptor_limit = options.inherited_descriptor_limit;
  command.ends_with_us = true;
  child.emplace(SSE_TRY(sse::cli::Child::start(command)));
  return {};
}

/// Goes on with another hub, where one was asked.
sse::Status take_over(const Options& options, std::optional<sse::serve::BegunTakeover>& begun,
                      Assembly& assembly, sse::serve::LoadDisplay& display) {
  if (!begun) return {};
  auto& server = assembly.server();
  const auto* journal = server.durable_journal();
  if (journal != nullptr) display.begin();
  auto taken = sse::serve::finish_takeover(begun->taker, server);
  if (journal == nullptr) return taken;
  const auto time = display.end();
  if (taken) sse::serve::log_loaded(journal->loaded(), options.server.durable, time);
  return taken;
}

void log_addresses(const sse::server::EventServer& server) {
  sse::log_line(LogLevel::kInfo, "listening on " + server.url());
  if (!server.plain_url().empty()) {
    sse::log_line(LogLevel::kInfo, "listening on " + server.plain_url() + " without TLS");
  }
  for (const auto& url : server.admin_urls()) {
    sse::log_line(LogLevel::kInfo, "listening on " + url + " for the operator");
  }
}

/// What the service manager shows; a process that has tried to take this hub over has told another.
std::string status_of(const sse::server::EventServer& server) {
  return "STATUS=listening on " + server.url();
}

/// What the service manager hears at the end: that another process goes on, or that none does.
void notify_of_end(const ServiceManager& manager, const sse::serve::TakeoverSocket* takeover) {
  if (takeover == nullptr || !takeover->is_taken()) {
    return manager.notify("STOPPING=1\nSTATUS=draining");
  }
  const pid_t successor = takeover->successor();
  if (successor != 0) manager.notify("MAINPID=" + std::to_string(successor));
}

/// Nothing has come of it. One that was to stop has done so.
int fail_takeover(const sse::Error& error, const sse::cli::StopSignals& signals) {
  const std::string text = "takeover: " + error.text + "; the other hub goes on";
  if (signals.received() == 0) return fail(ExitCode::kTryLater, text);
  sse::log_line(LogLevel::kInfo, text);
  return status(ExitCode::kDone);
}

/// Serves with loops that turn, until a signal, the end of the command or a takeover. The exit
/// status.
int serve_on(const Options& options, const sse::cli::StopSignals& signals, ServiceManager& manager,
             sse::server::EventServer& server, bool has_taken_over) {
  sse::cli::reload_on_hup(server.reload_fd());
  log_ceiling(sse::server::MemoryCeiling(options.server));
  log_addresses(server);
  // What another hub had goes on, whatever cannot be said of it.
  const auto give_up = [has_taken_over](ExitCode code,
                                        const sse::Error& error) -> std::optional<int> {
    const int status_of_end = fail(code, error.text);
    return has_taken_over ? std::nullopt : std::optional(status_of_end);
  };
  std::unique_ptr<sse::serve::TakeoverSocket> takeover;
  if (!options.takeover_socket.empty()) {
    const auto tell_status = [&] { manager.notify(status_of(server)); };
    if (auto opened =
            sse::serve::TakeoverSocket::open(options, manager.supervisor(), server, tell_status)) {
      takeover = *std::move(opened);
    } else if (const auto end = give_up(ExitCode::kCannotCreate, opened.error())) {
      return *end;
    }
  }
  if (const auto said = sse::serve::announce(options, server.port()); !said) {
    if (const auto end = give_up(ExitCode::kCannotCreate, said.error())) return *end;
  }
  if (options.print_url) {
    const auto printed = sse::serve::print_url(server.url());
    if (!printed) {
      if (const auto end = give_up(ExitCode::kOutputFailed, printed.error())) return *end;
    }
  }
  manager.notify("READY=1\n" + status_of(server));
  std::optional<sse::cli::Child> child;
  if (const auto started = start_command(options, server.url(), child); !started) {
    return fail(sse::cli::exit_code_of_start(started.error()), started.error().text);
  }
  const auto child_status =
      sse::serve::wait_for_end(signals, manager, server, takeover.get(), child);
  sse::cli::reload_on_hup(-1);
  if (takeover != nullptr) takeover->stop();
  notify_of_end(manager, takeover.get());
  sse::log_line(LogLevel::kInfo,
                "draining " + std::to_string(server.hub().stream_count()) + " streams");
  server.drain();
  log_counts(server.hub().counts());
  return child_status.value_or(status(ExitCode::kDone));
}

int serve(Options& options, const sse::cli::StopSignals& signals, ServiceManager& manager) {
  const sse::SystemClock clock;
  const int terminal = sse::log_enabled(LogLevel::kInfo) ? STDERR_FILENO : -1;
  sse::serve::LoadDisplay display(options.server.durable.directory, terminal, manager, clock);
  std::optional<sse::serve::BegunTakeover> begun;
  std::atomic<bool> is_starting = true;
  options.server.durable.on_progress = [&](const sse::journal::LoadProgress& progress) {
    if (!is_starting) return;
    display.update(progress);
    if (begun) sse::serve::check_still_wanted(begun->taker, signals);
  };
  if (const auto taken = sse::serve::take_cluster_passwords(options); !taken) {
    return fail(ExitCode::kConfig, taken.error().text);
  }
  sse::serve::show_wait(options, signals, manager);
  if (options.takes_over) {
    auto answer = sse::serve::begin_takeover(
        options, sse::server::EventServer::hello(options.server), signals);
    if (!answer) return fail_takeover(answer.error(), signals);
    begun = *std::move(answer);
    if (begun) manager.adopt(begun->supervisor);
  }
  // Of one that does not start the other hub is told why.
  const auto give_up_start = [&begun](ExitCode code, const std::string& text) {
    if (begun) begun->taker.refuse(text);
    return fail(code, begun ? "takeover: " + text + "; the other hub goes on" : text);
  };
  auto assembly = Assembly::open(options);
  if (!assembly) return give_up_start(exit_code_of(assembly.error()), assembly.error().text);
  if (const auto read = begun ? sse::Status() : read_back(options, **assembly, display); !read) {
    return fail(exit_code_of_directory(read.error()), read.error().text);
  }
  if (const auto joined = join_cluster(options, **assembly); !joined) {
    if (signals.received() != 0) return status(ExitCode::kDone);
    return give_up_start(exit_code_of_cluster(joined.error()), joined.error().text);
  }
  if (const auto taken = take_over(options, begun, **assembly, display); !taken) {
    return fail_takeover(taken.error(), signals);
  }
  is_starting = false;
  if (const auto started = (*assembly)->start(); !started) {
    return fail(ExitCode::kUnavailable, started.error().text);
  }
  return serve_on(options, signals, manager, (*assembly)->server(), begun.has_value());
}

int run(int argc, char** argv) {
  Options options;
  sse::cli::CommandLine line("sse-serve", sse::serve::kSummary);
  sse::serve::declare(line, options);
  sse::Result<std::string> fitted = std::string();
  line.settle([&]() -> sse::Status {
    SSE_TRY(sse::serve::check_values(line, options));
    fitted = fit_descriptors(line, options);
    return {};
  });
  auto outcome = line.parse(argc, argv);
  if (outcome.exit) return status(*outcome.exit);
  options.command = std::move(outcome.command);
  if (!options.command.empty() && !options.takeover_socket.empty()) {
    return status(line.usage_error(
        "--takeover-socket is not for a hub that runs a command: the command ends with its hub"));
  }
  if (!outcome.subcommand.empty()) {
    auto log = sse::serve::log_options(options);
    // What a connection does is of interest only where that was asked for.
    if (options.messages.verbosity == 0) log.level = std::max(log.level, LogLevel::kWarning);
    const sse::LogSession logging(log);
    if (outcome.subcommand == "token") return status(sse::serve::run_token_command(options));
    return status(outcome.subcommand == "check" ? sse::serve::check_history(options)
                                                : sse::serve::back_up(options));
  }

  ServiceManager manager(sse::cli::process_environment(), ::getpid());
  manager.keep_from_children();
  const sse::cli::StopSignals signals;  // before threads start
  const sse::LogSession logging(sse::serve::log_options(options));
  take_sockets(options, manager);
  if (!fitted) return fail(ExitCode::kConfig, fitted.error().text);
  if (!fitted->empty()) sse::log_line(LogLevel::kWarning, *fitted);
  return options.check_config ? check(options) : serve(options, signals, manager);
}

// glibc gives the end of an arena back in one call once 4 MiB of it are free, and all that became
// free before lies there, too: with large bodies up to 64 MiB, 6 ms of a turn. So these have pages
// of their own, as they have until the first is freed.
void give_memory_back_in_small_parts() {
  constexpr int kKib = 1 << 10;
  ::mallopt(M_TRIM_THRESHOLD, 4096 * kKib);
  ::mallopt(M_MMAP_THRESHOLD, 256 * kKib);
}

}  // namespace

int main(int argc, char** argv) {
  give_memory_back_in_small_parts();
  return sse::cli::run_main("sse-serve", run, argc, argv);
}
