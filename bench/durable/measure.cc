#include "durable/measure.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "sse/base/clock.h"
#include "sse/base/random.h"
#include "sse/journal/durable_journal.h"
#include "sse/log/chunk.h"
#include "sse/log/event_log.h"
#include "sse/log/log_follower.h"

#include "durable/hand_over.h"
#include "durable/raw_journal.h"
#include "durable/scratch_directory.h"
#include "load/histogram.h"
#include "load/server_process.h"

namespace sse::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
constexpr std::chrono::minutes kPatience{2};
// More than any commit here.
constexpr std::uint64_t kLeastRawBytes = std::uint64_t{8} << 20U;
constexpr std::size_t kPageBytes = 4096;
// An event of HandOver takes more than the first number in a log, and less than the second in a
// file.
constexpr std::size_t kLeastEventBytes = 150;
constexpr std::size_t kMostEventBytes = 256;
// What fills a history quickly.
constexpr Load kFilling{4, 256, false};
// More than a million events take.
constexpr std::size_t kStartLogBytes = std::size_t{1} << 30U;

constexpr const char* kData = "data";

double seconds_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

/// The copy in memory that a journal fills.
struct Copy {
  Copy(const log::Retention& retention, const Clock& clock)
      : log({.retention = retention}, clock), follower(log, [] {}) {}

  log::EventLog log;
  log::LogFollower follower;
};

/// What all journals here are made with.
struct Means {
  SystemClock clock;
  SystemRandom random;
};

Result<std::unique_ptr<journal::DurableJournal>> make_ours(const journal::DurableOptions& options,
                                                           Means& means) {
  auto made = journal::make_durable_journal(options, means.clock, means.random);
  if (made == nullptr) {
    return Error{ErrorCode::kUnavailable, "this build has no SQLite, so no data directory"};
  }
  return made;
}

Result<std::unique_ptr<log::Journal>> make_journal(JournalKind kind, std::uint64_t raw_bytes,
                                                   const journal::DurableOptions& options,
                                                   Means& means) {
  if (kind == JournalKind::kOurs) {
    return std::unique_ptr<log::Journal>(SSE_TRY(make_ours(options, means)));
  }
  auto file = SSE_TRY(RawFile::make(options.journal.directory, raw_bytes));
  return std::unique_ptr<log::Journal>(std::make_unique<RawJournal>(std::move(file), means.clock));
}

void report_commits(const log::JournalCounts& before, const log::JournalCounts& after,
                    std::uint64_t events, Report& report) {
  const auto commits = static_cast<double>(after.commits - before.commits);
  const auto syncs = static_cast<double>(after.syncs - before.syncs);
  report.add("commits", after.commits - before.commits);
  report.add("syncs_per_commit", commits > 0 ? syncs / commits : 0);
  report.add("syncs_per_event", syncs / static_cast<double>(events));
}

/// The seconds that it takes to read back what a RawJournal has written, into `copy`.
Result<double> read_raw(const std::string& path, const Clock& clock, Copy& copy) {
  const auto begin = SteadyClock::now();
  copy.follower.load(RawJournal::origin(), {});
  const auto take = [&](std::string_view record) -> Status {
    const auto entries = SSE_TRY(log::decode_chunk(record, copy.follower.name_hash()));
    copy.follower.add(entries, clock.boot());
    return {};
  };
  SSE_TRY(RawFile::read(path, take));
  return seconds_since(begin);
}

/// The seconds of a start that reads back a data directory, into `copy`.
Result<double> read_ours(const journal::DurableOptions& options, Means& means, Copy& copy) {
  const auto begin = SteadyClock::now();
  const auto ours = SSE_TRY(make_ours(options, means));
  SSE_TRY(ours->start(copy.follower));
  return seconds_since(begin);
}

}  // namespace

Status measure_publish(const Options& options, Report& report) {
  const auto scratch = SSE_TRY(ScratchDirectory::make(options.directory));
  Means means;
  journal::DurableOptions durable;
  durable.journal.directory = scratch.file(kData);
  durable.log.ttl = options.ttl;
  durable.log.memory_bytes = options.max_log_bytes;
  durable.log.max_disk_bytes = options.max_log_bytes;
  durable.repeats.window = options.ttl;
  Copy copy({options.ttl, options.max_log_bytes, 0}, means.clock);
  const auto raw_bytes = std::max<std::uint64_t>(2 * options.max_log_bytes, kLeastRawBytes);
  const auto kept = SSE_TRY(make_journal(options.journal, raw_bytes, durable, means));
  SSE_TRY(kept->start(copy.follower));

  HandOver filling(*kept, copy.log.limits(), kFilling);
  SSE_TRY(filling.run(options.max_log_bytes / kLeastEventBytes, kPatience));
  HandOver hand_over(*kept, copy.log.limits(), {options.in_flight, 1, true});
  SSE_TRY(hand_over.run(kNoLimit, options.warm_up));
  const auto before = kept->counts();
  const auto done = SSE_TRY(hand_over.run(kNoLimit, options.duration));
  const auto after = kept->counts();
  kept->stop(kPatience);

  const auto events = static_cast<double>(done.events);
  report.add("seconds", done.seconds, "s");
  report.add("events", done.events);
  report.add("events_per_second", events / done.seconds, "a second");
  report.add("events_per_cpu_second", events / done.cpu_seconds);
  report.add("busy", done.cpu_seconds / done.seconds, "cores");
  if (before && after) report_commits(*before, *after, done.events, report);
  return {};
}

Status measure_sync(const Options& options, Report& report) {
  const auto scratch = SSE_TRY(ScratchDirectory::make(options.directory));
  auto file = SSE_TRY(RawFile::make(scratch.file(kData), kLeastRawBytes));
  const std::string page(kPageBytes, 'x');
  Histogram times;
  const double cpu_before = own_cpu_seconds();
  const auto begin = SteadyClock::now();
  while (SteadyClock::now() - begin < options.sync_duration) {
    file.add(page);
    SSE_TRY(file.write());
    const auto written = SteadyClock::now();
    SSE_TRY(file.sync());
    times.add(std::chrono::nanoseconds(SteadyClock::now() - written).count());
  }
  const double cpu = own_cpu_seconds() - cpu_before;
  report.add("syncs", times.count());
  report.add("cpu_us_per_sync", cpu * 1e6 / static_cast<double>(times.count()), "us");
  report.add("sync_p50_ms", times.percentile_ms(0.5), "ms");
  report.add("sync_p99_ms", times.percentile_ms(0.99), "ms");
  return {};
}

Status measure_start(const Options& options, Report& report) {
  const auto scratch = SSE_TRY(ScratchDirectory::make(options.directory));
  Means means;
  journal::DurableOptions durable;
  durable.journal.directory = scratch.file(kData);
  durable.journal.sync.kind = journal::SyncPolicy::Kind::kOff;
  durable.log.memory_bytes = kStartLogBytes;
  std::uint64_t events = 0;
  {
    Copy copy({{}, log::kMinLogBytes, 0}, means.clock);
    const auto kept = SSE_TRY(make_journal(
        options.journal, options.events * kMostEventBytes + kLeastRawBytes, durable, means));
    SSE_TRY(kept->start(copy.follower));
    HandOver filling(*kept, copy.log.limits(), kFilling);
    events = SSE_TRY(filling.run(options.events, kPatience)).events;
    kept->stop(kPatience);
  }
  SSE_TRY(scratch.sync(kData));

  durable.journal.sync.kind = journal::SyncPolicy::Kind::kAlways;
  Copy copy({{}, kStartLogBytes, 0}, means.clock);
  const double seconds = SSE_TRY(options.journal == JournalKind::kOurs
                                     ? read_ours(durable, means, copy)
                                     : read_raw(durable.journal.directory, means.clock, copy));
  const std::uint64_t read = copy.log.usage().events;
  if (read != events) {
    return Error{ErrorCode::kIo,
                 std::to_string(read) + " of " + std::to_string(events) + " events were read back"};
  }
  report.add("events", events);
  report.add("start_seconds", seconds, "s");
  report.add("events_per_second", static_cast<double>(events) / seconds, "a second");
  return {};
}

}  // namespace sse::bench
