#include <cstdlib>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "sse/base/check.h"
#include "sse/hub/filter.h"
#include "sse/log/append.h"
#include "sse/log/event_log.h"
#include "sse/log/log_follower.h"
#include "sse/log/memory_journal.h"
#include "sse/log/selection.h"
#include "sse/log/start.h"

#include "micro/samples.h"

namespace sse::bench {
namespace {

/// A log that a memory journal fills.
struct JournaledLog {
  JournaledLog() { SSE_CHECK(journal.start(follower)); }

  log::Answered append(std::span<const wire::Event> events) {
    log::Append append(log.limits());
    for (const auto& event : events) append.add(event);
    return journal.append(append, []() -> log::Journal::Done { std::abort(); });
  }

  const SystemClock clock;
  log::EventLog log{{}, clock};
  log::LogFollower follower{log, [] {}};
  log::MemoryJournal journal{{}, clock};
};

void append_to_log(benchmark::State& state) {
  JournaledLog log;
  const wire::Event event = sample_event();
  for (auto _ : state) benchmark::DoNotOptimize(log.append({&event, 1}));
  count(state, 1, event.data.size());
}
BENCHMARK(append_to_log);

void append_batch_to_log(benchmark::State& state) {
  JournaledLog log;
  const std::vector<wire::Event> events(256, sample_event());
  for (auto _ : state) benchmark::DoNotOptimize(log.append(events));
  count(state, events.size(), events.size() * events.front().data.size());
}
BENCHMARK(append_batch_to_log);

/// A log of a hundred thousand events, on a thousand topics.
std::unique_ptr<JournaledLog> full_log() {
  auto log = std::make_unique<JournaledLog>();
  for (std::size_t i = 0; i < 100'000; ++i) {
    wire::Event event = sample_event();
    event.topic = "plant/" + std::to_string(i % 1000);
    log->append({&event, 1});
  }
  return log;
}

void look_up_an_id(benchmark::State& state) {
  const auto log = full_log();
  const log::View view = log->log.view();
  const log::StartRequest request = log::AfterId{to_string(view.event(50'000).id)};
  for (auto _ : state) benchmark::DoNotOptimize(log::locate(view, request));
}
BENCHMARK(look_up_an_id);

void take_a_view(benchmark::State& state) {
  const auto log = full_log();
  for (auto _ : state) benchmark::DoNotOptimize(log->log.view());
}
BENCHMARK(take_a_view);

/// All events of one topic of a thousand.
void select_one_topic(benchmark::State& state) {
  const auto log = full_log();
  const log::View view = log->log.view();
  const auto filter = hub::Filter::make({}, {"plant/500"}).value();
  std::size_t found = 0;
  for (auto _ : state) {
    found = 0;
    log::Selection selection(*filter);
    Budget budget(std::numeric_limits<std::uint64_t>::max());
    for (auto next = selection.next(view, 1, budget); next.is_found();
         next = selection.next(view, next.sequence + 1, budget)) {
      ++found;
    }
  }
  count(state, found, 0);
}
BENCHMARK(select_one_topic);

void match_filter(benchmark::State& state) {
  const auto filter = hub::Filter::make({"metric_*"}, {"plant/+/temperature", "metrics/#"}).value();
  const wire::Event event = sample_event();
  for (auto _ : state) {
    benchmark::DoNotOptimize(filter->wants_type(event.type) && filter->wants_topic(event.topic));
  }
}
BENCHMARK(match_filter);

}  // namespace
}  // namespace sse::bench
