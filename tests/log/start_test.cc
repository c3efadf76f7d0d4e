#include "sse/log/start.h"

#include "sse/base/time_text.h"

#include "log/logs.h"

namespace sse::log {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::ManualLog;
using wire::EventId;

WallTime wall_of(const EventId& id) {
  return WallTime(id.unix_time());
}

/// Ten events, a second apart; those at least `ttl` old are expired.
struct TenEvents : ManualLog {
  explicit TenEvents(std::chrono::nanoseconds ttl = {}) : ManualLog(options_with(ttl)) {
    for (int i = 0; i < 10; ++i) {
      ids.push_back(add("x"));
      if (i < 9) clock.advance(seconds(1));
    }
  }
  static log::EventLog::Options options_with(std::chrono::nanoseconds ttl) {
    auto options = with_segments(4096);
    options.retention.ttl = ttl;
    return options;
  }

  const EventId& id(wire::Sequence sequence) const { return ids[sequence - 1]; }
  Start after(const EventId& id) { return locate(log.view(), AfterId{to_string(id)}); }
  Start after(const std::string& id) { return locate(log.view(), AfterId{id}); }

  std::vector<EventId> ids;
};

TEST_CASE("Latest starts after the head, earliest at the tail, and neither is a gap",
          "[log][start]") {
  TenEvents log(seconds(3));
  const auto latest = locate(log.log.view(), FromLatest{});
  CHECK(latest.cursor == Cursor{11, 0});
  CHECK_FALSE(latest.position_asked);
  CHECK_FALSE(latest.gap);
  const auto earliest = locate(log.log.view(), FromEarliest{});
  CHECK(earliest.cursor == Cursor{8, 0});
  CHECK(earliest.position_asked);
  CHECK_FALSE(earliest.gap);
}

TEST_CASE("After an id the next event follows", "[log][start]") {
  TenEvents log;
  for (wire::Sequence sequence = 1; sequence <= 10; ++sequence) {
    const auto start = log.after(log.id(sequence));
    CHECK(start.cursor == Cursor{sequence + 1, 0});
    CHECK(start.position_asked);
    CHECK_FALSE(start.gap);
  }
}

TEST_CASE("The number of missed events is exact, wherever the id is", "[log][start]") {
  TenEvents log(seconds(3));  // 1 to 7 are expired
  for (wire::Sequence sequence = 1; sequence <= 10; ++sequence) {
    CAPTURE(sequence);
    const auto start = log.after(log.id(sequence));
    CHECK(start.cursor.next == std::max<wire::Sequence>(sequence + 1, 8));
    REQUIRE(start.gap.has_value() == (sequence < 7));
    if (!start.gap) continue;
    CHECK(start.gap->missed == 8 - (sequence + 1));
    CHECK(start.gap->reason == GapReason::kExpired);
    CHECK(start.gap->oldest == log.id(8));
    CHECK(start.gap->requested == to_string(log.id(sequence)));
  }
}

TEST_CASE("The count stays exact when the events' segment is gone, and the clock set back",
          "[log][start]") {
  TenEvents log(seconds(3));
  log.clock.jump_wall(-std::chrono::hours(1));
  log.clock.advance(seconds(3));
  const View view = log.log.view();
  REQUIRE(view.tail() == 11);
  REQUIRE(view.first_held() == 11);
  const auto start = log.after(log.id(4));
  REQUIRE(start.gap);
  CHECK(start.gap->missed == 6);
  CHECK(start.gap->reason == GapReason::kExpired);
  CHECK_FALSE(log.after(log.id(10)).gap);
}

TEST_CASE("A log of which everything has expired says what was missed", "[log][start]") {
  TenEvents log(seconds(3));
  log.clock.advance(seconds(60));
  const auto start = log.after(log.id(7));
  CHECK(start.cursor == Cursor{11, 0});
  REQUIRE(start.gap);
  CHECK(start.gap->missed == 3);
  CHECK(start.gap->oldest == log.id(10));
  CHECK_FALSE(log.after(log.id(10)).gap);
}

TEST_CASE("The origin is a position: who has it misses nothing, until something expires",
          "[log][start]") {
  ManualLog log(TenEvents::options_with(seconds(3)));
  const auto origin = log.log.view().head_id();
  const auto after_origin = [&] { return locate(log.log.view(), AfterId{to_string(origin)}); };
  CHECK(after_origin().cursor == Cursor{1, 0});
  CHECK_FALSE(after_origin().gap);
  log.add("a");
  log.add("b");
  CHECK(after_origin().cursor == Cursor{1, 0});
  CHECK_FALSE(after_origin().gap);
  log.clock.advance(seconds(3));
  REQUIRE(after_origin().gap);
  CHECK(after_origin().gap->missed == 2);
}

TEST_CASE("An id of another log is recognised, never resumed wrongly", "[log][start]") {
  TenEvents log;
  const auto foreign = EventId::make(log.id(3).unix_time(), test::kEpoch + 1, 3);
  const auto start = log.after(foreign);
  CHECK(start.cursor == Cursor{1, 0});
  REQUIRE(start.gap);
  CHECK(start.gap->reason == GapReason::kOtherStream);
  CHECK_FALSE(start.gap->missed);
  CHECK(start.gap->oldest == log.id(1));
}

TEST_CASE("What this log never gave out is a gap of unknown size", "[log][start]") {
  TenEvents log;
  const auto time = log.id(3).unix_time();
  const std::vector<std::string> unknown = {
      "",
      "latest",
      "3",
      "018f4c2e-0123-4456-89ab-cdef01234567",                             // a UUID, not version 7
      to_string(EventId::make(time, test::kEpoch, 11)),                   // after the head
      to_string(EventId::make(time + milliseconds(1), test::kEpoch, 3)),  // one bit of time
      to_string(EventId::make(time, test::kEpoch, 4)),                    // another event's time
      to_string(log.id(3)) + "\n",
  };
  for (const auto& id : unknown) {
    CAPTURE(id);
    const auto start = log.after(id);
    CHECK(start.cursor == Cursor{1, 0});
    REQUIRE(start.gap);
    CHECK(start.gap->reason == GapReason::kUnknown);
    CHECK_FALSE(start.gap->missed);
    CHECK(start.gap->requested == id);
  }
}

TEST_CASE("An id later than all that expired cannot be of an expired event", "[log][start]") {
  TenEvents log(seconds(3));
  log.clock.advance(seconds(60));
  const auto forged = EventId::make(log.id(10).unix_time() + seconds(5), test::kEpoch, 2);
  const auto start = log.after(forged);
  REQUIRE(start.gap);
  CHECK(start.gap->reason == GapReason::kUnknown);
}

TEST_CASE("The last N events are what is kept of them, and a gap for the rest", "[log][start]") {
  TenEvents log(seconds(3));  // 8, 9, 10 are kept
  const auto last = [&](std::uint64_t events) { return locate(log.log.view(), FromLast{events}); };
  CHECK(last(0).cursor == Cursor{11, 0});
  CHECK(last(2).cursor == Cursor{9, 0});
  CHECK(last(3).cursor == Cursor{8, 0});
  CHECK_FALSE(last(3).gap);
  REQUIRE(last(5).gap);
  CHECK(last(5).cursor == Cursor{8, 0});
  CHECK(last(5).gap->missed == 2);
  CHECK(last(5).gap->requested == "-5");
  REQUIRE(last(1'000'000).gap);
  CHECK(last(1'000'000).gap->missed == 7);
  TenEvents whole;
  const auto more_than_ever = locate(whole.log.view(), FromLast{1'000'000});
  CHECK(more_than_ever.cursor == Cursor{1, 0});
  CHECK_FALSE(more_than_ever.gap);
}

TEST_CASE("The newest of each start at the tail, or after an id, and are never a gap",
          "[log][start]") {
  TenEvents log(seconds(3));  // 8, 9, 10 are kept
  const auto start = [&](const std::string& after) {
    return locate(log.log.view(), NewestOfEach{after});
  };
  CHECK(start("").cursor == Cursor{8, 0});
  CHECK(start(to_string(log.id(9))).cursor == Cursor{10, 0});
  CHECK(start(to_string(log.id(10))).cursor == Cursor{11, 0});
  CHECK(start(to_string(log.id(2))).cursor == Cursor{8, 0});
  CHECK(start("nonsense").cursor == Cursor{8, 0});
  for (const std::string after : {"", "nonsense"}) {
    CHECK(start(after).newest_of_each);
    CHECK(start(after).position_asked);
    CHECK_FALSE(start(after).gap);
  }
  CHECK_FALSE(locate(log.log.view(), FromEarliest{}).newest_of_each);
}

TEST_CASE("A time starts at the first event of that millisecond or later", "[log][start]") {
  TenEvents log;
  const auto since = [&](WallTime time) { return locate(log.log.view(), FromTime{time}); };
  CHECK(since(wall_of(log.id(4))).cursor == Cursor{4, 0});
  CHECK(since(wall_of(log.id(4)) + std::chrono::nanoseconds(999'999)).cursor == Cursor{4, 0});
  CHECK(since(wall_of(log.id(4)) + milliseconds(1)).cursor == Cursor{5, 0});
  CHECK(since(wall_of(log.id(10)) + seconds(1)).cursor == Cursor{11, 0});
  CHECK(since(WallTime{}).cursor == Cursor{1, 0});
  CHECK_FALSE(since(WallTime{}).gap);
}

TEST_CASE("A time is a gap only if something newer than it has expired", "[log][start]") {
  TenEvents log(seconds(3));  // 7 is the newest that expired
  const auto since = [&](WallTime time) { return locate(log.log.view(), FromTime{time}); };
  CHECK_FALSE(since(wall_of(log.id(7)) + milliseconds(1)).gap);
  const auto start = since(wall_of(log.id(7)));
  CHECK(start.cursor == Cursor{8, 0});
  REQUIRE(start.gap);
  CHECK(start.gap->reason == GapReason::kExpired);
  CHECK_FALSE(start.gap->missed);
  CHECK(start.gap->requested == format_rfc3339(wall_of(log.id(7))));
}

// parse_since

const Now kNow = {WallTime(seconds(1'800'000'000)), BootTime(seconds(1000))};

template <typename Request>
Request parsed(std::string_view text) {
  const auto request = parse_since(text, kNow);
  INFO(text);
  REQUIRE(request);
  REQUIRE(std::holds_alternative<Request>(*request));
  return std::get<Request>(*request);
}

TEST_CASE("since is read in all its forms", "[log][start]") {
  parsed<FromEarliest>("earliest");
  parsed<FromLatest>("latest");
  CHECK(parsed<NewestOfEach>("each").after.empty());
  CHECK(parsed<FromLast>("-10").events == 10);
  CHECK(parsed<FromLast>("-0").events == 0);
  CHECK(parsed<FromTime>("5m").time == kNow.wall - std::chrono::minutes(5));
  CHECK(parsed<FromTime>("1m30s").time == kNow.wall - seconds(90));
  CHECK(parsed<FromTime>("100000d").time == WallTime{});
  CHECK(parsed<FromTime>("2027-01-15T08:00:00Z").time == kNow.wall);
  CHECK(parsed<FromTime>("2027-01-15T09:00:00.5+01:00").time == kNow.wall + milliseconds(500));
  CHECK(parsed<FromTime>("@1800000000").time == kNow.wall);
  CHECK(parsed<FromTime>("@1800000000.25").time == kNow.wall + milliseconds(250));
  CHECK(parsed<FromTime>("@0.000000001").time == WallTime(std::chrono::nanoseconds(1)));
  const std::string id = "018d0000-0000-7000-8000-000000000001";
  CHECK(parsed<AfterId>(id).id == id);
}

TEST_CASE("Any other since is refused with the forms there are", "[log][start]") {
  for (const std::string text : {"",
                                 "-",
                                 "-x",
                                 "-1.5",
                                 "--1",
                                 "-99999999999999999999",
                                 "@",
                                 "@-1",
                                 "@1.",
                                 "@.5",
                                 "@1e9",
                                 "@1.0000000001",
                                 "@99999999999999",
                                 "5",
                                 "300",
                                 "0",
                                 "5 m",
                                 "m",
                                 "yesterday",
                                 "Latest",
                                 "2027-01-15",
                                 "018d0000-0000-7000-8000-00000000000"}) {
    CAPTURE(text);
    const auto request = parse_since(text, kNow);
    REQUIRE_FALSE(request);
    CHECK(request.error().code == ErrorCode::kInvalid);
    CHECK(request.error().text.find("earliest, latest, -N") != std::string::npos);
  }
}

}  // namespace
}  // namespace sse::log
