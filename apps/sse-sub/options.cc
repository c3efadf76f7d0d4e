#include "options.h"

#include <memory>

#include "sse/base/time_text.h"
#include "sse/base/uuid.h"

namespace sse::sub {
namespace {

using cli::OptionList;

constexpr const char* kExamples =
    R"(  sse-sub -m cpu                              # one metric: its readings, as they come
  sse-sub --resume -o json | jq .data.value   # go on where the last run stopped
  sse-sub -t 'ci/#' -e deploy -x ./notify     # run a command for each event)";

Error expected(std::string_view text, std::string_view what) {
  return {ErrorCode::kInvalid, "'" + std::string(text) + "' is not " + std::string(what)};
}

/// What the server understands after `since=`; checked here, because a 400 says less.
Status check_since(const std::string& text) {
  const bool is_last_n =
      text.size() > 1 && text[0] == '-' && text.find_first_not_of("0123456789", 1) == text.npos;
  if (text == "earliest" || text == "latest" || is_last_n || parse_uuid(text) ||
      cli::parse_time(text, SystemClock().now().wall)) {
    return {};
  }
  return expected(text,
                  "a start; expected earliest, latest, -N (the last N events), 5m (ago), "
                  "an RFC 3339 time, @SECONDS or an event id");
}

void declare_start(OptionList& list, Options& options) {
  list.group("Where to start");
  auto resume = list.optional_value("--resume", "NAME",
                                    "go on where the last run of this NAME stopped; its place is "
                                    "kept on disk",
                                    [&](const std::string& name) -> Status {
                                      options.resume = name.empty() ? "default" : name;
                                      return {};
                                    });
  auto file =
      list.text("--cursor-file", options.cursor_file, "FILE", "the same, with the place in FILE");
  file.variable("SSE_CURSOR_FILE");
  list.value("--since", "START", "without a place: earliest, latest (default), -N, 5m, a time",
             [&](const std::string& text) -> Status {
               options.since = text;
               return check_since(text);
             });
  list.text("--last-event-id", options.last_event_id, "ID", "go on after this event")
      .excludes(resume)
      .excludes(file);
}

void declare_selection(OptionList& list, Options& options) {
  Selection& selection = options.selection;
  list.group("Which events (several of one kind: any of them; several kinds: all)");
  list.list("-e,--type", options.types, "GLOB", "event type, as in metric_*");
  list.list("-t,--topic", options.topics, "PATTERN", "topic; + is one level, # the rest");
  list.list("-m,--metric", options.metrics, "METRIC", "events of this metric, by name or id")
      .variable("SSE_METRIC");
  using Texts = std::vector<std::string>;
  list.list("-E,--exclude", "GLOB", "not these types",
            [&](const Texts& globs) { return selection.exclude(globs); });
  list.value("--grep", "REGEX", "data that matches (RE2); (?i) ignores case",
             [&](const std::string& pattern) { return selection.grep(pattern); });
  list.list("--where", "CONDITION",
            "data of which this holds, as in '/value > 90': a JSON Pointer, == != < <= > >= or "
            "=~ and a number, word, \"text\" or regex; several: all of them",
            [&](const Texts& texts) { return selection.where(texts); });
}

void declare_output(OptionList& list, Options& options) {
  list.group("What to do with them");
  auto output = list.choice(
      "-o,--output", options.output,
      "data: the data, a line each (default); json: one object a line with id, event, topic, data, "
      "time and replay; sse: the stream; tsv: id, time, event, topic and data; shell: variables, "
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
             "a line of one's own: %{id} %{time} %{time:%H:%M:%S} %{event} %{topic} %{data} "
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
  list.text(
      "-x,--exec", options.exec, "SHELL",
      "run a shell command for each event, one at a time: the data and a line end on stdin, "
      "SSE_EVENT_ID, _TYPE, _TOPIC, _TIME, _REPLAY, _DATA in the environment; the place moves "
      "when it exits 0; a failure is tried 3 times more, then it ends with 1");
  list.choice("--on-gap", options.on_gap,
              "when events were lost: warn on stderr, emit an sse.gap event, fail with 79, ignore",
              {{"warn", OnGap::kWarn},
               {"emit", OnGap::kEmit},
               {"fail", OnGap::kFail},
               {"ignore", OnGap::kIgnore}});
  list.text("--ready-file", options.ready_file, "FILE", "written when the subscription is live");
}

void declare_end(OptionList& list, Options& options) {
  list.group("When to stop");
  list.number("-C,--count", options.count, "after N events; 0: when the connection is confirmed");
  list.duration("-W,--timeout", options.timeout, "exit 124 after this time, connecting included");
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
  list.duration("--retry-min", options.retry_min, "least wait between two connections");
  list.duration("--retry-max", options.retry_max, "most wait, unless the server asks for more");
  list.duration("--read-timeout", options.read_timeout,
                "silence that counts as a cut; default: 3 heartbeats of the server");
  list.flag("--reconnect", options.reconnect, "come back when the stream ends (default)");
  list.flag("--strict", options.strict, "take 408, 425, 429 and 5xx for an answer: exit");
}

}  // namespace

void declare(cli::CommandLine& line, Options& options) {
  auto list = line.options();
  list.group("Stream");
  list.text("url,--url", options.url, "URL",
            "http://host:port/path, host:port or :port; /events/watch when there is no path")
      .variable("SSE_URL");
  declare_start(list, options);
  declare_selection(list, options);
  declare_output(list, options);
  declare_end(list, options);
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
  auto outcome = line.parse(argc, argv);
  if (outcome.exit) return *outcome.exit;
  if (!options.exec.empty() && !outcome.command.empty()) {
    return line.usage_error("a command comes with -x or after --, not both");
  }
  const bool has_records = options.format || options.output == Format::kData ||
                           options.output == Format::kJson || options.output == Format::kTsv;
  if (options.ends_with_nul && !has_records) {
    return line.usage_error("-0 ends the records of -o data, json and tsv, and of -F");
  }
  options.command = std::move(outcome.command);
  if (!options.exec.empty()) options.command = {"/bin/sh", "-c", options.exec};
  auto headers = cli::read_headers(options.given_headers, line, environment);
  if (!headers) return line.refuse(headers.error());
  options.headers = *std::move(headers);
  return options;
}

}  // namespace sse::sub
