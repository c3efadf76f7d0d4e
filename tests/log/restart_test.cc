// A log that is cut back and goes on in another epoch.

#include "sse/log/epochs.h"
#include "sse/log/journal.h"
#include "sse/log/start.h"

#include "log/logs.h"

namespace sse::log {
namespace {

using test::ManualLog;
using wire::EventId;

constexpr wire::Epoch kNext = test::kEpoch + 1;

/// Restarted by the test; its journal has no part in it.
struct CutLog : ManualLog {
  explicit CutLog(std::size_t segment = 4096) : ManualLog(with_segments(segment)) {}

  EventId id(wire::Sequence sequence) { return log.view().event(sequence).id; }

  void restart(const EventId& head, wire::Epoch epoch = kNext) { log.restart({head, epoch}); }

  /// One more event behind the head, in this epoch.
  EventId refill(const std::string& text, wire::Epoch epoch = kNext) {
    Append append(log.limits());
    append.add({"", "", text});
    const auto now = clock.now();
    const auto time = std::chrono::floor<std::chrono::milliseconds>(now.wall).time_since_epoch();
    const auto next = EventId::make(time, epoch, log.head() + 1);
    const Entry entry = append.entry(append.items().front(), next);
    log.add({&entry, 1}, now.boot);
    return next;
  }

  Start after(const EventId& position) { return locate(log.view(), AfterId{to_string(position)}); }
};

TEST_CASE("What came after the origin is gone, and what came before it reads as before",
          "[log][restart]") {
  const std::size_t cut = GENERATE(1U, 7U, 40U, 99U, 100U);
  CutLog log;
  log.add_many(100);
  const View before = log.log.view();
  const std::string kept = test::feed(before, 1);
  const auto bytes = log.log.usage().appended_bytes;
  log.restart(log.id(cut));

  const View view = log.log.view();
  CHECK(view.head() == cut);
  CHECK(view.generation() == before.generation() + 1);
  CHECK(kept.starts_with(test::feed(view, 1)));
  CHECK(view.head_id() == before.event(cut).id);
  CHECK(log.log.usage().appended_bytes <= bytes);
  CHECK(test::feed(before, 1) == kept);  // who holds a view reads on

  const auto next = log.refill("again");
  CHECK(log.log.view().event(cut + 1).id == next);
  CHECK(log.log.view().head_id() == next);
  CHECK(test::feed(log.log.view(), cut + 1).find("data: again\n") != std::string::npos);
}

TEST_CASE("A restart at the origin, and one past the head, leave an empty log", "[log][restart]") {
  CutLog log;
  log.add_many(10);
  const auto past = EventId::make(std::chrono::milliseconds(5), kNext, 50);
  const auto origin = EventId::make(std::chrono::milliseconds(5), kNext, 0);
  const bool is_past = GENERATE(false, true);
  log.restart(is_past ? past : origin);
  CHECK(log.log.view().empty());
  CHECK(log.log.head() == (is_past ? 50 : 0));
  CHECK(log.log.usage().bytes == 0);
  CHECK_FALSE(log.after(log.log.view().head_id()).gap);  // the very id that subscribers are told
  const auto since = locate(log.log.view(), FromTime{WallTime(std::chrono::milliseconds(1))});
  CHECK(since.gap.has_value() == is_past);
  const auto next = log.refill("x");
  CHECK(next.sequence() == (is_past ? 51 : 1));
  CHECK(log.log.view().tail() == next.sequence());
}

TEST_CASE("Events keep their age over a restart", "[log][restart]") {
  auto options = ManualLog::with_segments(4096);
  options.retention.ttl = std::chrono::seconds(10);
  ManualLog log(options);
  log.add_many(2);
  log.clock.advance(std::chrono::seconds(6));
  log.add_many(2);
  log.log.restart({log.log.view().event(3).id, kNext});
  log.clock.advance(std::chrono::seconds(5));
  CHECK(log.log.view().tail() == 3);
  log.clock.advance(std::chrono::seconds(5));
  CHECK(log.log.view().empty());
}

TEST_CASE("Positions of every epoch that the log had", "[log][restart][start]") {
  CutLog log;
  log.add_many(10);
  const auto third = log.id(3);
  const auto fifth = log.id(5);
  const auto eighth = log.id(8);
  const auto origin = EventId::make(std::chrono::milliseconds(1), test::kEpoch, 0);
  log.restart(fifth);
  for (int i = 0; i < 5; ++i) log.refill("again");

  const auto exact = [&](const EventId& position) {
    const auto start = log.after(position);
    return !start.gap && start.cursor.next == position.sequence() + 1;
  };
  CHECK(exact(third));
  CHECK(exact(fifth));
  CHECK(exact(log.id(8)));
  CHECK(exact(origin));

  // Its number is another event's now: unknown, and not counted.
  const auto lost = log.after(eighth);
  REQUIRE(lost.gap);
  CHECK(lost.gap->reason == GapReason::kUnknown);
  CHECK_FALSE(lost.gap->missed);
  const auto forged = log.after(EventId::make(third.unix_time(), kNext, third.sequence()));
  REQUIRE(forged.gap);
  CHECK(forged.gap->reason == GapReason::kUnknown);
  const auto other = log.after(EventId::make(third.unix_time(), kNext + 1, 3));
  REQUIRE(other.gap);
  CHECK(other.gap->reason == GapReason::kOtherStream);
}

TEST_CASE("Events of another epoch begin it", "[log][restart][start]") {
  CutLog log;
  log.add_many(2);
  const auto next = log.refill("x", kNext);
  CHECK(log.log.view().epoch() == kNext);
  CHECK_FALSE(log.after(next).gap);
  CHECK_FALSE(log.after(log.id(2)).gap);
}

TEST_CASE("A position that has expired is counted over epochs", "[log][restart][start]") {
  auto options = ManualLog::with_segments(4096);
  options.retention.max_events = 3;
  ManualLog log(options);
  log.add_many(2);
  const auto first = log.log.view().event(1).id;
  log.log.restart({log.log.view().event(2).id, kNext});
  const auto after = [&] { return locate(log.log.view(), AfterId{to_string(first)}); };
  CHECK_FALSE(after().gap);
  Append append(log.log.limits());
  for (int i = 0; i < 4; ++i) append.add({"", "", "x"});
  std::vector<Entry> entries;
  for (const auto& item : append.items()) {
    entries.push_back(
        append.entry(item, EventId::make(first.unix_time(), kNext, 3 + entries.size())));
  }
  log.log.add(entries, log.clock.now().boot);
  const auto start = after();
  REQUIRE(start.gap);
  CHECK(start.gap->reason == GapReason::kExpired);
  CHECK(start.gap->missed == 2);  // events 2 and 3
}

TEST_CASE("The newest 64 epochs are known", "[log][restart]") {
  Epochs epochs;
  for (wire::Epoch epoch = 1; epoch <= 70; ++epoch) epochs.begin(epoch, epoch * 10);
  CHECK_FALSE(epochs.knows(6));
  CHECK(epochs.knows(7));
  CHECK(epochs.covers(7, 70, 1000));
  CHECK(epochs.covers(7, 79, 1000));
  CHECK_FALSE(epochs.covers(7, 80, 1000));
  CHECK_FALSE(epochs.covers(7, 69, 1000));
  CHECK(epochs.covers(70, 1000, 1000));
  CHECK_FALSE(epochs.covers(70, 1001, 1000));
}

TEST_CASE("Which epoch gave out a sequence is known of the newest 64", "[log][restart]") {
  Epochs epochs;
  CHECK_FALSE(epochs.of(1));
  epochs.begin(1, 1);
  epochs.begin(2, 10);
  CHECK(epochs.of(9) == 1U);
  CHECK(epochs.of(10) == 2U);
  epochs.begin(3, 5);  // what the second one gave out is lost
  CHECK(epochs.of(4) == 1U);
  CHECK(epochs.of(12) == 3U);
  for (wire::Epoch epoch = 4; epoch < 70; ++epoch) epochs.begin(epoch, 10 * epoch);
  CHECK_FALSE(epochs.of(4));
  CHECK(epochs.of(695) == 69U);
}

TEST_CASE("What an epoch gave out is lost where the log is cut back before it", "[log][restart]") {
  Epochs epochs;
  epochs.begin(7, 1);
  epochs.begin(8, 100);
  epochs.begin(9, 75);
  CHECK(epochs.covers(7, 74, 1000));
  CHECK_FALSE(epochs.covers(7, 75, 1000));
  CHECK(epochs.covers(7, 0, 1000));  // the origin
  CHECK(epochs.knows(8));            // unknown, not another stream's
  CHECK_FALSE(epochs.covers(8, 100, 1000));
  CHECK(epochs.covers(9, 100, 1000));
  epochs.begin(10, 1);  // begun again: another log
  CHECK_FALSE(epochs.knows(9));
}

}  // namespace
}  // namespace sse::log
