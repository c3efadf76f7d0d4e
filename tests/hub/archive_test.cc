// Streams whose next event is not in memory: read back from the journal, which takes its time.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "support/archive_stage.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using test::ArchiveStage;
using test::filter_of;
using test::HubStage;
using test::kPartEvents;
using test::Peer;
using test::without_heartbeats;
using Numbers = std::vector<std::size_t>;

log::AfterId after(const ArchiveStage& stage, std::size_t number) {
  return {wire::to_string(stage.published[number - 1])};
}

/// Where the log in memory begins.
std::size_t first_in_memory(ArchiveStage& stage) {
  return stage.event_log->view().first_held();
}

TEST_CASE("A stream gets the history that is not in memory, once and in order", "[hub][archive]") {
  ArchiveStage stage(without_heartbeats());
  stage.publish_many(1000);
  REQUIRE(first_in_memory(stage) > 500);
  auto& all = stage.open(log::FromEarliest{});
  auto& some = stage.open(after(stage, 130));
  auto& by_type = stage.open(log::FromEarliest{}, filter_of({"a"}, {}));
  auto& by_topic = stage.open(log::FromLast{900}, filter_of({}, {"t/0"}));
  auto& by_pattern = stage.open(log::FromLast{900}, filter_of({"*"}, {"t/+"}));
  stage.publish_many(10);
  stage.await(all, ArchiveStage::numbers(1, 1010));
  stage.await(some, ArchiveStage::numbers(131, 1010));
  stage.await(by_type, ArchiveStage::numbers(1, 1010, 2));
  stage.await(by_topic, ArchiveStage::numbers(101, 1010, 5));
  stage.await(by_pattern, ArchiveStage::numbers(101, 1010));
  CHECK(stage.hub->counts().all_gaps() == 0);
}

TEST_CASE("Wherever a stream begins around where memory does, it gets every event once",
          "[hub][archive]") {
  ArchiveStage stage(without_heartbeats());
  stage.publish_many(700);
  const std::size_t held = first_in_memory(stage);
  const std::size_t part = (held - 1) / kPartEvents * kPartEvents + 1;
  for (const std::size_t edge : {std::size_t{1}, part - kPartEvents, part, held}) {
    for (auto from = edge > 2 ? edge - 2 : 1; from <= edge + 2; ++from) {
      CAPTURE(edge, from);
      auto& by_count = stage.open(log::FromLast{stage.published.size() + 1 - from});
      const log::FromTime time{
          WallTime(stage.published[from - 1].unix_time())};  // each event has its own millisecond
      auto& by_time = stage.open(time);
      auto& by_time_filtered = stage.open(time, filter_of({"a", "b"}, {}));
      stage.await(by_count, ArchiveStage::numbers(from, 700));
      stage.await(by_time, ArchiveStage::numbers(from, 700));
      stage.await(by_time_filtered, ArchiveStage::numbers(from, 700));
      if (from == 1) continue;
      auto& by_id = stage.open(after(stage, from - 1));
      stage.await(by_id, ArchiveStage::numbers(from, 700));
    }
  }
}

TEST_CASE("The replay's end is told where it is, also when that has left memory",
          "[hub][archive]") {
  ArchiveStage stage(without_heartbeats());
  stage.publish_many(400);
  const auto told = stage.published.back();
  auto& peer = stage.open(log::FromLast{20}, filter_of({"none"}, {}));
  auto& whole = stage.open(log::FromLast{20});
  for (auto* one : {&peer, &whole}) one->set_room(5);
  stage.settle();
  stage.publish_many(500);
  REQUIRE(first_in_memory(stage) > 450);
  peer.set_room(test::kUnlimited);
  whole.set_room(test::kUnlimited);
  stage.await(whole, ArchiveStage::numbers(381, 900));
  const auto end = "\nid: " + wire::to_string(told) + "\n\n";
  CHECK(whole.received().find(end) != std::string::npos);
  test::until(stage, [&] { return peer.received().find(end) != std::string::npos; });
}

TEST_CASE("Nothing but the streams that need it waits for the disk", "[hub][archive]") {
  ArchiveStage stage(without_heartbeats());
  stage.publish_many(600);
  stage.disk().hold();
  auto& live = stage.open();
  auto& warm = stage.open(log::FromLast{10});
  auto& cold = stage.open(log::FromEarliest{});
  stage.await_reads(1);
  CHECK(cold.received().find("retry: ") != std::string::npos);  // its greeting waits for nothing
  stage.publish_many(5);
  stage.settle();
  CHECK(ArchiveStage::numbers_of(live) == ArchiveStage::numbers(601, 605));
  CHECK(ArchiveStage::numbers_of(warm) == ArchiveStage::numbers(591, 605));
  CHECK(ArchiveStage::numbers_of(cold).empty());
  CHECK(stage.hub->counts().parked == 1);
  std::size_t parked = 0;
  stage.hub->list_streams(10, [&](const std::vector<ListedStream>& streams) {
    for (const auto& stream : streams) parked += stream.is_parked ? 1 : 0;
  });
  stage.settle();
  CHECK(parked == 1);
  stage.disk().let_go();
  stage.await(cold, ArchiveStage::numbers(1, 605));
  CHECK(stage.hub->counts().parked == 0);
}

TEST_CASE("What many streams wait for is read once", "[hub][archive]") {
  ArchiveStage stage(without_heartbeats());
  stage.publish_many(600);
  stage.disk().hold();
  std::vector<Peer*> peers;
  for (int i = 0; i < 20; ++i) peers.push_back(&stage.open(log::FromEarliest{}));
  stage.await_reads(1);
  for (int i = 0; i < 20; ++i) peers.push_back(&stage.open(after(stage, 7)));
  stage.settle();
  CHECK(stage.hub->counts().parked == 40);
  stage.disk().let_go();
  for (std::size_t i = 0; i < 20; ++i) stage.await(*peers[i], ArchiveStage::numbers(1, 600));
  for (std::size_t i = 20; i < 40; ++i) stage.await(*peers[i], ArchiveStage::numbers(8, 600));
  CHECK(stage.disk().reads().size() <= first_in_memory(stage) / kPartEvents + 1);
}

TEST_CASE("The parts behind the one that a stream is sent are read meanwhile", "[hub][archive]") {
  ArchiveStage stage(without_heartbeats());
  stage.publish_many(800);
  REQUIRE(first_in_memory(stage) > 5 * kPartEvents);
  stage.disk().hold();
  auto& peer = stage.open(log::FromEarliest{});
  stage.await_reads(1);
  peer.set_room(100);
  stage.disk().answer();
  stage.await_reads(2);  // as many as are asked at once
  CHECK(ArchiveStage::numbers_of(peer).empty());
  peer.set_room(test::kUnlimited);
  stage.disk().let_go();
  stage.await(peer, ArchiveStage::numbers(1, 800));
}

TEST_CASE("A stream that ends while it waits for the disk is gone at once", "[hub][archive]") {
  ArchiveStage stage(without_heartbeats());
  stage.publish_many(600);
  stage.disk().hold();
  auto& reset = stage.open(log::FromEarliest{});
  auto& stays = stage.open(log::FromEarliest{});
  stage.await_reads(1);
  reset.reset();
  stage.settle();
  CHECK(reset.is_closed());
  CHECK(stage.hub->stream_count() == 1);
  stage.disk().let_go();
  stage.await(stays, ArchiveStage::numbers(1, 600));
}

TEST_CASE("A peer that sends FIN while its stream waits gets all of it before the end",
          "[hub][archive]") {
  ArchiveStage stage(without_heartbeats());
  stage.publish_many(600);
  stage.disk().hold();
  auto& peer = stage.open(log::FromEarliest{});
  stage.await_reads(1);
  peer.finish();
  stage.settle();
  CHECK_FALSE(peer.is_closed());
  stage.disk().let_go();
  stage.await(peer, ArchiveStage::numbers(1, 600));
  stage.settle();
  CHECK(peer.is_closed());
}

TEST_CASE("Short writes at every size change no byte of what is read back", "[hub][archive]") {
  ArchiveStage stage(without_heartbeats());
  stage.publish_many(400);
  REQUIRE(first_in_memory(stage) > 150);
  for (const std::size_t limit : Numbers{1, 7, 1000, 1023, 5000, 100'000}) {
    CAPTURE(limit);
    auto& peer = stage.peers.emplace_back();
    peer.set_write_limit(limit);
    const std::size_t last = limit < 100 ? 50 : 400;
    stage.open_with(peer, log::FromEarliest{}, limit % 2 == 0 ? filter_of({}, {"t/#"}) : nullptr);
    test::until(stage, [&] { return ArchiveStage::numbers_of(peer).size() >= last; });
    auto got = ArchiveStage::numbers_of(peer);
    got.resize(last);
    CHECK(got == ArchiveStage::numbers(1, last));
  }
}

TEST_CASE("A slow stream that memory has left behind goes on from the disk, inside an event too",
          "[hub][archive]") {
  ArchiveStage stage(without_heartbeats());
  for (const bool is_filtered : {false, true}) {
    CAPTURE(is_filtered);
    const std::size_t begin = stage.published.size();
    auto& slow = stage.open(log::FromLatest{}, is_filtered ? filter_of({"a", "b"}, {}) : nullptr);
    stage.settle();
    stage.publish_many(3);
    slow.set_room(1500);  // it ends in the second event
    stage.settle();
    stage.publish_many(600);
    REQUIRE(first_in_memory(stage) > begin + 100);
    stage.settle();
    CHECK_FALSE(slow.saw_end());
    slow.set_room(test::kUnlimited);
    stage.await(slow, ArchiveStage::numbers(begin + 1, stage.published.size()));
  }
}

TEST_CASE("What is deleted before a stream has it ends the stream, and the next one is told",
          "[hub][archive]") {
  ArchiveStage stage(without_heartbeats());
  stage.publish_many(600);
  stage.disk().hold();
  auto& peer = stage.open(after(stage, 20));
  stage.await_reads(1);
  stage.disk().drop_before(101);
  stage.disk().let_go();
  test::until(stage, [&] { return peer.saw_end(); });
  CHECK(ArchiveStage::numbers_of(peer) == Numbers{0});  // sse.closing
  CHECK(stage.hub->counts().closed_for(CloseReason::kSlow) == 1);
  auto& again = stage.open(after(stage, 20));
  test::until(stage, [&] { return ArchiveStage::numbers_of(again).size() == 501; });
  CHECK(again.received().find("\"missed\":80") != std::string::npos);
  auto numbers = ArchiveStage::numbers_of(again);
  CHECK(numbers.front() == 0);  // sse.gap
  numbers.erase(numbers.begin());
  CHECK(numbers == ArchiveStage::numbers(101, 600));
}

TEST_CASE("A blocked stream whose events the disk still has is not slow for that",
          "[hub][archive]") {
  HubOptions options = without_heartbeats();
  options.slow_after = 60s;
  ArchiveStage stage(options);
  stage.publish_many(10);
  auto& peer = stage.open(after(stage, 1));
  peer.set_room(100);
  stage.settle();
  stage.publish_many(600);
  stage.pass(5s, 50ms);
  CHECK_FALSE(peer.saw_end());
  stage.disk().drop_before(101);
  stage.pass(5s, 50ms);
  CHECK(peer.saw_end());
}

TEST_CASE("A stream that waits for the disk has heartbeats", "[hub][archive]") {
  HubOptions options;
  options.heartbeat = 1s;
  ArchiveStage stage(options);
  stage.publish_many(600);
  stage.disk().hold();
  auto& peer = stage.open(log::FromEarliest{});
  stage.await_reads(1);
  peer.take();
  stage.pass(4s, 20ms);
  CHECK(peer.take().find(":\n") != std::string::npos);
  CHECK(stage.hub->counts().parked == 1);
  stage.disk().let_go();
  stage.await(peer, ArchiveStage::numbers(1, 600));
}

TEST_CASE("A disk that fails for a while only delays", "[hub][archive]") {
  ArchiveStage stage(without_heartbeats());
  stage.publish_many(600);
  stage.disk().hold();
  auto& peer = stage.open(log::FromEarliest{});
  stage.disk().fail_reads(Error{ErrorCode::kIo, "input/output error"});
  for (int i = 0; i < 3; ++i) {
    stage.await_reads(1);
    stage.disk().answer();
  }
  stage.disk().fail_reads(std::nullopt);
  stage.disk().let_go();
  stage.await(peer, ArchiveStage::numbers(1, 600));
}

TEST_CASE("A drain ends the streams that would wait for the disk, and says so", "[hub][archive]") {
  ArchiveStage stage(without_heartbeats());
  stage.publish_many(600);
  stage.disk().hold();
  auto& waits = stage.open(log::FromEarliest{});
  auto& live = stage.open();
  stage.await_reads(1);
  bool is_drained = false;
  stage.hub->drain(10s, [&] { is_drained = true; });
  stage.settle();
  for (auto* peer : {&waits, &live}) {
    CHECK(peer->received().find("\"reason\":\"shutdown\"") != std::string::npos);
    peer->finish();
  }
  stage.settle();
  CHECK(is_drained);
}

TEST_CASE("The newest of each pair of all history comes once, and parts without one are not read",
          "[hub][archive]") {
  ArchiveStage stage(without_heartbeats());
  const auto first = stage.publish("only once", "rare", "x");
  stage.published.push_back(first);
  stage.publish_many(1000);
  REQUIRE(first_in_memory(stage) > 2 * kPartEvents);
  const auto reads = stage.disk().reads().size();
  auto& peer = stage.open(log::NewestOfEach{});
  test::until(stage, [&] { return HubStage::events_of(peer.received()).size() >= 11; });
  const auto texts = HubStage::events_of(peer.received());
  CHECK(texts.size() == 11);
  CHECK(texts.front() == "only once");
  CHECK(texts.back() == test::text_of(1001));
  CHECK(stage.disk().reads().size() == reads + 1);
  auto& filtered = stage.open(log::NewestOfEach{}, filter_of({"rare"}, {}));
  test::until(stage, [&] { return !HubStage::events_of(filtered.received()).empty(); });
  CHECK(HubStage::events_of(filtered.received()) == std::vector<std::string>{"only once"});
}

TEST_CASE("A stream with an interval begins in history that is not in memory", "[hub][archive]") {
  ArchiveStage stage(without_heartbeats());
  stage.publish_many(600);
  stage.every = 500ms;
  auto& all = stage.open(log::FromEarliest{});
  auto& some = stage.open(after(stage, 20), filter_of({"a"}, {}));
  // Ten pairs; the newest of each is in memory.
  stage.await(all, ArchiveStage::numbers(591, 600));
  stage.await(some, ArchiveStage::numbers(591, 600, 2));
  stage.publish_many(1);
  stage.settle();
  stage.clock.advance(500ms);
  stage.await(all, ArchiveStage::numbers(591, 601));
}

TEST_CASE("A blocked stream with an interval goes on where memory no longer is", "[hub][archive]") {
  ArchiveStage stage(without_heartbeats());
  stage.every = 500ms;
  auto& peer = stage.open();
  stage.settle();
  stage.published.push_back(stage.publish("rare", "rare", "x"));
  stage.clock.advance(500ms);
  peer.set_room(10);
  stage.settle();
  stage.publish_many(600);
  peer.set_room(test::kUnlimited);
  test::until(stage, [&] { return HubStage::events_of(peer.received()).size() >= 1; });
  CHECK(HubStage::events_of(peer.received()).front() == "rare");
  stage.clock.advance(500ms);
  test::until(stage, [&] { return HubStage::events_of(peer.received()).size() >= 11; });
  CHECK(HubStage::events_of(peer.received()).size() == 11);
  CHECK(HubStage::events_of(peer.received()).back() == test::text_of(601));
}

TEST_CASE("An event that ends a stream ends it in history, too", "[hub][archive]") {
  ArchiveStage stage(without_heartbeats());
  stage.publish_many(20);
  stage.publish("bye", "end", "t/0");
  stage.publish_many(600);
  auto filter = Filter::make({}, {}, {"end"});
  REQUIRE(filter);
  auto& peer = stage.open(log::FromEarliest{}, std::move(*filter));
  test::until(stage, [&] { return peer.saw_end(); });
  const auto texts = HubStage::events_of(peer.received());
  REQUIRE(texts.size() >= 21);
  CHECK(texts[20] == "bye");
  CHECK(stage.hub->counts().closed_for(CloseReason::kDone) == 1);
}

}  // namespace
}  // namespace sse::hub
