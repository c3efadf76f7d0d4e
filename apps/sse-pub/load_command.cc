#include "load_command.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sse/base/escape.h"
#include "sse/base/logging.h"

#include "load.h"

namespace sse::pub {
namespace {

InputFormat format_of_file(const std::string& name) {
  return name.ends_with(".csv") ? InputFormat::kCsv : InputFormat::kNdjson;
}

/// The format, and its name for the checkpoint: what makes the same bytes mean something else.
struct NamedFormat {
  std::unique_ptr<Format> format;
  std::string name;
};

NamedFormat open_format(const Options& options, const Clock& clock) {
  if (options.command == Command::kEvent) return {text_format(options.type, options.topic), ""};
  if (options.command == Command::kReading) return {plain_format(&clock), ""};
  const CsvColumns& columns = options.columns;
  switch (options.format.value_or(format_of_file(options.input))) {
    case InputFormat::kNdjson:
      break;
    case InputFormat::kCsv:
      return {csv_format(columns), "csv " + escaped(columns.metric) + "," + escaped(columns.value) +
                                       "," + escaped(columns.timestamp)};
    case InputFormat::kGraphite:
      return {plain_format(nullptr), "graphite"};
    case InputFormat::kStream:
      return {stream_format(), "sse"};
  }
  const char* const as = options.as == ItemsAs::kAuto     ? "auto"
                         : options.as == ItemsAs::kEvents ? "events"
                                                          : "readings";
  return {ndjson_format(options.as), std::string("ndjson ") + as};
}

cli::ExitCode complain(const std::string& text, cli::ExitCode code) {
  log_line(LogLevel::kError, text);
  return code;
}

/// The input; closed at the end unless it is stdin.
struct Input {
  UniqueFd file;
  std::uint64_t size = 0;  ///< 0 when unknown

  int fd() const { return file.is_open() ? file.get() : STDIN_FILENO; }
};

Result<Input> open_input(const Options& options) {
  Input input;
  if (!options.lines && options.input != "-") {
    input.file.reset(::open(options.input.c_str(), O_RDONLY | O_CLOEXEC));
    if (!input.file.is_open()) {
      return Error{ErrorCode::kIo,
                   "cannot read " + sse::quoted(options.input) + ": " + std::strerror(errno)};
    }
  }
  struct stat found {};
  if (::fstat(input.fd(), &found) == 0 && S_ISREG(found.st_mode)) {
    input.size = static_cast<std::uint64_t>(found.st_size);
  }
  return input;
}

cli::ExitCode exit_code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kIo:
      return cli::ExitCode::kCannotCreate;
    case ErrorCode::kUnavailable:
      return cli::ExitCode::kTryLater;
    default:
      return cli::ExitCode::kConfig;
  }
}

/// Not in a dry run: there stdout is a script.
bool print_summary(const Options& options, const Summary& summary) {
  if (options.dry_run) return true;
  switch (options.summary) {
    case SummaryAs::kNone:
      break;
    case SummaryAs::kText:
      return print(summary.text() + "\n");
    case SummaryAs::kJson:
      return print(summary.json() + "\n");
  }
  return true;
}

}  // namespace

cli::ExitCode load(const Session& session, const client::Endpoint& hub, client::Waiter& waiter,
                   RandomSource& random, const ShellScript* script) {
  const Options& options = session.options;
  const auto input = open_input(options);
  if (!input) return complain(input.error().text, cli::ExitCode::kNoInput);
  const NamedFormat format = open_format(options, session.clock);

  Journal journal;
  if (options.checkpoint) {
    auto opened = Journal::open(*options.checkpoint, hub.url(), format.name, options.in_doubt,
                                session.clock, random);
    if (!opened) return complain(opened.error().text, exit_code_of(opened.error()));
    journal = *std::move(opened);
  }
  std::optional<RejectsFile> rejects;
  if (options.rejects) {
    auto opened = RejectsFile::open(*options.rejects, journal.rejects_size());
    if (!opened) return complain(opened.error().text, exit_code_of(opened.error()));
    rejects = *std::move(opened);
  }
  RejectsFile* const bad = rejects ? &*rejects : nullptr;

  const auto started = session.clock.now().boot;
  const auto show = options.lines ? ShowProgress::kNever : options.progress;
  Progress progress(show, input->size, session.clock);
  Ledger ledger(options, bad, progress);
  HubOutlet to_hub(session.client);
  std::optional<ScriptOutlet> to_script;
  if (script != nullptr) to_script.emplace(*script);
  Outlet& outlet = to_script ? static_cast<Outlet&>(*to_script) : to_hub;
  Load load(session, {input->fd(), *format.format, outlet, ledger, journal, bad, waiter, script});
  const auto ready = load.go_on();
  if (ready != cli::ExitCode::kDone) return ready;
  const auto code = load.run();

  progress.finish(ledger.tally(), ledger.at_start());
  const Summary summary{ledger.tally(), ledger.at_start(), session.clock.now().boot - started,
                        load.is_complete()};
  log_line(LogLevel::kInfo, summary.text());
  return print_summary(options, summary) ? code : cli::ExitCode::kOutputFailed;
}

}  // namespace sse::pub
