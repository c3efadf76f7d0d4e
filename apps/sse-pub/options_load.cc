#include "options_load.h"

#include "sse/base/escape.h"

#include "cli/command_line.h"
#include "options.h"

namespace sse::pub {
namespace {

/// `metric=sensor,value=v,timestamp=ts`, each part only if it is called otherwise.
Result<CsvColumns> parse_columns(const std::string& text) {
  CsvColumns columns;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    const std::string part = text.substr(start, end - start);
    const auto equals = part.find('=');
    const std::string meaning = part.substr(0, equals);
    std::string* const column = meaning == "metric"      ? &columns.metric
                                : meaning == "value"     ? &columns.value
                                : meaning == "timestamp" ? &columns.timestamp
                                                         : nullptr;
    if (column == nullptr || equals == std::string::npos || equals + 1 == part.size()) {
      return Error{ErrorCode::kInvalid,
                   sse::quoted(part) +
                       " is not a column; expected metric=NAME, value=NAME or timestamp=NAME"};
    }
    *column = part.substr(equals + 1);
    columns.is_timestamp_named |= column == &columns.timestamp;
    start = end + 1;
  }
  return columns;
}

Result<std::string> checked_frequency(const std::string& text) {
  if (text.empty()) return std::string("0s");
  return format_duration(SSE_TRY(parse_duration(text)));
}

void declare_input(cli::OptionList& load, Options& options) {
  load.group("Input");
  load.text("file,--file", options.input, "FILE", "what to read; - is stdin").required();
  load.choice("--input", options.format, "its format (default ndjson; csv for a FILE.csv)",
              {{"ndjson", InputFormat::kNdjson},
               {"csv", InputFormat::kCsv},
               {"graphite", InputFormat::kGraphite},
               {"sse", InputFormat::kStream}});
  load.choice(
      "--as", options.as, "what a line of ndjson is (default auto: a reading has a metric)",
      {{"auto", ItemsAs::kAuto}, {"events", ItemsAs::kEvents}, {"readings", ItemsAs::kReadings}});
  load.value("--columns", "NAMES", "of csv, as in metric=sensor,value=v,timestamp=ts",
             [&options](const std::string& text) -> Status {
               options.columns = SSE_TRY(parse_columns(text));
               return {};
             });
  declare_create(load, options);
}

void declare_going_on(cli::OptionList& load, Options& options) {
  load.group("Continuing an interrupted load");
  auto checkpoint = load.text("--checkpoint", options.checkpoint, "FILE",
                              "record progress in FILE; a run that finds it continues there");
  load.choice(
          "--in-doubt", options.in_doubt,
          "what to do with a batch that was being sent when the run before ended, if the hub has "
          "forgotten it since",
          {{"fail", InDoubt::kFail}, {"repeat", InDoubt::kRepeat}, {"skip", InDoubt::kSkip}})
      .needs(checkpoint);
}

}  // namespace

void declare_create(cli::OptionList& list, Options& options) {
  list.optional_value("--create", "FREQUENCY", "create a missing metric",
                      [&options](const std::string& text) -> Status {
                        options.create = SSE_TRY(checked_frequency(text));
                        return {};
                      });
}

void declare_settling(cli::OptionList& list, Options& options) {
  list.text("--rejects", options.rejects, "FILE", "write bad lines to FILE, unchanged");
  list.choice("--summary", options.summary, "write the counts to stdout at the end",
              {{"none", SummaryAs::kNone}, {"text", SummaryAs::kText}, {"json", SummaryAs::kJson}});
}

void declare_load(cli::CommandLine& line, Options& options) {
  auto load = line.command("load", "Publishes what a file or a pipe holds, in batches.");
  declare_input(load, options);
  declare_going_on(load, options);
  load.group("Reporting");
  declare_settling(load, options);
  load.choice("--progress", options.progress,
              "a bar on stderr (default auto: when it is a terminal)",
              {{"auto", ShowProgress::kAuto},
               {"always", ShowProgress::kAlways},
               {"never", ShowProgress::kNever}});
  line.examples(
      "  sse-pub load readings.csv --create --rejects bad.csv\n"
      "  sse-pub load events.ndjson --checkpoint events.position --summary json\n"
      "  sse-sub --url hub1 -o sse | sse-pub load --url hub2 --input sse -",
      "load");
}

}  // namespace sse::pub
