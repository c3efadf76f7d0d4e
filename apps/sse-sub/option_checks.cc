#include "option_checks.h"

#include <algorithm>

#include "sse/base/ascii.h"
#include "sse/base/escape.h"
#include "sse/base/quantities.h"
#include "sse/base/uuid.h"
#include "sse/hub/filter.h"

#include "cli/command_line.h"
#include "cli/option_list.h"
#include "cli/read_file.h"
#include "cli/time_value.h"

namespace sse::sub {
namespace {

Error invalid(std::string text) {
  return {ErrorCode::kInvalid, std::move(text)};
}

Error expected(const std::string& text, std::string_view what) {
  return invalid(sse::quoted(text) + " is not " + std::string(what));
}

/// What only a server can do, if it was asked for.
std::string_view needs_server(const Options& options) {
  if (options.resume) return "--resume";
  if (options.cursor_file) return "--cursor-file (or SSE_CURSOR_FILE)";
  if (options.since || options.last) return "--since (or --last)";
  if (options.every) return "--every";
  if (options.last_event_id) return "--last-event-id";
  if (!options.metrics.empty()) return "--metric (or SSE_METRIC)";
  if (options.wait_server) return "--wait-server";
  return {};
}

Status check_relay(const Options& options) {
  if (!options.relay.url) return {};
  if (!options.exec.argv.empty() || options.format) {
    return invalid("--to, -F and a command (-x, or after --): one of them");
  }
  const auto target = client::Endpoint::parse(*options.relay.url);
  if (!target) return target.error();
  const auto source = client::Endpoint::parse(options.url);
  if (!options.reads_stdin() && source && source->same_origin(*target)) {
    return invalid("--to: the target is the source, so each event would come back");
  }
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

void give_way(const cli::CommandLine& line, Options& options) {
  const auto is_said = [&](const char* name) {
    return line.origin_of(name).source == cli::Origin::Source::kCommandLine;
  };
  const auto yield = [&](const char* name, auto& value) {
    if (!is_said(name)) value.reset();
  };
  const bool is_other_use =
      is_said("format") || is_said("to") || options.show_cursor || !options.exec.argv.empty();
  if (!is_said("exec") && is_other_use) options.shell_command.clear();
  const bool has_command = !options.exec.argv.empty() || !options.shell_command.empty();
  if (has_command || is_said("format")) yield("to", options.relay.url);
  if (has_command || options.relay.url) yield("format", options.format);
  if (options.reads_stdin() || options.data || !options.method.empty()) {
    yield("resume", options.resume);
    yield("cursor-file", options.cursor_file);
  }
  if (!options.reads_stdin()) return;
  yield("since", options.since);
  yield("last", options.last);
  yield("every", options.every);
  yield("last-event-id", options.last_event_id);
  yield("wait-server", options.wait_server);
  if (!is_said("metric")) options.metrics.clear();
}

Status check_idle_words(const cli::CommandLine& line, Options& options) {
  const auto is_said = [&](const char* name) {
    return line.origin_of(name).source == cli::Origin::Source::kCommandLine;
  };
  const bool has_command = !options.exec.argv.empty();
  if (has_command && is_said("output")) {
    const Format form = options.output;
    if (form != Format::kData && form != Format::kJson && form != Format::kTsv &&
        form != Format::kSse) {
      return invalid("a command gets data, json, tsv or sse (-o) on its stdin");
    }
    options.exec.input = form;
  }
  if ((has_command || options.relay.url) && is_said("null")) {
    return invalid("-0 ends records that are printed, and these events are not");
  }
  if (options.relay.url && is_said("output")) {
    return invalid("-o is for what is printed, and --to publishes");
  }
  for (const char* name : {"exec-retries", "on-exec-fail", "exec-timeout"}) {
    if (is_said(name) && !has_command) {
      return invalid("--" + std::string(name) + " needs a command: -x, or after --");
    }
  }
  if (is_said("to-token-file") && !options.relay.url) return invalid("--to-token-file needs --to");
  for (const char* name : {"commit", "cursor-interval"}) {
    if (is_said(name) && !options.keeps_place()) {
      return invalid("--" + std::string(name) + " needs --resume or --cursor-file");
    }
  }
  return {};
}

Status settle_start(Options& options) {
  const auto last = options.since ? last_of(*options.since) : std::nullopt;
  if (!last) return {};
  if (options.last) return invalid("-n and --since=-N cannot be used together");
  options.last = last;
  options.since.reset();
  return {};
}

Status check_since(const std::string& text) {
  if (text == "earliest" || text == "latest" || text == "each" || last_of(text) ||
      parse_uuid(text) || cli::parse_time(text, SystemClock().now().wall)) {
    return {};
  }
  return expected(text,
                  "a start; expected earliest, latest, each, -N (the last N events), 5m (ago), "
                  "an RFC 3339 time, @SECONDS or an event id");
}

Result<std::string> parse_method(const std::string& text) {
  const bool is_word = !text.empty() && std::all_of(text.begin(), text.end(),
                                                    [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!is_word || text == "HEAD" || text == "CONNECT") {
    return expected(text, "a method; expected one in capital letters that has a response, as POST");
  }
  return text;
}

Status complete_request(Options& options) {
  if (options.method.empty()) options.method = options.data ? "POST" : "GET";
  if (options.data) {
    if (options.method == "GET") return invalid("-d is the body of a POST, and -X says GET");
    const bool is_file = options.data->starts_with('@');
    options.body = is_file ? SSE_TRY(cli::read_file(options.data->substr(1))) : *options.data;
    const bool has_type = std::any_of(options.headers.begin(), options.headers.end(),
                                      [](const client::Header& header) {
                                        return equals_ignoring_case(header.name, "Content-Type");
                                      });
    if (!has_type) options.headers.push_back({"Content-Type", "application/json"});
  }
  if (options.asks_once()) {
    options.reconnect = false;
    if (options.reads_stdin()) return invalid("-X and -d ask a server, and - reads stdin");
    if (options.keeps_place()) {
      return invalid("-X and -d ask once, and --resume and --cursor-file go on: one of them");
    }
  }
  return {};
}

Status settle_end(Options& options) {
  const auto filter =
      SSE_TRY(hub::Filter::make(options.types, options.topics, options.until_types));
  if (filter != nullptr) options.types = filter->types();
  return {};
}

Status fit_waits(const cli::CommandLine& line, Options& options) {
  if (options.retry_min <= options.retry_max) return {};
  const bool is_least_given = line.is_given("retry-min");
  if (is_least_given && line.is_given("retry-max")) {
    return invalid("--retry-min: expected at most --retry-max, which is " +
                   format_duration(options.retry_max));
  }
  auto& fitted = is_least_given ? options.retry_max : options.retry_min;
  fitted = is_least_given ? options.retry_min : options.retry_max;
  return {};
}

Status check_together(const Options& options) {
  if (options.ends_with_nul && !has_records(options)) {
    return invalid("-0 ends the records of -o data, json and tsv, and of -F");
  }
  if (!options.exec.argv.empty() && options.format) {
    return invalid("-F prints events, and -x gives them to a command: one of them");
  }
  if (auto status = check_relay(options); !status) return status;
  if ((options.reset_cursor || options.show_cursor) && !options.keeps_place()) {
    return invalid("there is no position without --resume or --cursor-file");
  }
  if (options.reads_stdin()) {
    if (const auto option = needs_server(options); !option.empty()) {
      return invalid(std::string(option) + " needs a server, and - reads a stream from stdin");
    }
  }
  return {};
}

}  // namespace sse::sub
