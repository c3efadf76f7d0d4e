// What every journal promises, whenever it answers.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "sse/log/event_log.h"
#include "sse/log/journal.h"
#include "sse/log/log_follower.h"
#include "sse/log/memory_journal.h"

#include "support/catch.h"
#include "support/journal_makers.h"
#include "support/late_journal.h"
#include "support/manual_clock.h"

namespace sse::log {
namespace {

using Kind = Outcome::Kind;
using RowKind = RowChange::Kind;

constexpr wire::Epoch kEpoch = 7;

/// Notes what it is told, in order: `put 1`, `add 1`, `drop 1`, `erase 1`, `show 3`.
class NotingProjection final : public Projection {
 public:
  void apply(std::span<const Entry> entries, FunctionRef<void()> show) override {
    for (const auto& entry : entries) note(entry.row, entry.drop);
    show();
    notes.push_back("show");
  }
  void replace(std::span<const KeptRow> rows, FunctionRef<void()> show) override {
    notes.push_back("replace");
    for (const auto& row : rows) note(row.change(), {});
    show();
  }

  std::vector<std::string> notes;

 private:
  void note(const RowChange& row, const std::optional<Uuid>& drop) {
    static constexpr const char* kVerbs[] = {"event", "put ", "erase ", "add "};
    const auto verb = kVerbs[static_cast<std::size_t>(row.kind)];
    notes.push_back(row.kind == RowKind::kNone ? verb : verb + std::to_string(row.key.low));
    if (drop) notes.push_back("drop " + std::to_string(drop->low));
  }
};

/// One append of some events, and its outcomes once they are known.
struct Asked {
  Append append{EventLimits{1000, {}}};
  std::optional<Append> known;
  wire::Sequence head_when_known = 0;
  int answers = 0;

  Asked& event(const std::string& data) { return append.add({"", "", data}), *this; }
  Asked& put(std::uint64_t key, const std::string& name, Condition condition = Condition::kNone) {
    append.add({"put", "", name}, {RowKind::kPut, {0, key}, name, "bytes of " + name}, condition);
    return *this;
  }
  Asked& erase(std::uint64_t key) {
    append.add({"erase", "", ""}, {RowKind::kErase, {0, key}, {}, {}}, Condition::kRowExists);
    return *this;
  }
  Asked& add(std::uint64_t key) {
    append.add({"add", "", ""}, {RowKind::kAdd, {0, key}, {}, "member"}, Condition::kRowExists);
    return *this;
  }

  const Outcome& outcome(std::size_t item) const { return known->items()[item].outcome; }
  /// Why an item failed: alone, or with all that was asked.
  Error error(std::size_t item) const {
    return known->refusal() != nullptr ? *known->refusal() : outcome(item).error();
  }
  Kind kind(std::size_t item = 0) const { return outcome(item).kind; }
  wire::Sequence sequence(std::size_t item = 0) const { return outcome(item).id.sequence(); }
};

/// The kinds of journal that every promise is asked of.
std::string any_kind() {
  std::vector<std::string> kinds{"memory", "late"};
  for (const auto& [kind, make] : test::journal_makers()) kinds.push_back(kind);
  return GENERATE_COPY(from_range(kinds));
}

class Stage {
 public:
  explicit Stage(const std::string& kind, const RowLimits& rows = {}) {
    if (kind == "late") {
      auto made = std::make_unique<test::LateJournal>(MemoryJournal::Options{kEpoch, rows}, clock);
      late = made.get();
      journal = std::move(made);
    } else if (kind == "memory") {
      journal = std::make_unique<MemoryJournal>(MemoryJournal::Options{kEpoch, rows}, clock);
    } else {
      journal = test::journal_makers().at(kind)(clock, rows);
    }
    follower.attach(projection);
    REQUIRE(journal->start(follower));
    projection.notes.clear();
    epoch = log.view().epoch();
  }

  void ask(Asked& asked) {
    const auto answer = [this, &asked](Append&& known) {
      const std::lock_guard lock(mutex);
      ++asked.answers;
      asked.head_when_known = log.head();
      asked.known = std::move(known);
      --unanswered;
      answered.notify_all();
    };
    {
      const std::lock_guard lock(mutex);
      ++unanswered;
    }
    const auto later = [&]() -> Journal::Done { return answer; };
    if (journal->append(asked.append, later) == Answered::kNow) answer(std::move(asked.append));
  }
  void commit() {
    if (late != nullptr) return late->commit_all();
    std::unique_lock lock(mutex);
    answered.wait(lock, [&] { return unanswered == 0; });
  }
  void ask_and_commit(Asked& asked) {
    ask(asked);
    commit();
  }

  test::ManualClock clock;
  EventLog log{{}, clock};
  int wakes = 0;
  LogFollower follower{log, [this] { ++wakes; }};
  NotingProjection projection;
  std::unique_ptr<Journal> journal;
  test::LateJournal* late = nullptr;
  wire::Epoch epoch = 0;

  // Of journals that answer on a thread of their own.
  std::mutex mutex;
  std::condition_variable answered;
  int unanswered = 0;
};

using Notes = std::vector<std::string>;

TEST_CASE("Events are numbered densely, and visible when their outcome is known",
          "[log][journal]") {
  Stage stage(any_kind());
  Asked first;
  Asked second;
  stage.ask(first.event("1").event("2"));
  stage.ask(second.event("3"));
  stage.commit();
  CHECK(first.sequence(0) == 1);
  CHECK(first.sequence(1) == 2);
  CHECK(second.sequence() == 3);
  CHECK(first.head_when_known >= 2);
  CHECK(second.head_when_known == 3);
  CHECK(first.answers == 1);
  CHECK(stage.wakes >= 1);
  const View view = stage.log.view();
  CHECK(view.event(3).id == second.outcome(0).id);
  CHECK(view.head_id() == second.outcome(0).id);
  CHECK(view.head_id().epoch() == stage.epoch);
}

TEST_CASE("Data of many lines is measured as it is sent: \\r\\n ends one line", "[log][journal]") {
  EventLimits limits;
  limits.max_event_size = 1000;
  const auto is_taken = [&](const std::string& line_end, std::size_t lines) {
    std::string data;
    for (std::size_t i = 0; i < lines; ++i) data += line_end;
    Append append(limits);
    append.add({"", "", data});
    return append.items().front().is_pending();
  };
  // `id: ` with its UUID takes 41 bytes, `data: ` and its end 7 a line, the blank line one.
  constexpr std::size_t kFits = (1000 - 41 - 1) / 7 - 1;
  for (const std::string line_end : {"\n", "\r", "\r\n"}) {
    CAPTURE(line_end.size());
    CHECK(is_taken(line_end, kFits));
    CHECK_FALSE(is_taken(line_end, kFits + 1));
    CHECK_FALSE(is_taken(line_end, 100'000));
  }
}

TEST_CASE("An event that is too large fails alone", "[log][journal]") {
  Stage stage(any_kind());
  Asked asked;
  stage.ask_and_commit(asked.event("1").event(std::string(2000, 'x')).event("3"));
  CHECK(asked.sequence(0) == 1);
  CHECK(asked.kind(1) == Kind::kFailed);
  CHECK(asked.outcome(1).code == ErrorCode::kTooLarge);
  CHECK(asked.sequence(2) == 2);
}

TEST_CASE("An item whose condition fails is left out, the others stay", "[log][journal]") {
  Stage stage(any_kind());
  Asked asked;
  stage.ask_and_commit(asked.add(1).put(1, "cpu").add(1).erase(2).erase(1).add(1));
  CHECK(asked.kind(0) == Kind::kNoSuchRow);
  CHECK(asked.sequence(1) == 1);
  CHECK(asked.sequence(2) == 2);
  CHECK(asked.kind(3) == Kind::kNoSuchRow);
  CHECK(asked.sequence(4) == 3);
  CHECK(asked.kind(5) == Kind::kNoSuchRow);
  CHECK(stage.projection.notes == Notes{"put 1", "add 1", "erase 1", "show"});
}

TEST_CASE("Of two that create a missing name in one commit, the second gets the first's row",
          "[log][journal]") {
  Stage stage(any_kind());
  Asked first;
  Asked second;
  stage.ask(first.put(1, "cpu", Condition::kNameIsFree));
  stage.ask(second.put(2, "cpu", Condition::kNameIsFree));
  stage.commit();
  CHECK(first.kind() == Kind::kAppended);
  CHECK(second.kind() == Kind::kNameTaken);
  CHECK(second.outcome(0).row == Uuid{0, 1});
  CHECK(second.outcome(0).text == "bytes of cpu");
  CHECK(second.head_when_known == 1);  // never told before the row it tells of
}

TEST_CASE("A delete and a reading of that row in one commit", "[log][journal]") {
  Stage stage(any_kind());
  Asked made;
  stage.ask_and_commit(made.put(1, "cpu"));
  Asked erased;
  Asked added;
  stage.ask(erased.erase(1));
  stage.ask(added.add(1));
  stage.commit();
  CHECK(erased.kind() == Kind::kAppended);
  CHECK(added.kind() == Kind::kNoSuchRow);
}

TEST_CASE("A change that cannot be made is refused, whatever its condition", "[log][journal]") {
  Stage stage(any_kind());
  Asked asked;
  asked.append.add({"add", "", ""}, {RowKind::kAdd, {0, 1}, {}, "member"});
  asked.append.add({"erase", "", ""}, {RowKind::kErase, {0, 1}, {}, {}});
  stage.ask_and_commit(asked.put(1, "a").put(1, "a"));
  CHECK(asked.kind(0) == Kind::kNoSuchRow);
  CHECK(asked.kind(1) == Kind::kNoSuchRow);
  CHECK(asked.kind(2) == Kind::kAppended);
  CHECK(asked.outcome(3).code == ErrorCode::kConflict);
}

TEST_CASE("Without memory for an event nothing more is taken, and what is visible stays",
          "[log][journal]") {
  /// Has no memory for the second call.
  struct Poor final : Projection {
    void apply(std::span<const Entry> /*entries*/, FunctionRef<void()> show) override {
      if (++calls == 2) throw std::bad_alloc();
      show();
    }
    void replace(std::span<const KeptRow> /*rows*/, FunctionRef<void()> show) override { show(); }
    int calls = 0;
  } poor;
  Stage stage("memory");
  stage.follower.attach(poor);
  Asked first;
  Asked second;
  Asked third;
  stage.ask(first.event("1"));
  stage.ask(second.event("2"));
  stage.ask(third.event("3"));
  CHECK(first.sequence() == 1);
  CHECK(second.outcome(0).code == ErrorCode::kUnknown);
  CHECK(third.outcome(0).code == ErrorCode::kUnavailable);
  CHECK(stage.journal->state() == JournalState::kFailed);
  CHECK(stage.log.head() == 1);
  stage.journal->stop(std::chrono::seconds(1));
  CHECK(stage.journal->state() == JournalState::kFailed);
}

TEST_CASE("A full table refuses another row until one goes", "[log][journal]") {
  Stage stage(any_kind(), {1, 10, 10});
  Asked asked;
  stage.ask_and_commit(asked.put(1, "a").put(2, "b").erase(1).put(2, "b"));
  CHECK(asked.kind(0) == Kind::kAppended);
  CHECK(asked.kind(1) == Kind::kNoRoom);
  CHECK(asked.kind(3) == Kind::kAppended);
}

TEST_CASE("What gives way is told with the event that makes it", "[log][journal]") {
  Stage stage(any_kind(), {10, 2, 3});
  Asked rows;
  stage.ask_and_commit(rows.put(9, "older").put(1, "younger"));
  stage.projection.notes.clear();
  Asked asked;
  stage.ask_and_commit(asked.add(1).add(1).add(1).add(9).add(9));
  // Past two of its own; then past three of all: both have two, and 9 is the older row.
  CHECK(stage.projection.notes ==
        Notes{"add 1", "add 1", "add 1", "drop 1", "add 9", "add 9", "drop 9", "show"});
}

TEST_CASE("Ids do not run backwards with the clock", "[log][journal]") {
  const std::string kind = any_kind();
  Stage stage(kind);
  Asked before;
  stage.ask_and_commit(before.event("1"));
  stage.clock.jump_wall(-std::chrono::hours(1));
  Asked after;
  stage.ask_and_commit(after.event("2"));
  CHECK(after.outcome(0).id > before.outcome(0).id);
  CHECK(after.outcome(0).id.unix_time() >= before.outcome(0).id.unix_time());
  const bool has_own_clock = kind == "redis";
  if (!has_own_clock) {
    CHECK(after.outcome(0).id.unix_time() == before.outcome(0).id.unix_time());
  }
}

TEST_CASE("Once stopped, everything taken has its outcome, and nothing more is taken",
          "[log][journal]") {
  Stage stage(any_kind());
  CHECK(stage.journal->state() == JournalState::kReady);
  Asked taken;
  stage.ask(taken.event("1"));
  stage.journal->stop(std::chrono::seconds(1));
  CHECK(taken.sequence() == 1);
  CHECK(stage.journal->state() == JournalState::kStopped);
  Asked refused;
  stage.ask(refused.event("2").event("3"));
  CHECK(refused.error(0).code == ErrorCode::kUnavailable);
  CHECK(refused.error(1).code == ErrorCode::kUnavailable);
  CHECK(stage.log.head() == 1);
}

TEST_CASE("Nothing is visible before it is durable", "[log][journal][late]") {
  Stage stage("late");
  Asked asked;
  stage.ask(asked.put(1, "cpu"));
  CHECK(stage.log.head() == 0);
  CHECK(asked.answers == 0);
  CHECK(stage.projection.notes.empty());
  CHECK(stage.wakes == 0);
  stage.commit();
  CHECK(stage.log.head() == 1);
  CHECK(asked.answers == 1);
}

TEST_CASE("Appends that depended on one that failed are judged again", "[log][journal][late]") {
  Stage stage("late");
  Asked failing;
  Asked same_name;
  Asked reading;
  Asked event;
  stage.ask(failing.put(1, "cpu"));
  stage.ask(same_name.put(2, "cpu", Condition::kNameIsFree));
  stage.ask(reading.add(1));
  stage.ask(event.event("x"));
  stage.late->fail({ErrorCode::kIo, "no space"});
  CHECK(failing.outcome(0).code == ErrorCode::kIo);
  CHECK(same_name.answers == 0);
  stage.commit();
  CHECK(same_name.kind() == Kind::kAppended);  // the name is free after all
  CHECK(same_name.sequence() == 1);
  CHECK(reading.kind() == Kind::kNoSuchRow);
  CHECK(event.sequence() == 2);
  CHECK(stage.log.head() == 2);
}

TEST_CASE("A restart takes back what came after its origin, rows and events together",
          "[log][journal][late]") {
  Stage stage("late");
  Asked kept;
  Asked lost;
  stage.ask_and_commit(kept.put(1, "kept").add(1));
  stage.ask_and_commit(lost.put(2, "lost").add(1).add(2));
  stage.projection.notes.clear();
  stage.late->restart(kept.outcome(1).id, kEpoch + 1, "the disk lost its newest commits");
  CHECK(stage.projection.notes == Notes{"replace", "put 1", "add 1"});
  CHECK(stage.log.head() == 2);
  CHECK(stage.log.view().head_id() == kept.outcome(1).id);  // its own epoch, not the new one

  Asked again;
  stage.ask_and_commit(again.add(2).put(3, "lost", Condition::kNameIsFree));
  CHECK(again.kind(0) == Kind::kNoSuchRow);
  CHECK(again.sequence(1) == 3);
  CHECK(again.outcome(1).id.epoch() == kEpoch + 1);
  CHECK(again.outcome(1).id != lost.outcome(0).id);  // no id is ever given twice
}

}  // namespace
}  // namespace sse::log
