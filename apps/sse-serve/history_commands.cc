#include "history_commands.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include "sse/base/ascii.h"
#include "sse/base/clock.h"
#include "sse/base/logging.h"
#include "sse/client/fetch.h"
#include "sse/client/http_transport.h"
#include "sse/journal/directory_check.h"
#include "sse/json/reader.h"

namespace sse::serve {
namespace {

using cli::ExitCode;

// A copy of a large history takes minutes, and the hub answers when it is whole.
constexpr std::chrono::hours kPatience{24};

ExitCode fail(ExitCode code, const std::string& text) {
  log_line(LogLevel::kError, text);
  return code;
}

ExitCode exit_code_of(const journal::Failure& failure) {
  switch (failure.kind) {
    case journal::FailureKind::kBusy:
      return ExitCode::kTryLater;
    case journal::FailureKind::kDamaged:
      return ExitCode::kBadInput;
    case journal::FailureKind::kNewer:
      return ExitCode::kConfig;
    case journal::FailureKind::kRefused:
      return ExitCode::kNotAllowed;
    default:
      return ExitCode::kNoInput;
  }
}

std::string count_of(std::uint64_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string summary(const journal::CheckReport& report) {
  std::string text = count_of(report.events, "event");
  if (report.events > 0) {
    text += " (" + std::to_string(report.first) + " to " + std::to_string(report.last) + ")";
  }
  text += " in " + count_of(report.chunks, "chunk") + ", " + count_of(report.bytes, "byte") + "; " +
          count_of(report.rows, "metric") + " with " + count_of(report.members, "reading") + "; " +
          count_of(report.answers, "kept answer");
  if (report.is_copy) text += "; a backup";
  return text;
}

bool print(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

/// Where the hub speaks TLS alone, its certificate is hardly that of 127.0.0.1.
bool asks_over_tls(const Options& options) {
  const auto& server = options.server;
  const bool is_unix = !server.binds.empty() && server.binds.front().starts_with("unix:");
  return options.backup_url.empty() && server.admin_binds.empty() && !is_unix &&
         server.tls.is_on() && !server.plain_port;
}

std::string hub_of(const Options& options) {
  if (!options.backup_url.empty()) return options.backup_url;
  const auto& server = options.server;
  if (!server.admin_binds.empty()) {
    const std::string& bind = server.admin_binds.front();
    const bool is_port = std::all_of(bind.begin(), bind.end(), [](char c) { return is_digit(c); });
    return is_port ? ":" + bind : bind;
  }
  if (!server.binds.empty() && server.binds.front().starts_with("unix:")) {
    return server.binds.front();
  }
  return (asks_over_tls(options) ? "https://127.0.0.1:" : "http://127.0.0.1:") +
         std::to_string(server.plain_port.value_or(server.port));
}

ExitCode exit_code_of(int status) {
  switch (status) {
    case 401:
    case 403:
      return ExitCode::kNotAllowed;
    case 409:
      return ExitCode::kTryLater;
    case 507:
      return ExitCode::kCannotCreate;
    default:
      return ExitCode::kUnavailable;
  }
}

/// The text of a member, or nothing.
std::string member(const std::string& body, const char* name) {
  json::Reader reader;
  if (reader.read(body) != json::Outcome::kObject) return {};
  const auto* const found = reader.object().find(name);
  return found == nullptr ? std::string() : std::string(found->text);
}

/// From the directory to where it was asked for, perhaps on another disk. The name is there with
/// the whole copy, or not at all.
std::error_code move_file(const std::string& from, const std::string& to) {
  std::error_code error;
  std::filesystem::rename(from, to, error);
  if (error != std::errc::cross_device_link) return error;
  const std::string unfinished = to + ".unfinished";
  std::filesystem::copy_file(from, unfinished, std::filesystem::copy_options::overwrite_existing,
                             error);
  if (!error) std::filesystem::rename(unfinished, to, error);
  if (error) return error;
  ::sync();
  std::filesystem::remove(from, error);
  return error;
}

}  // namespace

ExitCode check_history(const Options& options) {
  const std::string& path = options.checked_path;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return fail(ExitCode::kNoInput, "cannot read " + path + ": " +
                                        (error ? error.message() : "No such file or directory"));
  }
  const auto report = journal::check_directory(path);
  if (!report) return fail(exit_code_of(report.error()), report.error().text);
  std::string text;
  for (const auto& problem : report->problems) {
    text.append(path).append(": ").append(problem).append("\n");
  }
  if (report->problem_count > report->problems.size()) {
    text += path + ": and " +
            count_of(report->problem_count - report->problems.size(), "other problem") + "\n";
  }
  text += path + ": " + summary(*report) +
          (report->is_in_order() ? "; in order\n"
                                 : "; " + count_of(report->problem_count, "problem") + "\n");
  if (!print(text)) return ExitCode::kOutputFailed;
  return report->is_in_order() ? ExitCode::kDone : ExitCode::kBadInput;
}

ExitCode back_up(const Options& options) {
  const std::string hub = hub_of(options);
  const auto url = client::Endpoint::parse(hub);
  if (!url) return fail(ExitCode::kUsage, url.error().text);
  const SystemClock clock;
  client::PollWaiter waiter(clock);
  client::HttpTransport transport;
  client::StreamRequest request;
  request.url = url->with_path("/-/backup");
  request.method = "POST";
  if (const char* token = std::getenv("SSE_TOKEN"); token != nullptr && *token != '\0') {
    request.headers.push_back({"Authorization", "Bearer " + std::string(token)});
  }
  auto answer = client::fetch(std::move(request), transport, waiter, clock, kPatience);
  const auto* const fetched = std::get_if<client::Fetched>(&answer);
  if (fetched == nullptr) {
    return fail(ExitCode::kUnavailable,
                "cannot reach the hub at " + hub + ": " + std::get<client::Ending>(answer).text +
                    (asks_over_tls(options)
                         ? "; a backup of a hub with TLS needs its --plain-port or --admin-bind"
                         : ""));
  }
  const int code = fetched->head.status;
  if (code == 404) {
    return fail(ExitCode::kUnavailable, "the hub at " + hub + " keeps no history (--data-dir)");
  }
  if (code != 200) {
    const std::string why = member(fetched->body, "error");
    return fail(exit_code_of(code),
                "the hub at " + hub + " made no backup: " +
                    (why.empty() ? "it answered " + std::to_string(code) : why));
  }
  const std::string made = member(fetched->body, "file");
  if (const auto moved = move_file(made, options.backup_file); moved) {
    return fail(ExitCode::kCannotCreate,
                "cannot move " + made + " to " + options.backup_file + ": " + moved.message());
  }
  return ExitCode::kDone;
}

}  // namespace sse::serve
