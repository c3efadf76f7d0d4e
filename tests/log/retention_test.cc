#include <unistd.h>

#include <fstream>

#include "sse/log/event_log.h"

#include "log/logs.h"

namespace sse::log {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::feed;
using test::ManualLog;

EventLog::Options with_ttl(std::chrono::nanoseconds ttl) {
  auto options = ManualLog::with_segments(4096);
  options.retention.ttl = ttl;
  return options;
}

TEST_CASE("An event expires at its age to the millisecond, inside a segment too",
          "[log][retention]") {
  ManualLog log(with_ttl(seconds(10)));
  log.add("a");
  log.clock.advance(seconds(4));
  log.add("b");
  log.clock.advance(milliseconds(5999));
  CHECK(log.log.view().tail() == 1);
  log.clock.advance(milliseconds(1));
  const View view = log.log.view();
  CHECK(view.tail() == 2);
  CHECK(view.first_held() == 1);
  CHECK(view.oldest_id() == view.event(2).id);
  CHECK(view.newest_expired_time() == view.event(1).id.unix_time());
}

TEST_CASE("A wall clock that jumps expires nothing early or late", "[log][retention]") {
  ManualLog log(with_ttl(seconds(10)));
  log.add("a");
  log.clock.jump_wall(std::chrono::hours(1));
  CHECK(log.log.view().tail() == 1);
  log.clock.jump_wall(-std::chrono::hours(2));
  log.add("b");
  log.clock.advance(milliseconds(9999));
  CHECK(log.log.view().tail() == 1);
  log.clock.advance(milliseconds(1));
  CHECK(log.log.view().tail() == 3);
}

TEST_CASE("A log tells what it holds and how old its oldest event is", "[log][retention]") {
  ManualLog log(with_ttl(seconds(10)));
  CHECK(log.log.usage().oldest_age == seconds(0));
  log.add("a");
  log.clock.advance(seconds(4));
  log.add("b");
  log.clock.advance(seconds(4));
  log.clock.jump_wall(std::chrono::hours(1));
  CHECK(log.log.usage().events == 2);
  CHECK(log.log.usage().oldest_age == seconds(8));
  const auto bytes = log.log.usage().appended_bytes;
  CHECK(bytes == log.log.view().run({1, 0}).size());
  log.clock.advance(seconds(4));
  CHECK(log.log.usage().events == 1);
  CHECK(log.log.usage().oldest_age == seconds(8));
  log.clock.advance(seconds(10));
  const auto empty = log.log.usage();
  CHECK(empty.events == 0);
  CHECK(empty.oldest_age == seconds(0));
  CHECK(empty.appended == 2);
  CHECK(empty.appended_bytes == bytes);
}

TEST_CASE("A log without new events lets go of everything", "[log][retention]") {
  ManualLog log(with_ttl(seconds(10)));
  log.add_many(500);
  const auto head_id = log.log.view().head_id();
  REQUIRE(log.log.usage().bytes > 500 * 49);
  log.clock.advance(seconds(10));
  const View view = log.log.view();
  CHECK(view.empty());
  CHECK(view.tail() == 501);
  CHECK(view.first_held() == 501);
  CHECK(view.head_id() == head_id);
  CHECK(view.oldest_id() == head_id);
  CHECK(log.log.usage().bytes == 0);
  const auto next = log.add("x");
  CHECK(next.sequence() == 501);
  CHECK(feed(log.log.view(), 501).find("data: x\n") != std::string::npos);
}

TEST_CASE("Publishing alone applies the time to live", "[log][retention]") {
  ManualLog log(with_ttl(seconds(10)));
  log.add_many(500);
  const std::size_t full = log.log.usage().bytes;
  log.clock.advance(seconds(10));
  log.add("x");
  CHECK(log.log.usage().bytes < full / 4);
}

TEST_CASE("At most the asked number of events is kept", "[log][retention]") {
  auto options = ManualLog::with_segments(4096);
  options.retention.max_events = 100;
  ManualLog log(options);
  for (std::size_t i = 1; i <= 1000; ++i) {
    log.add("x");
    const View view = log.log.view();
    REQUIRE(view.head() + 1 - view.tail() == std::min<std::size_t>(i, 100));
  }
  CHECK(log.log.view().first_held() > 800);
}

TEST_CASE("A view keeps what the log has let go", "[log][retention]") {
  ManualLog log(with_ttl(seconds(10)));
  log.add_many(500);
  const View view = log.log.view();
  const std::string before = feed(view, 1);
  log.clock.advance(seconds(10));
  REQUIRE(log.log.view().first_held() == 501);
  CHECK(view.first_held() == 1);
  CHECK(feed(view, 1) == before);
}

TEST_CASE("Bytes behind counts what is left when the cursor's place is gone", "[log][retention]") {
  ManualLog log(with_ttl(seconds(10)));
  log.add_many(500);
  log.clock.advance(seconds(5));
  log.add_many(500);
  log.clock.advance(seconds(5));
  const View view = log.log.view();
  REQUIRE(view.first_held() > 1);
  CHECK(view.bytes_behind({1, 7}) == view.bytes_behind({view.first_held(), 0}));
  CHECK(view.bytes_behind({view.tail(), 0}) == feed(view, view.tail()).size());
}

/// Publishes until much more than the ceiling went through; says how many bytes of blocks are kept
/// at the end.
template <typename MakeEvent>
std::uint64_t fill(ManualLog& log, std::size_t ceiling, std::size_t events, MakeEvent make_event) {
  for (std::size_t i = 0; i < events; ++i) {
    REQUIRE(log.append(make_event(i)));
    REQUIRE(log.log.usage().bytes <= ceiling);
  }
  const View view = log.log.view();
  REQUIRE(view.tail() > 1);
  return view.bytes_behind({view.tail(), 0});
}

TEST_CASE("The ceiling holds whatever is published", "[log][retention]") {
  constexpr std::size_t kCeiling = std::size_t{1} << 20U;
  auto options = ManualLog::with_segments(kCeiling);
  options.retention.max_bytes = kCeiling;
  ManualLog log(options);

  SECTION("ordinary events: most of it is blocks") {
    const auto make = [](std::size_t i) {
      return wire::Event{"reading", "metrics/" + std::to_string(i % 10), std::string(250, 'x')};
    };
    CHECK(fill(log, kCeiling, 20'000, make) > kCeiling * 2 / 3);
  }
  SECTION("many tiny events: the index counts") {
    const auto make = [](std::size_t) { return wire::Event{}; };
    CHECK(fill(log, kCeiling, 50'000, make) > kCeiling / 2);
  }
  SECTION("many distinct topics that are not on the wire: the names count") {
    const auto make = [](std::size_t i) {
      return wire::Event{"", std::string(1000, 't') + std::to_string(i), "", false};
    };
    CHECK(fill(log, kCeiling, 10'000, make) > 0);
  }
  SECTION("many distinct types and topics") {
    const auto make = [](std::size_t i) {
      return wire::Event{"t" + std::to_string(i), "a/" + std::to_string(i), ""};
    };
    CHECK(fill(log, kCeiling, 50'000, make) > kCeiling / 4);
  }
  SECTION("events as large as can be") {
    const auto make = [&](std::size_t) {
      return wire::Event{"", "", std::string(log.log.limits().max_event_size - 49, 'x')};
    };
    CHECK(fill(log, kCeiling, 50, make) > kCeiling / 2);
  }
}

TEST_CASE("A ceiling too small to work with is raised", "[log][retention]") {
  auto options = ManualLog::with_segments(std::size_t{1} << 20U);
  options.retention.max_bytes = 1;
  ManualLog log(options);
  for (int i = 0; i < 10'000; ++i) {
    log.add("x");
    REQUIRE(log.log.usage().bytes <= kMinLogBytes);
  }
  CHECK_FALSE(log.log.view().empty());
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

TEST_CASE("The kernel counts no more memory than the log does", "[log][retention]") {
  constexpr std::size_t kCeiling = std::size_t{32} << 20U;
  constexpr std::size_t kSlack = std::size_t{3} << 20U;  // the allocator's, and the test's own
  const std::size_t before = resident_bytes();
  auto options = ManualLog::with_segments(std::size_t{1} << 20U);
  options.retention.max_bytes = kCeiling;
  ManualLog log(options);
  std::vector<wire::Event> batch(1000);
  for (std::size_t i = 0; i < 600'000; i += batch.size()) {
    for (std::size_t n = 0; n < batch.size(); ++n) {
      batch[n] = {"", "a/" + std::to_string((i + n) % 50'000), std::string(40, 'x')};
    }
    for (const auto& result : log.append_batch(batch)) REQUIRE(result);
  }
  CHECK(log.log.usage().bytes > kCeiling - (std::size_t{4} << 20U));
  CHECK(resident_bytes() - before < kCeiling + kSlack);
}
#endif

}  // namespace
}  // namespace sse::log
