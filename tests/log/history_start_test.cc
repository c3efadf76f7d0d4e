// Where streams start when part of the history is in the journal alone.

#include "sse/base/time_text.h"
#include "sse/log/start.h"

#include "log/archived_log.h"

namespace sse::log {
namespace {

using std::chrono::milliseconds;
using test::ArchivedLog;

/// What a stream is sent and told where nothing is archived: by the log that lets go of nothing,
/// with the tail of the other.
Start expected_start(ArchivedLog& log, const StartRequest& request) {
  const View view = log.log.view();
  Start start = locate(log.whole.view(), request);
  if (start.gap) start.gap->oldest = view.oldest_id();
  if (start.cursor.next >= view.tail() && !start.gap) return start;
  if (!start.gap) {
    std::optional<std::uint64_t> missed = view.tail() - start.cursor.next;
    std::string requested;
    if (const auto* last = std::get_if<FromLast>(&request)) {
      requested = "-" + std::to_string(last->events);
    } else if (const auto* id = std::get_if<AfterId>(&request)) {
      requested = id->id;
    } else if (const auto* time = std::get_if<FromTime>(&request)) {
      requested = format_rfc3339(time->time);
      missed.reset();
    }
    start.gap = Gap{requested, view.oldest_id(), missed, GapReason::kExpired};
  }
  start.cursor.next = view.tail();
  return start;
}

void check_start(ArchivedLog& log, const StartRequest& request) {
  const Start expected = expected_start(log, request);
  const Start start = locate(log.log.view(), request);
  REQUIRE(log.settle(start) == expected.cursor.next);
  REQUIRE(start.position_asked == expected.position_asked);
  REQUIRE(start.newest_of_each == expected.newest_of_each);
  REQUIRE(start.gap.has_value() == expected.gap.has_value());
  if (!start.gap) return;
  REQUIRE(start.gap->reason == expected.gap->reason);
  REQUIRE(start.gap->missed == expected.gap->missed);
  REQUIRE(start.gap->oldest == expected.gap->oldest);
  REQUIRE(start.gap->requested == expected.gap->requested);
}

/// Every place that a stream may ask for.
void check_all_starts(ArchivedLog& log) {
  const View whole = log.whole.view();
  for (wire::Sequence s = 1; s <= whole.head(); ++s) {
    CAPTURE(s);
    check_start(log, AfterId{to_string(whole.event(s).id)});
    check_start(log, FromLast{whole.head() + 1 - s});
  }
  const auto first = whole.event(1).id.unix_time();
  for (auto time = first - milliseconds(2); time <= whole.head_id().unix_time() + milliseconds(2);
       ++time) {
    CAPTURE(time.count());
    check_start(log, FromTime{WallTime(time)});
  }
  check_start(log, FromLast{whole.head() + 100});
  check_start(log, FromLast{0});
  check_start(log, FromLatest{});
}

TEST_CASE("Streams start where they would if everything were in memory", "[log][history][start]") {
  ArchivedLog log(ArchivedLog::in_little_memory(), 50);
  log.add_many(1300);
  REQUIRE(log.log.view().first_held() > 600);
  check_all_starts(log);
  CHECK(locate(log.log.view(), FromEarliest{}).cursor == Cursor{1, 0});
  CHECK(locate(log.log.view(), NewestOfEach{}).cursor == Cursor{1, 0});
  for (const wire::Sequence tail : {2U, 51U, 52U, 100U, 333U, 600U}) {
    log.journal.drop_before(tail);
    CAPTURE(tail, log.log.view().tail());
    check_all_starts(log);
    CHECK(locate(log.log.view(), FromEarliest{}).cursor == Cursor{log.log.view().tail(), 0});
    CHECK_FALSE(locate(log.log.view(), FromEarliest{}).gap);
  }
  log.journal.drop_before(log.log.view().first_held());
  check_all_starts(log);
  log.journal.drop_before(log.log.view().first_held() + 5);
  check_all_starts(log);
}

TEST_CASE("Parts that begin within one millisecond are told apart", "[log][history][start]") {
  ArchivedLog log(ArchivedLog::in_little_memory(), 5);
  for (int i = 0; i < 1200; ++i) {
    if (i % 40 == 0) log.clock.advance(milliseconds(1));
    log.add(std::string(60, 'x'));
  }
  REQUIRE(log.log.view().first_held() > 100);
  check_all_starts(log);
}

TEST_CASE("A time between what is archived and what is in memory starts in memory",
          "[log][history][start]") {
  ArchivedLog log;
  log.add_many(2000);
  const View view = log.log.view();
  const auto held = log.event(view.first_held()).id.unix_time();
  const Start start = locate(view, FromTime{WallTime(held + milliseconds(1))});
  CHECK_FALSE(start.not_before);
  CHECK(start.cursor.next > view.first_held());
}

TEST_CASE("Starting reads nothing", "[log][history][start]") {
  ArchivedLog log;
  log.add_many(2000);
  locate(log.log.view(), FromTime{WallTime(log.event(300).id.unix_time())});
  locate(log.log.view(), AfterId{to_string(log.event(300).id)});
  locate(log.log.view(), NewestOfEach{});
  CHECK(log.journal.reads().empty());
}

TEST_CASE("An id that was never given is unknown, as far as is known without the disk",
          "[log][history][start]") {
  ArchivedLog log;
  for (int i = 0; i < 2000; ++i) {
    log.clock.advance(milliseconds(10));
    log.add(std::string(60, 'x'));
  }
  log.journal.drop_before(100);
  const View view = log.log.view();
  const auto after = [&](milliseconds time, wire::Epoch epoch, wire::Sequence sequence) {
    return locate(view, AfterId{to_string(wire::EventId::make(time, epoch, sequence))});
  };
  const auto is_unknown = [&](const Start& start) {
    return start.gap && start.gap->reason == GapReason::kUnknown &&
           start.cursor.next == view.tail() && !start.gap->missed;
  };
  const PartRange part = view.part_of(300);
  const auto begin = log.event(part.first).id.unix_time();
  const auto end = log.event(part.last + 1).id.unix_time();
  const auto own = log.event(300).id.unix_time();
  CHECK(after(own, test::kEpoch, 300).cursor == Cursor{301, 0});
  CHECK_FALSE(after(own, test::kEpoch, 300).gap);
  CHECK(is_unknown(after(begin - milliseconds(1), test::kEpoch, 300)));
  CHECK(is_unknown(after(end + milliseconds(1), test::kEpoch, 300)));
  CHECK(after(own, test::kEpoch + 1, 300).gap->reason == GapReason::kOtherStream);
  // Where an event's own id is known, it is all of it.
  CHECK_FALSE(after(begin, test::kEpoch, part.first).gap);
  CHECK(is_unknown(after(begin + milliseconds(1), test::kEpoch, part.first)));
  const auto oldest = view.oldest_id().unix_time();
  CHECK_FALSE(after(oldest, test::kEpoch, view.tail()).gap);
  CHECK(is_unknown(after(oldest + milliseconds(1), test::kEpoch, view.tail())));
  CHECK(is_unknown(after(oldest - milliseconds(1), test::kEpoch, view.tail() + 1)));
  const auto held = log.event(view.first_held()).id.unix_time();
  CHECK(is_unknown(after(held + milliseconds(1), test::kEpoch, view.first_held() - 1)));
}

TEST_CASE("A journal that says where its log begins says what is too old, whatever the log's limit",
          "[log][history]") {
  ArchivedLog from;
  from.add_many(100);
  EventLog log(ArchivedLog::in_little_memory(std::chrono::seconds(1)), from.clock);
  Origin origin{{}, test::kEpoch, {}};
  const bool is_told = GENERATE(true, false);
  if (is_told) origin.history.tail = Tail{from.event(1).id, {}};
  log.begin(origin);
  const View whole = from.whole.view();
  for (wire::Sequence i = 1; i <= 100; ++i) {
    const auto event = whole.event(i);
    const Entry entry{
        event.id, event.block, NameKey(event.type, KeyedHash()), NameKey(event.topic, KeyedHash()),
        {},       {}};
    log.add({&entry, 1}, from.clock.now().boot);
  }
  from.clock.advance(std::chrono::seconds(2));
  CHECK(log.view().tail() == (is_told ? 1 : 101));
  log.move_tail({whole.event(50).id, whole.event(49).id.unix_time()});
  CHECK(log.view().tail() == (is_told ? 50 : 101));
}

}  // namespace
}  // namespace sse::log
