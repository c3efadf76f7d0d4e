#include "options.h"

#include <algorithm>

#include "sse/base/ascii.h"
#include "sse/base/quantities.h"
#include "sse/client/publish_json.h"

#include "cli/command_line.h"
#include "options_load.h"
#include "output_tail.h"

namespace sse::pub {
namespace {

/// `100,50ms`, the second part if it is to be another.
Result<BatchSize> parse_batch(const std::string& text) {
  BatchSize batch;
  const auto comma = text.find(',');
  batch.most = SSE_TRY(cli::parse_number<std::size_t>(text.substr(0, comma), 1));
  if (comma != std::string::npos) {
    batch.longest = SSE_TRY(parse_duration(text.substr(comma + 1)));
  }
  return batch;
}

void declare_reading(cli::CommandLine& line, Options& options) {
  auto reading = line.command("reading", "Publishes a reading of a metric.");
  reading.group("Reading");
  reading.text("metric,-m,--metric", options.metric, "METRIC", "name or id of the metric")
      .variable("SSE_METRIC");
  reading.value("value,--value", "VALUE", "a number; its digits are kept",
                [&options](const std::string& text) -> Status {
                  options.value = SSE_TRY(client::json_number(text));
                  return {};
                });
  reading.time("--time", options.time, "when it was read: RFC 3339, @SECONDS or 5m (ago)");
  declare_create(reading, options);
  reading.flag("-l,--lines", options.lines, "read lines 'METRIC VALUE [TIME]' from stdin");
  declare_settling(reading, options);
  line.examples(
      "  sse-pub reading cpu 3 --create=1s\n"
      "  sse-pub reading --metric cpu --value -0.5 --time 5m\n"
      "  while sleep 1; do echo \"load $(cut -d' ' -f1 /proc/loadavg)\"; done | sse-pub reading "
      "-l --create",
      "reading");
}

void declare_metric(cli::CommandLine& line, Options& options) {
  auto metric = line.command("metric", "Creates a metric, unless there is one of that name.");
  metric.group("Metric");
  metric.text("name,--name", options.name, "NAME", "what it is called").required();
  metric.value("--every", "DURATION", "how often a reading is expected (default: not said)",
               [&options](const std::string& text) -> Status {
                 options.every = format_duration(SSE_TRY(parse_duration(text)));
                 return {};
               });
  metric.text("--unit", options.unit, "UNIT",
              "what its values are in, such as bytes, ms, percent or req/s (default: not said)");
  auto duplicate = metric.flag("--duplicate", options.duplicate,
                               "create one more, even if there is one of that name");
  metric
      .flag("--if-missing", options.if_missing,
            "create it only if there is none of that name (default)")
      .excludes(duplicate);
  line.examples(
      "  sse-pub metric cpu --every 1s\n"
      "  sse-pub metric disk/free --every 10s --unit bytes   # again: the same metric\n"
      "  id=$(sse-pub metric cpu --print id)",
      "metric");
}

void declare_event(cli::CommandLine& line, Options& options) {
  auto event = line.command("event", "Publishes an event.");
  event.group("Event");
  event.text("-e,--type", options.type, "TYPE", "its type; 'message' if not given");
  event.text("-t,--topic", options.topic, "TOPIC", "its topic, levels by '/'");
  const auto data = event.text("-d,--data", options.data, "TEXT",
                               "its data; @FILE reads a file, @- stdin without its last line end");
  auto file = event.text("-f,--file", options.file, "FILE", "its data, from a file; - is stdin");
  auto lines = event.flag("-l,--lines", options.lines, "an event for each line of stdin");
  declare_settling(event, options);
  line.stray_hint("data goes after -d, or comes from -f FILE or -l", "event");
  file.excludes(data);
  lines.excludes(data).excludes(file);
  line.examples(
      "  sse-pub event -e deploy -t ci/api -d '{\"version\":\"1.4\"}'\n"
      "  sse-pub event -e report -f report.json --print id\n"
      "  journalctl -f -o json | sse-pub event -e log -l",
      "event");
}

void declare_run(cli::CommandLine& line, Options& options) {
  auto run =
      line.command("run", "Runs a command between two events, run.started and run.finished.");
  run.group("Run");
  run.text("-t,--topic", options.topic, "TOPIC", "the topic of both events, levels by '/'");
  run.flag("--on-failure", options.on_failure,
           "publish only run.finished, and only if the command failed");
  run.duration("--longer-than", options.longer_than,
               "the same if it took at least this long; with --on-failure: either");
  run.value("--tail", "N",
            "publish the last N lines of output with run.finished (at most 1000, and 32 KiB)",
            [&options](const std::string& text) -> Status {
              options.tail = SSE_TRY(cli::parse_number<std::size_t>(text, 1));
              if (*options.tail <= kMostTailLines) return {};
              return Error{ErrorCode::kInvalid, "expected at most 1000 lines"};
            });
  line.is_wrapper("COMMAND [ARG...]", "run");
  line.examples(
      "  sse-pub run -t cron/backup -- /usr/local/bin/backup --all\n"
      "  sse-pub run --on-failure --tail 20 make test\n"
      "  sse-pub -q run -- make   # a hub that is down is not even a warning",
      "run");
}

void declare_list(cli::CommandLine& line, Options& options) {
  auto list = line.command("list", "Lists metrics, or the topics or types of kept events.");
  list.group("List");
  list.choice(
      "what", options.listed, "metrics, in order of creation (default); topics or types, by name",
      {{"metrics", Listed::kMetrics}, {"topics", Listed::kTopics}, {"types", Listed::kTypes}});
  list.choice(
      "-o,--output", options.list_format,
      "name; table: name, newest value with its unit (or number of events) and age, for "
      "people; tsv: id, frequency, name, newest value and its time (or name, events, time); "
      "json: an object a line, with the newest reading (or event)",
      {{"name", ListFormat::kName},
       {"table", ListFormat::kTable},
       {"tsv", ListFormat::kTsv},
       {"json", ListFormat::kJson}});
  list.time("--since", options.since, "topics and types of events from then on");
  line.examples(
      "  sse-pub list\n"
      "  sse-pub list topics -o table --since 1h\n"
      "  sse-pub list -o table\n"
      "  sse-pub list -o json | jq -r .id",
      "list");
}

void declare_readings(cli::CommandLine& line, Options& options) {
  auto readings = line.command("readings", "Lists the readings of a metric, oldest first.");
  readings.group("Readings");
  readings.text("metric,-m,--metric", options.metric, "METRIC", "name or id of the metric")
      .variable("SSE_METRIC");
  readings.time("--since", options.since, "from then on: RFC 3339, @SECONDS or 5m (ago)");
  readings.time("--until", options.until, "before then");
  readings.number("--limit", options.limit, "the newest N of these, at most 10000 (default 1000)",
                  std::uint64_t{1});
  readings.choice("-o,--output", options.readings_format,
                  "tsv: time and value; json: an object a line, as load takes it",
                  {{"tsv", ReadingsFormat::kTsv}, {"json", ReadingsFormat::kJson}});
  line.examples(
      "  sse-pub readings cpu --since 5m\n"
      "  sse-pub readings cpu --limit 1 | cut -f2    # its value now\n"
      "  sse-pub readings cpu -o json | sse-pub load --url :9000 -",
      "readings");
}

void declare_delete(cli::CommandLine& line, Options& options) {
  auto remove = line.command("delete", "Deletes a metric and its readings.");
  remove.group("Delete");
  remove.text("metric,-m,--metric", options.metric, "METRIC", "name or id of the metric");
  line.examples("  sse-pub delete cpu", "delete");
}

void declare_whoami(cli::CommandLine& line) {
  line.command("whoami", "Prints who we are to the hub, and what we may do, as JSON.");
  line.examples(
      "  sse-pub whoami | jq .publish\n"
      "  SSE_TOKEN=$(cat ci.token) sse-pub whoami",
      "whoami");
}

void declare_common(cli::CommandLine& line, Options& options) {
  auto common = line.options();
  common.group("Publishing");
  common.flag("-n,--dry-run", options.dry_run,
              "send nothing; print the requests, as a script of curls for sh");
  common.choice("--print", options.print, "what to write to stdout for each accepted item",
                {{"none", Print::kNone}, {"id", Print::kId}, {"json", Print::kJson}});
  common.number("--retries", options.retries, "how often a request is tried again");
  common
      .value("-W,--timeout", "DURATION", "longest time for one request, retries included",
             [&options](const std::string& text) -> Status {
               options.timeout = SSE_TRY(cli::parse_positive_duration(text));
               return {};
             })
      .standard(format_duration(options.timeout));
  common
      .value(
          "--batch", "N,DURATION",
          "send after N lines, or DURATION after the first (100,50ms with -l; 5000,50ms with load)",
          [&options](const std::string& text) -> Status {
            options.batch = SSE_TRY(parse_batch(text));
            return {};
          })
      .only_for({"reading", "event", "load"});
  common.rate("--rate", options.rate, "at most this many lines, as 200/s")
      .only_for({"reading", "event", "load"});
  common.group("Connection");
  common
      .text("--url", options.url, "URL",
            "the hub: http://host:port, host:port, :port or unix:/socket")
      .variable("SSE_URL");
  cli::declare_headers(common, options.headers);
  cli::declare_connection(common, options.connection);
  cli::declare_messages(common, options.messages, "say what happens; -vv says more");
}

/// What no single option can know.
Status check(const Options& options) {
  const auto wrong = [](const char* text) { return Error{ErrorCode::kInvalid, text}; };
  switch (options.command) {
    case Command::kReading:
      if (options.lines && (!options.value.empty() || options.time)) {
        return wrong("with -l, metric, value and time come from stdin");
      }
      if (!options.lines && (options.metric.empty() || options.value.empty())) {
        return wrong("reading needs a METRIC and a VALUE, or -l to read them from stdin");
      }
      return {};
    case Command::kRun:
      if (options.argv.empty())
        return wrong("run needs a command: sse-pub run -- COMMAND [ARG...]");
      return {};
    case Command::kLoad:
      if (options.dry_run && options.checkpoint) {
        return wrong("--dry-run publishes nothing, so it has no --checkpoint to move");
      }
      return {};
    case Command::kReadings:
    case Command::kDelete:
      if (options.metric.empty()) return wrong("which metric? expected its name or id");
      return {};
    case Command::kList:
      if (options.listed == Listed::kMetrics && options.since) {
        return wrong("--since is for topics and types");
      }
      return {};
    case Command::kMetric:
    case Command::kWhoami:
      return {};
    case Command::kEvent:
      if (!options.lines && !options.data && !options.file) {
        return wrong("event needs its data: -d TEXT, -d @FILE, -f FILE or -l");
      }
      return {};
  }
  return {};
}

/// Words that would do nothing. In a file or in the environment they may wait for another command.
Status check_idle_words(const cli::CommandLine& line, const Options& options) {
  const auto is_given = [&line](const std::string& name) {
    return line.origin_of(name).source == cli::Origin::Source::kCommandLine;
  };
  if (options.lines && is_given("metric")) {
    return Error{ErrorCode::kInvalid, "with -l, metric, value and time come from stdin"};
  }
  const bool is_asking = options.command == Command::kList ||
                         options.command == Command::kReadings ||
                         options.command == Command::kDelete ||
                         options.command == Command::kWhoami || options.command == Command::kRun;
  if (is_asking && is_given("print")) {
    return Error{ErrorCode::kInvalid,
                 "--print is for what reading, metric, event and load publish"};
  }
  if (options.lines || options.command == Command::kLoad) return {};
  for (const std::string name : {"batch", "rate", "rejects", "summary"}) {
    if (!is_given(name)) continue;
    return Error{ErrorCode::kInvalid, "--" + name + " is for lines: -l, or load"};
  }
  return {};
}

/// Whether there is, or may be, more than one POST.
bool posts_more_than_once(const Options& options) {
  return options.lines || options.create || options.command == Command::kLoad ||
         options.command == Command::kRun;
}

/// A hub answers a key that it knows with what it answered before, or with 422 when the request is
/// another one.
Status check_idempotency_key(const Options& options) {
  const bool has_key = std::any_of(
      options.fields.begin(), options.fields.end(),
      [](const auto& field) { return equals_ignoring_case(field.name, "Idempotency-Key"); });
  if (!has_key || !posts_more_than_once(options)) return {};
  return Error{ErrorCode::kInvalid,
               "--header: an Idempotency-Key is for one request, and this may be several; leave it "
               "out: sse-pub gives each request a key of its own"};
}

Command command_of(const std::string& name) {
  return name == "metric"     ? Command::kMetric
         : name == "event"    ? Command::kEvent
         : name == "load"     ? Command::kLoad
         : name == "run"      ? Command::kRun
         : name == "list"     ? Command::kList
         : name == "readings" ? Command::kReadings
         : name == "delete"   ? Command::kDelete
         : name == "whoami"   ? Command::kWhoami
                              : Command::kReading;
}

}  // namespace

void declare(cli::CommandLine& line, Options& options) {
  declare_reading(line, options);
  declare_metric(line, options);
  declare_event(line, options);
  declare_load(line, options);
  declare_run(line, options);
  declare_list(line, options);
  declare_readings(line, options);
  declare_delete(line, options);
  declare_whoami(line);
  declare_common(line, options);
  line.examples(
      "  sse-pub metric cpu --every 1s\n"
      "  sse-pub reading cpu 3\n"
      "  sse-pub event -e deploy -d 'version 1.4 is live'\n"
      "  sse-pub run -t cron/backup -- backup --all");
}

std::variant<Options, cli::ExitCode> read_options(int argc, const char* const* argv) {
  Options options;
  cli::CommandLine line("sse-pub", kSummary);
  declare(line, options);
  const auto outcome = line.parse(argc, argv);
  if (outcome.exit) return *outcome.exit;
  options.command = command_of(outcome.subcommand);
  options.argv = outcome.command;
  for (const auto& checked : {check(options), check_idle_words(line, options)}) {
    if (!checked) return line.usage_error(checked.error().text);
  }
  auto fields = cli::read_headers(options.headers, line, cli::process_environment());
  if (!fields) return line.refuse(fields.error());
  options.fields = *std::move(fields);
  options.fresh_fields =
      cli::fresh_headers(options.headers, options.fields, line, cli::process_environment());
  auto settings = cli::http_settings(options.connection, "sse-pub");
  if (!settings) return line.refuse(settings.error());
  options.http = *std::move(settings);
  if (const auto checked = check_idempotency_key(options); !checked) {
    return line.usage_error(checked.error().text);
  }
  return options;
}

}  // namespace sse::pub
