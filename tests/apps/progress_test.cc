#include "sse-sub/progress.h"

#include "support/catch.h"
#include "support/manual_clock.h"

using namespace std::chrono_literals;
using sse::sub::EndRules;
using sse::sub::Progress;
using sse::sub::Replay;
using sse::sub::Watch;
using sse::wire::EventId;
using Cause = Watch::Cause;

namespace {

/// An id of the log of the test, published at second `second` of its life.
EventId id(std::uint64_t sequence, std::int64_t second = 0, sse::wire::Epoch epoch = 7) {
  return EventId::make(std::chrono::seconds(1'800'000'000 + second), epoch, sequence);
}

std::string text(std::uint64_t sequence, std::int64_t second = 0) {
  return to_string(id(sequence, second));
}

struct Run {
  explicit Run(const EndRules& rules) : progress(rules, watch, clock) {}

  sse::test::ManualClock clock;
  sse::cli::StopSignals signals;
  Watch watch{clock, signals};
  Progress progress;

  /// Why a wait ends after that time, without anything to read.
  Cause cause_after(std::chrono::nanoseconds time) {
    clock.advance(time);
    return watch.wait(-1, clock.now().boot) == Watch::Woke::kInterrupted ? watch.cause()
                                                                         : Cause::kNone;
  }

  void take(const std::string& event) {
    progress.reach(event);
    progress.take();
  }
};

}  // namespace

TEST_CASE("Everything up to the head is replay, then nothing is", "[apps][progress]") {
  Run run({});
  run.progress.on_open(id(3));
  CHECK(run.progress.reach(text(1)) == Replay::kYes);
  CHECK(run.progress.reach(text(3)) == Replay::kYes);
  CHECK(run.progress.reach(text(4)) == Replay::kNo);
  CHECK(run.progress.reach(text(2)) == Replay::kNo);
  run.progress.on_open(id(9));
  CHECK(run.progress.reach(text(5)) == Replay::kYes);
  CHECK(run.progress.reach("17") == Replay::kNo);
  run.progress.on_open(std::nullopt);
  CHECK(run.progress.reach(text(1)) == Replay::kNo);
}

TEST_CASE("Without following there is enough at the head, event or not", "[apps][progress]") {
  EndRules rules;
  rules.follow = false;
  Run run(rules);
  CHECK_FALSE(run.progress.has_enough());
  run.progress.on_open(id(3));
  CHECK_FALSE(run.progress.has_enough());
  const auto replay = run.progress.reach(text(2));
  CHECK_FALSE(run.progress.is_beyond_end(text(2), replay));
  CHECK_FALSE(run.progress.has_enough());
  run.progress.reach(text(3));
  CHECK(run.progress.has_enough());
  CHECK(run.progress.is_beyond_end(text(4), run.progress.reach(text(4))));

  Run missed(rules);
  missed.progress.on_open(id(3));
  CHECK(missed.progress.is_beyond_end(text(4), missed.progress.reach(text(4))));

  Run empty(rules);
  empty.progress.on_open(id(0));
  CHECK_FALSE(empty.progress.has_enough());
  empty.progress.reach(text(0));
  CHECK(empty.progress.has_enough());
}

TEST_CASE("So many events are enough, and none at all the first connection", "[apps][progress]") {
  EndRules rules;
  rules.count = 2;
  Run run(rules);
  run.progress.on_open(id(3));
  run.take(text(1));
  CHECK_FALSE(run.progress.has_enough());
  run.take(text(2));
  CHECK(run.progress.has_enough());

  rules.count = 0;
  Run none(rules);
  CHECK_FALSE(none.progress.has_enough());
  none.progress.on_open(std::nullopt);
  CHECK(none.progress.has_enough());
}

TEST_CASE("A duration begins with the first connection and outlasts cuts", "[apps][progress]") {
  EndRules rules;
  rules.duration = 10s;
  Run run(rules);
  CHECK(run.cause_after(1h) == Cause::kNone);
  run.progress.on_open(std::nullopt);
  CHECK(run.cause_after(9s) == Cause::kNone);
  run.progress.on_cut();
  run.progress.on_open(std::nullopt);
  CHECK(run.cause_after(1s) == Cause::kDuration);
}

TEST_CASE("Idle is a silence of a live connection", "[apps][progress]") {
  EndRules rules;
  rules.idle = 10s;
  Run run(rules);
  CHECK(run.cause_after(1h) == Cause::kNone);
  run.progress.on_open(std::nullopt);
  CHECK(run.cause_after(9s) == Cause::kNone);
  run.take("1");
  run.progress.on_drained();
  CHECK(run.cause_after(9s) == Cause::kNone);
  run.progress.on_drained();  // nothing new
  run.progress.on_cut();
  CHECK(run.cause_after(1h) == Cause::kNone);
  run.progress.on_open(std::nullopt);
  CHECK(run.cause_after(9s) == Cause::kNone);
  CHECK(run.cause_after(1s) == Cause::kIdle);
}

TEST_CASE("An event is expected from the start on, connected or not", "[apps][progress]") {
  EndRules rules;
  rules.expect_every = 10s;
  Run never(rules);
  CHECK(never.cause_after(9s) == Cause::kNone);
  CHECK(never.cause_after(1s) == Cause::kOverdue);

  Run run(rules);
  CHECK(run.cause_after(9s) == Cause::kNone);
  run.progress.on_open(std::nullopt);
  run.take("1");
  run.progress.on_drained();
  CHECK(run.cause_after(9s) == Cause::kNone);
  run.progress.on_cut();
  CHECK(run.cause_after(1s) == Cause::kOverdue);
}

TEST_CASE("Until a time: the first event beyond it is one too many", "[apps][progress]") {
  EndRules rules;
  rules.until = sse::WallTime(1'800'000'005s);
  Run run(rules);
  run.progress.on_open(id(9));
  CHECK_FALSE(run.progress.is_beyond_end(text(1, 4), Replay::kYes));
  CHECK_FALSE(run.progress.is_beyond_end(text(2, 5), Replay::kYes));
  CHECK(run.progress.is_beyond_end(text(3, 6), Replay::kYes));
}

TEST_CASE("Until a time: silence ends it once the replay is over and the time has come",
          "[apps][progress]") {
  EndRules rules;
  rules.until = sse::WallTime(1'800'000'005s);
  Run run(rules);  // the manual clock starts at 1,800,000,000
  run.progress.on_open(id(2));
  run.progress.on_drained();
  CHECK(run.cause_after(6s) == Cause::kNone);  // not all of the replay has come
  run.progress.reach(text(2));
  run.progress.on_drained();
  run.progress.on_cut();
  CHECK(run.cause_after(0s) == Cause::kNone);
  run.progress.on_open(id(2));
  run.progress.reach(text(2));
  run.progress.on_drained();
  CHECK(run.cause_after(0s) == Cause::kUntil);

  Run foreign(rules);  // ids that say no time: the clock does
  foreign.progress.on_open(std::nullopt);
  CHECK_FALSE(foreign.progress.is_beyond_end("17", Replay::kNo));
  foreign.clock.advance(6s);
  CHECK(foreign.progress.is_beyond_end("18", Replay::kNo));
}

TEST_CASE("A time to stop does not stop what is being done", "[apps][progress]") {
  EndRules rules;
  rules.duration = 1s;
  rules.idle = 1s;
  Run run(rules);
  run.progress.on_open(std::nullopt);
  run.clock.advance(1h);
  CHECK(run.watch.wait_for(-1, 0, run.clock.now().boot, Watch::Heed::kTimeout) ==
        Watch::Woke::kDeadline);
  run.watch.set_deadline(run.clock.now().boot);
  CHECK(run.watch.wait_for(-1, 0, std::nullopt, Watch::Heed::kTimeout) ==
        Watch::Woke::kInterrupted);
  CHECK(run.watch.cause() == Cause::kTimeout);
}

TEST_CASE("Tasks run in waits at their time, each once", "[apps][progress]") {
  Run run({});
  int saved = 0;
  int told = 0;
  run.watch.call_at(Watch::Task::kSave, run.clock.now().boot + 1s, [&] { ++saved; });
  run.watch.call_at(Watch::Task::kSave, run.clock.now().boot + 2s, [&] { saved += 10; });
  run.watch.call_at(Watch::Task::kStats, run.clock.now().boot + 1s, [&] { ++told; });
  run.cause_after(1s);
  CHECK(saved == 0);
  CHECK(told == 1);
  run.cause_after(1s);
  run.cause_after(1s);
  CHECK(saved == 10);
  CHECK(told == 1);
}
