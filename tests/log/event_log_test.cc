#include "sse/log/event_log.h"

#include "log/logs.h"

namespace sse::log {
namespace {

using test::feed;
using test::ManualLog;
using wire::EventId;

std::chrono::milliseconds wall_ms(const Clock& clock) {
  return std::chrono::floor<std::chrono::milliseconds>(clock.now().wall).time_since_epoch();
}

TEST_CASE("Ids count from one and carry the time and the log's epoch", "[log]") {
  ManualLog log;
  const auto first = log.add("a");
  CHECK(first == EventId::make(wall_ms(log.clock), test::kEpoch, 1));
  log.clock.advance(std::chrono::milliseconds(5));
  CHECK(log.add("b") == EventId::make(wall_ms(log.clock), test::kEpoch, 2));
  CHECK(log.log.head() == 2);
}

TEST_CASE("The time in ids never runs backwards, also when the clock does", "[log]") {
  ManualLog log;
  const auto first = log.add("a");
  log.clock.jump_wall(-std::chrono::hours(1));
  const auto second = log.add("b");
  CHECK(second.unix_time() == first.unix_time());
  CHECK(second > first);
}

TEST_CASE("An event is kept as the block that every subscriber gets", "[log]") {
  ManualLog log;
  const auto id = log.add("x\ny", "deploy", "ci/api");
  const View view = log.log.view();
  const auto event = view.event(1);
  CHECK(event.block ==
        "id: " + to_string(id) + "\nevent: deploy\ntopic: ci/api\ndata: x\ndata: y\n\n");
  CHECK(event.id == id);
  CHECK(event.type == "deploy");
  CHECK(event.topic == "ci/api");
  log.add("z");
  CHECK(log.log.view().event(2).type == "message");
  CHECK(log.log.view().event(2).topic.empty());
}

TEST_CASE("An empty log has an origin: a position before everything", "[log]") {
  ManualLog log;
  const View view = log.log.view();
  CHECK(view.empty());
  CHECK(view.head() == 0);
  CHECK(view.tail() == 1);
  CHECK(view.first_held() == 1);
  CHECK(view.head_id() == EventId::make(wall_ms(log.clock), test::kEpoch, 0));
  CHECK(view.oldest_id() == view.head_id());
  CHECK(view.run({1, 0}).empty());
  CHECK(view.bytes_behind({1, 0}) == 0);
  CHECK(view.first_since(std::chrono::milliseconds(0)) == 1);
}

TEST_CASE("A view does not see what is appended after it", "[log]") {
  ManualLog log;
  log.add_many(3);
  const View view = log.log.view();
  const std::string before = feed(view, 1);
  log.add_many(200, 4);
  CHECK(view.head() == 3);
  CHECK(feed(view, 1) == before);
  CHECK(view.first_since(std::chrono::milliseconds(1) + wall_ms(log.clock)) == 4);
}

TEST_CASE("A batch is kept in order, and an event that is too large loses no other", "[log]") {
  auto options = ManualLog::with_segments(std::size_t{1} << 20U);
  options.max_event_size = 200;
  ManualLog log(options);
  std::vector<wire::Event> events;
  for (int i = 0; i < 1000; ++i) {
    events.push_back({"", "", i % 100 == 50 ? std::string(152, 'x') : std::to_string(i)});
  }
  const auto results = log.append_batch(events);
  REQUIRE(results.size() == events.size());
  wire::Sequence expected = 0;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (i % 100 == 50) {
      REQUIRE_FALSE(results[i]);
      CHECK(results[i].error().code == ErrorCode::kTooLarge);
      CHECK(results[i].error().text.find("--max-event-size") != std::string::npos);
      continue;
    }
    REQUIRE(results[i]);
    REQUIRE(results[i]->sequence() == ++expected);
    const auto block = log.log.view().event(expected).block;
    REQUIRE(block == "id: " + to_string(*results[i]) + "\ndata: " + events[i].data + "\n\n");
  }
  CHECK(log.log.head() == expected);
}

TEST_CASE("The size limit is on the encoded bytes, exactly", "[log]") {
  auto options = ManualLog::with_segments(std::size_t{1} << 20U);
  options.max_event_size = 200;
  ManualLog log(options);
  const std::size_t room = 200 - 49;
  CHECK(log.append({"", "", std::string(room, 'x')}));
  CHECK_FALSE(log.append({"", "", std::string(room + 1, 'x')}));
  CHECK_FALSE(log.append({"", "", std::string(40, '\n')}));
}

TEST_CASE("The largest event fits a segment of its own", "[log]") {
  auto options = ManualLog::with_segments(8192);
  options.max_event_size = std::size_t{1} << 20U;
  ManualLog log(options);
  CHECK(log.log.limits().max_event_size == 8192);
  log.add("a");
  const auto id = log.add(std::string(8192 - 49, 'x'));
  log.add("b");
  const View view = log.log.view();
  CHECK(view.run({2, 0}).size() == 8192);
  CHECK(view.event(2).id == id);
  CHECK(view.run({2, 0}) == view.event(2).block);
}

TEST_CASE("A type or topic that is too long for the dictionary is refused", "[log]") {
  ManualLog log;
  CHECK(log.append({std::string(1024, 't'), std::string(1024, 'x'), ""}));
  CHECK_FALSE(log.append({std::string(1025, 't'), "", ""}));
  CHECK_FALSE(log.append({"", std::string(1025, 'x'), ""}));
}

TEST_CASE("A small ceiling makes small segments", "[log]") {
  auto options = ManualLog::with_segments(std::size_t{1} << 20U);
  options.retention.max_bytes = std::size_t{1} << 20U;
  ManualLog log(options);
  CHECK(log.log.limits().max_event_size == std::size_t{128} << 10U);
}

}  // namespace
}  // namespace sse::log
