#include "option_checks.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "sse/base/quantities.h"
#include "sse/base/uuid.h"
#include "sse/hub/filter.h"

#include "cli/command_line.h"
#include "cli/option_list.h"
#include "cli/time_value.h"

namespace sse::sub {
namespace {

Error invalid(std::string text) {
  return {ErrorCode::kInvalid, std::move(text)};
}

Error expected(const std::string& text, std::string_view what) {
  return invalid("'" + text + "' is not " + std::string(what));
}

/// What only a server can do, if it was asked for.
std::string_view needs_server(const Options& options) {
  if (options.resume) return "--resume";
  if (options.cursor_file) return "--cursor-file (or SSE_CURSOR_FILE)";
  if (options.since || options.last) return "--since (or --last)";
  if (options.last_event_id) return "--last-event-id";
  if (!options.metrics.empty()) return "--metric (or SSE_METRIC)";
  if (options.wait_server) return "--wait-server";
  return {};
}

/// The N of `-N`.
std::optional<std::uint64_t> last_of(const std::string& text) {
  if (!text.starts_with('-')) return std::nullopt;
  const auto count = cli::parse_number<std::uint64_t>(text.substr(1), 0);
  return count ? std::optional(*count) : std::nullopt;
}

bool has_records(const Options& options) {
  return options.format || options.output == Format::kData || options.output == Format::kJson ||
         options.output == Format::kTsv;
}

}  // namespace

Status settle_start(Options& options) {
  const auto last = options.since ? last_of(*options.since) : std::nullopt;
  if (!last) return {};
  if (options.last) return invalid("-n and --since=-N cannot be used together");
  options.last = last;
  options.since.reset();
  return {};
}

Status check_since(const std::string& text) {
  if (text == "earliest" || text == "latest" || last_of(text) || parse_uuid(text) ||
      cli::parse_time(text, SystemClock().now().wall)) {
    return {};
  }
  return expected(text,
                  "a start; expected earliest, latest, -N (the last N events), 5m (ago), "
                  "an RFC 3339 time, @SECONDS or an event id");
}

Status check_filters(const Options& options) {
  const auto filter = hub::Filter::make(options.types, options.topics);
  return filter ? Status() : Status(filter.error());
}

Status check_readable(const std::string& path) {
  if (path.empty() || ::access(path.c_str(), R_OK) == 0) return {};
  return Error{ErrorCode::kIo,
               "cannot read " + path + ": " + std::generic_category().message(errno)};
}

Status fit_waits(const cli::CommandLine& line, Options& options) {
  if (options.retry_min <= options.retry_max) return {};
  const auto is_given = [&line](const std::string& name) {
    return line.origin_of(name).source != cli::Origin::Source::kDefault;
  };
  if (is_given("retry-min") && is_given("retry-max")) {
    return invalid("--retry-min: expected at most --retry-max, which is " +
                   format_duration(options.retry_max));
  }
  auto& fitted = is_given("retry-min") ? options.retry_max : options.retry_min;
  fitted = is_given("retry-min") ? options.retry_min : options.retry_max;
  return {};
}

Status check_together(const Options& options) {
  if (options.ends_with_nul && !has_records(options)) {
    return invalid("-0 ends the records of -o data, json and tsv, and of -F");
  }
  if (options.exec.argv.empty()) {
    if (options.exec.timeout) return invalid("--exec-timeout needs a command: -x, or after --");
  } else if (options.format) {
    return invalid("-F prints events, and -x gives them to a command: one of them");
  }
  if ((options.reset_cursor || options.show_cursor) && !options.keeps_place()) {
    return invalid("there is no place without --resume or --cursor-file");
  }
  if (options.reads_stdin()) {
    if (const auto option = needs_server(options); !option.empty()) {
      return invalid(std::string(option) + " needs a server, and - reads a stream from stdin");
    }
  }
  return {};
}

}  // namespace sse::sub
