#include "sse/log/view.h"

#include "log/logs.h"

namespace sse::log {
namespace {

using test::feed;
using test::ManualLog;

/// Events of many sizes over several segments.
struct LongLog : ManualLog {
  LongLog() : ManualLog(with_segments(4096)) {
    for (std::size_t i = 1; i <= kEvents; ++i) {
      clock.advance(std::chrono::milliseconds(i % 3));
      add(std::string(i * 37 % 301, 'x'), "t" + std::to_string(i % 5));
    }
    view = log.view();
    for (std::size_t i = 1; i <= kEvents; ++i) blocks.emplace_back(view.event(i).block);
  }

  std::string all_from(wire::Sequence sequence) const {
    std::string out;
    for (auto i = sequence; i <= kEvents; ++i) out += blocks[i - 1];
    return out;
  }

  static constexpr std::size_t kEvents = 300;
  View view;
  std::vector<std::string> blocks;
};

TEST_CASE("From any event on, a cursor is fed the same bytes in the same order", "[log][view]") {
  const LongLog log;
  for (wire::Sequence from = 1; from <= LongLog::kEvents + 1; ++from) {
    CAPTURE(from);
    REQUIRE(feed(log.view, from) == log.all_from(from));
  }
}

TEST_CASE("No event straddles two segments", "[log][view]") {
  const LongLog log;
  std::size_t runs = 0;
  for (Cursor cursor; !log.view.run(cursor).empty(); ++runs) {
    const auto run = log.view.run(cursor);
    CHECK(run.size() <= 4096);
    CHECK(run.substr(0, 4) == "id: ");
    CHECK(run.substr(run.size() - 2) == "\n\n");
    cursor = log.view.advance(cursor, run.size());
    CHECK(cursor.at_boundary());
  }
  CHECK(runs > 10);
}

TEST_CASE("A write that stops at any byte is carried on from there", "[log][view]") {
  const LongLog log;
  const std::string all = log.all_from(1);
  for (const std::size_t step : {1U, 2U, 3U, 7U, 50U, 64U, 301U, 1000U, 4095U}) {
    CAPTURE(step);
    Cursor cursor;
    REQUIRE(feed(log.view, cursor, step) == all);
    CHECK(cursor == Cursor{LongLog::kEvents + 1, 0});
  }
}

TEST_CASE("After every byte a cursor names the event it is in", "[log][view]") {
  const LongLog log;
  Cursor cursor;
  std::uint64_t behind = log.all_from(1).size();
  for (wire::Sequence sequence = 1; sequence <= LongLog::kEvents; ++sequence) {
    for (std::uint32_t sent = 0; sent < log.blocks[sequence - 1].size(); ++sent) {
      REQUIRE(cursor == Cursor{sequence, sent});
      REQUIRE(log.view.bytes_behind(cursor) == behind);
      cursor = log.view.advance(cursor, 1);
      --behind;
    }
  }
  CHECK(behind == 0);
  CHECK(log.view.bytes_behind(cursor) == 0);
}

TEST_CASE("A time is looked up to the millisecond, over all segments", "[log][view]") {
  const LongLog log;
  const auto first = log.view.event(1).id.unix_time();
  const auto last = log.view.head_id().unix_time();
  for (auto time = first - std::chrono::milliseconds(2); time <= last; ++time) {
    wire::Sequence expected = 1;
    while (log.view.event(expected).id.unix_time() < time) ++expected;
    REQUIRE(log.view.first_since(time) == expected);
  }
  CHECK(log.view.first_since(last + std::chrono::milliseconds(1)) == LongLog::kEvents + 1);
}

TEST_CASE("A default view is empty and can be assigned to", "[log][view]") {
  LongLog log;
  View view;
  CHECK(view.empty());
  CHECK(view.run({}).empty());
  CHECK(view.bytes_behind({}) == 0);
  view = log.view;
  CHECK(view.head() == LongLog::kEvents);
}

}  // namespace
}  // namespace sse::log
