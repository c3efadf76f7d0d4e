#include "options.h"

#include <memory>

#include "sse/base/quantities.h"
#include "sse/base/time_text.h"

#include "cli/command_line.h"
#include "cli/time_value.h"
#include "option_checks.h"

namespace sse::sub {
namespace {

using cli::OptionList;

constexpr const char* kExamples =
    R"(  sse-sub -m cpu --where '/value > 90'        # one metric: its readings, when they are high
  sse-sub --resume -o json | jq .data.value   # go on where the last run stopped
  sse-sub -t 'ci/#' -e deploy -x ./notify     # run a command for each event)";

/// For sources that stream the response to a question, such as the tokens of a language model.
void declare_request(OptionList& list, Options& options) {
  list.value("-X,--request", "METHOD", "ask with this method instead of GET",
             [&options](const std::string& text) -> Status {
               options.method = SSE_TRY(parse_method(text));
               return {};
             });
  list.text(
      "-d,--data", options.data, "TEXT",
      "ask with POST and this body, as application/json unless -H says otherwise; @FILE reads a "
      "file, @- stdin; the response is asked for once: no reconnecting");
}

void declare_start(OptionList& list, Options& options) {
  list.group("Where to start");
  auto resume = list.optional_value("--resume", "NAME",
                                    "go on where the last run of this NAME stopped; its "
                                    "position is kept on disk",
                                    [&](const std::string& name) -> Status {
                                      options.resume =
                                          name.empty() ? std::string(kUsualResume) : name;
                                      return {};
                                    });
  auto file = list.text("--cursor-file", options.cursor_file, "FILE",
                        "the same, with the position in FILE");
  file.variable("SSE_CURSOR_FILE");
  list.value("--since", "START",
             "where to start when no position is saved: earliest, latest (default), each (the "
             "newest event of each type and topic), -N (as -n), 5m (ago), a time",
             [&](const std::string& text) -> Status {
               options.since = text;
               // A hub knows the other forms itself.
               if (const auto time = cli::parse_human_time(text, SystemClock().now().wall)) {
                 options.since = format_rfc3339_nanos(*time);
               }
               return check_since(*options.since);
             });
  list.number("-n,--last", options.last,
              "the last N events that match, at most; with --since: of those");
  list.text("--last-event-id", options.last_event_id, "ID", "go on after this event")
      .excludes(resume)
      .excludes(file);
  auto reset = list.flag("--reset-cursor", options.reset_cursor,
                         "forget the position, and start as if there had never been one");
  list.flag("--show-cursor", options.show_cursor,
            "print the saved position and exit (1 if there is none); -o json: as JSON")
      .excludes(reset);
}

void declare_rate(OptionList& list, Options& options) {
  list.value("--every", "DURATION",
             "events at most once in this time: of each type and topic only the newest; 10ms to "
             "60s",
             [&](const std::string& text) -> Status {
               options.every = format_duration(SSE_TRY(cli::parse_positive_duration(text)));
               return {};
             });
}

void declare_selection(OptionList& list, Options& options) {
  Selection& selection = options.selection;
  list.group("Which events (several of one kind: any of them; several kinds: all)");
  list.list("-e,--type", options.types, "GLOB", "event type, as in metric_*");
  list.list("-t,--topic", options.topics, "PATTERN", "topic; + is one level, # the rest");
  list.list("-m,--metric", options.metrics, "METRIC", "events of this metric, by name or id")
      .variable("SSE_METRIC");
  declare_rate(list, options);
  using Texts = std::vector<std::string>;
  list.list("-E,--exclude", "GLOB", "leave out events of these types",
            [&](const Texts& globs) { return selection.exclude(globs); });
  list.list("--exclude-topic", "PATTERN", "leave out events of these topics",
            [&](const Texts& patterns) { return selection.exclude_topics(patterns); });
  list.value("--grep", "REGEX", "only events whose data matches (RE2; (?i) ignores case)",
             [&](const std::string& pattern) { return selection.grep(pattern); });
  list.list(
      "--where", "CONDITION",
      "only events whose data fulfils this, as '/value > 90': a JSON Pointer, == != < <= > >= or "
      "=~ and a number, word, \"text\" or regex; A || B: either; several: all of them",
      [&](const Texts& texts) { return selection.where(texts); });
}

void declare_output(OptionList& list, Options& options) {
  list.group("What to do with them");
  auto output = list.choice(
      "-o,--output", options.output,
      "data: the data, a line each; json: one object a line with id, event, topic, data, "
      "metric, time and replay; sse: the stream; tsv: id, time, event, topic, data and metric; "
      "shell: variables, "
      "for eval; pretty: for people; none",
      {{"data", Format::kData},
       {"json", Format::kJson},
       {"sse", Format::kSse},
       {"tsv", Format::kTsv},
       {"shell", Format::kShell},
       {"pretty", Format::kPretty},
       {"none", Format::kNone}});
  output.variable("SSE_OUTPUT");
  list.value("-F,--format", "TEMPLATE",
             "print each event by this template: %{id} %{time} %{time:%H:%M:%S} %{event} %{topic} "
             "%{metric} %{data} "
             "%{replay} %{/json/pointer}, each with |json |sh |tsv |csv; %%, \\n, \\t",
             [&](const std::string& text) -> Status {
               options.format = SSE_TRY(Template::parse(text));
               return {};
             })
      .excludes(output);
  list.flag("-0,--null", options.ends_with_nul, "end records with NUL instead of a line end");
  list.choice("--color", options.color, "colour in -o pretty",
              {{"auto", cli::ColorMode::kAuto},
               {"always", cli::ColorMode::kAlways},
               {"never", cli::ColorMode::kNever}});
  list.choice("--status", options.report.status,
              "report on stderr what happens to the connection, a line each",
              {{"text", StatusFormat::kText}, {"json", StatusFormat::kJson}});
  list.optional_value("--stats", "DURATION",
                      "print counts on stderr at the end, and every DURATION",
                      [&](const std::string& text) -> Status {
                        options.report.has_stats = true;
                        options.report.stats_every.reset();
                        if (text.empty()) return {};
                        options.report.stats_every = SSE_TRY(cli::parse_positive_duration(text));
                        return {};
                      });
}

void declare_command(OptionList& list, Options& options) {
  list.group("Running a command for each event, one at a time");
  list.text(
      "-x,--exec", options.shell_command, "SHELL",
      "a shell command: the data and a line end on stdin (with -o: that form); SSE_EVENT_ID, "
      "_TYPE, "
      "_TOPIC, _METRIC, _TIME, _REPLAY and _DATA in the environment; the position moves when it "
      "exits 0");
  list.number("--exec-retries", options.exec.retries, "how often a failed command is tried again");
  list.choice(
      "--on-exec-fail", options.exec.on_failure,
      "what follows: stop with 1, skip the event (and end with 1), or retry without end",
      {{"stop", ExecFailure::kStop}, {"skip", ExecFailure::kSkip}, {"retry", ExecFailure::kRetry}});
  list.value("--exec-timeout", "DURATION", "end a command that takes longer; it has failed then",
             [&](const std::string& text) -> Status {
               options.exec.timeout = SSE_TRY(cli::parse_positive_duration(text));
               return {};
             });
}

void declare_relay(OptionList& list, Options& options) {
  list.group("Publishing each event at another hub");
  list.text(
      "--to", options.relay.url, "URL",
      "with type, topic and data, in order, each once; the position moves when it was accepted; "
      "-H, SSE_TOKEN and --cert stay with the source");
  list.text("--to-token-file", options.relay.token_file, "FILE",
            "its first line is the bearer token there; SSE_TO_TOKEN holds one itself")
      .variable("SSE_TO_TOKEN_FILE");
}

void declare_place(OptionList& list, Options& options) {
  list.group("Keeping the position");
  list.choice("--on-gap", options.on_gap,
              "when events were lost: warn on stderr, emit an sse.gap event, fail with "
              "79, ignore",
              {{"warn", OnGap::kWarn},
               {"emit", OnGap::kEmit},
               {"fail", OnGap::kFail},
               {"ignore", OnGap::kIgnore}});
  list.choice("--commit", options.commit,
              "move it after an event is written, or its command has exited 0 (a crash repeats "
              "events), or before (a crash loses them)",
              {{"after", Commit::kAfter}, {"before", Commit::kBefore}});
  list.duration("--cursor-interval", options.cursor_interval,
                "save it at most so often while printing");
}

void declare_end(OptionList& list, Options& options) {
  list.group("When to stop");
  list.number("-C,--count", options.end.count,
              "stop after N events; 0: once the connection is confirmed");
  list.flag("--follow", options.end.follow,
            "go on after the end of the replay (default); --no-follow: stop there");
  list.time("--until", options.end.until, "stop at this time, or at the first event that is newer");
  list.text("--until-data", options.end.until_data, "TEXT",
            "stop at the first event with just this data, which is not shown; as '[DONE]'");
  list.list("--until-type", options.until_types, "GLOB",
            "stop after the first event of such a type, which -e lets through as well; a saved "
            "position then says that the stream is over, and the next run ends at once");
  list.value("--until-match", "REGEX", "stop after an event whose data matches (RE2)",
             [&](const std::string& pattern) -> Status {
               options.until_match = SSE_TRY(Pattern::compile(pattern));
               return {};
             });
  list.duration("--duration", options.end.duration, "stop this long after the first connection");
  list.duration("--idle", options.end.idle,
                "stop after this long without an event, while connected");
  list.duration("--expect-every", options.end.expect_every,
                "exit 124 after this long without an event, connected or not");
  list.duration("-W,--timeout", options.timeout, "exit 124 after this time, connecting included");
  list.flag("--fail-if-none", options.fail_if_none, "exit 1 instead of 0 when no event came");
}

void declare_scripts(OptionList& list, Options& options) {
  list.group("For scripts");
  list.text("--ready-file", options.ready_file, "FILE",
            "create FILE once the subscription is live");
  list.value("--ready-fd", "N", "write a line to this open descriptor then, and close it",
             [&](const std::string& text) -> Status {
               options.ready_fd = SSE_TRY(cli::parse_descriptor(text));
               return {};
             });
}

void declare_connection(OptionList& list, Options& options) {
  list.group("Connection");
  cli::declare_headers(list, options.given_headers);
  list.optional_value("--wait-server", "DURATION",
                      "wait for a server that is not there yet; without it the first connection "
                      "fails fast",
                      [&](const std::string& text) -> Status {
                        options.wait_server = std::chrono::nanoseconds::max();
                        if (!text.empty()) options.wait_server = SSE_TRY(parse_duration(text));
                        return {};
                      });
  list.duration("--retry-min", options.retry_min, "shortest wait between two connections");
  list.duration("--retry-max", options.retry_max, "longest wait, unless the server asks for more");
  list.duration(
      "--read-timeout", options.read_timeout,
      "silence that counts as a cut (default: 3 heartbeats of the server), and the longest "
      "wait for a response (default: 30s)");
  list.duration("--max-outage", options.max_outage,
                "give up after this long without a stream (default: never)");
  cli::declare_connection(list, options.connection);
  list.flag("--reconnect", options.reconnect, "reconnect when the stream ends (default)");
  list.flag("--strict", options.strict, "exit on 408, 425, 429 and 5xx instead of retrying");
}

}  // namespace

void declare(cli::CommandLine& line, Options& options) {
  auto list = line.options();
  list.group("Stream");
  list.text(
          "url,--url", options.url, "URL",
          "http://host:port/path, host:port, :port or unix:/socket; /events/watch when there is no "
          "path; -: decode the stream on stdin")
      .variable("SSE_URL");
  declare_request(list, options);
  declare_start(list, options);
  declare_selection(list, options);
  declare_output(list, options);
  declare_command(list, options);
  declare_relay(list, options);
  declare_place(list, options);
  declare_end(list, options);
  declare_scripts(list, options);
  declare_connection(list, options);
  cli::declare_messages(list, options.messages, "what happens to the connection; -vv: heads too");
  line.takes_command("COMMAND ARG...");
  line.examples(kExamples);
}

std::variant<Options, cli::ExitCode> read_options(int argc, const char* const* argv,
                                                  const cli::Environment& environment) {
  Options options;
  cli::CommandLine line("sse-sub", kSummary);
  declare(line, options);
  line.settle([&] { return fit_waits(line, options); });
  auto outcome = line.parse(argc, argv);
  if (outcome.exit) return *outcome.exit;
  options.exec.argv = std::move(outcome.command);
  give_way(line, options);
  if (!options.shell_command.empty() && !options.exec.argv.empty()) {
    return line.usage_error("a command comes with -x or after --, not both");
  }
  if (!options.shell_command.empty()) {
    options.exec.argv = {"/bin/sh", "-c", options.shell_command};
  }
  if (auto status = settle_start(options); !status) return line.refuse(status.error());
  if (auto status = settle_end(options); !status) return line.refuse(status.error());
  if (options.reads_stdin()) {
    options.reconnect = false;
    options.end.follow = true;  // its end is the end
    if (auto status = options.selection.only(options.types, options.topics); !status) {
      return line.refuse(status.error());
    }
  }
  if (auto status = check_idle_words(line, options); !status) return line.refuse(status.error());
  if (auto status = check_together(options); !status) return line.refuse(status.error());
  auto settings = cli::http_settings(options.connection, "sse-sub");
  if (!settings) return line.refuse(settings.error());
  options.http = *std::move(settings);
  auto headers = cli::read_headers(options.given_headers, line, environment);
  if (!headers) return line.refuse(headers.error());
  options.headers = *std::move(headers);
  auto token = cli::read_token_header({options.relay.token_file, "to-token-file", "SSE_TO_TOKEN"},
                                      line, environment);
  if (!token) return line.refuse(token.error());
  options.relay.token = *std::move(token);
  if (auto status = complete_request(options); !status) return line.refuse(status.error());
  options.fresh_headers =
      cli::fresh_headers(options.given_headers, options.headers, line, environment);
  return options;
}

}  // namespace sse::sub
