// History that is longer than memory: what a start tells of it, and how it is read back.

#include <chrono>
#include <string>
#include <vector>

#include "journal/archive_stage.h"

namespace sse::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("A start reads the newest parts into memory, and tells of the others",
          "[journal][archive]") {
  LongHistory history;
  Life life(history.disk, history.clock, history.random, history.options, history.head);
  REQUIRE(life.start());
  CHECK(life.loaded().damage.empty());
  CHECK(life.loaded().new_epoch.empty());
  CHECK(life.events() == history.told);
  check_parts(life, 1);
  CHECK(life.parts().size() > 20);
  CHECK_FALSE(life.tail()->gone);
  const auto& loaded = life.loaded();
  CHECK(loaded.bytes <= history.options.log.memory_bytes);
  CHECK(loaded.bytes > history.options.log.memory_bytes / 2);
  CHECK(loaded.archived_events + loaded.events == 300);
  CHECK(loaded.archived_bytes > 4 * loaded.bytes);
  CHECK(life.marks().size() > 4);
}

TEST_CASE("A start reads no more of a long history than the rows of its parts",
          "[journal][archive]") {
  std::vector<std::size_t> reads;
  for (const int events : {300, 3000}) {
    LongHistory history(events);
    const auto before = history.disk.reads();
    Life life(history.disk, history.clock, history.random, history.options, history.head);
    REQUIRE(life.start_without_archive());
    CHECK(life.parts().size() > static_cast<std::size_t>(events) / 10);
    reads.push_back(history.disk.reads() - before);
  }
  // Ten times the history is some 700 pages more.
  CHECK(reads[1] - reads[0] < 150);
}

TEST_CASE("A part begins with what is published once the last one is complete",
          "[journal][archive]") {
  LongHistory history(3);
  Life life(history.disk, history.clock, history.random, history.options, history.head);
  REQUIRE(life.start());
  CHECK(life.parts().empty());
  REQUIRE(life.marks().size() == 1);
  CHECK(life.marks().front().sequence() == 1);
  publish(life, 40);
  REQUIRE(life.marks().size() > 4);
  for (std::size_t i = 1; i < life.marks().size(); ++i) {
    const auto& mark = life.marks()[i];
    CHECK(mark == life.events().at(mark.sequence()).id);
    const auto size = mark.sequence() - life.marks()[i - 1].sequence();
    CHECK(size >= 7);
    CHECK(size <= 9);
  }
}

TEST_CASE("A commit of many parts begins them all, and one that fails begins none",
          "[journal][archive]") {
  LongHistory history(1);
  Life life(history.disk, history.clock, history.random, history.options, history.head);
  REQUIRE(life.start());
  const auto ask = [&](const std::string& topic) {
    log::Append append(log::EventLimits{1U << 20U, {}});
    // A chunk is up to 256 events: 6 of them.
    for (int i = 0; i < 1500; ++i)
      append.add({"event", topic + std::to_string(i % 3), "0123456789"});
    life.ask(append, std::vector<Wish>(1500));
    life.wait();
  };
  history.disk.fail(history.disk.attempts(), DiskFault::kIo);
  ask("lost");
  REQUIRE(life.failures().size() == 1500);
  CHECK(life.marks().size() == 1);
  ask("kept");
  CHECK(life.marks().size() == 6);
  publish(life, 100);
  life.stop();
  RecordingVfs left(history.disk.files());
  CHECK(whole_parts(left) == life.marks().size() - 1);
  Life again(left, history.clock, history.random, history.options, life.head());
  REQUIRE(again.start());
  CHECK(again.events() == life.events());
  check_parts(again, 1);
}

TEST_CASE("Any range is read back, in chunks that hold it", "[journal][archive]") {
  LongHistory history(60);
  Life life(history.disk, history.clock, history.random, history.options, history.head);
  REQUIRE(life.start());
  for (wire::Sequence first = 1; first <= 60; first += 7) {
    for (wire::Sequence last = first; last <= 60; last += 9) {
      const auto chunks = life.read(first, last);
      REQUIRE(chunks);
      REQUIRE(chunks->size() == last - first + 1);
      CHECK(log::read_chunk_header(chunks->front())->first == first);
      CHECK(log::read_chunk_header(chunks->back())->first == last);
    }
  }
}

TEST_CASE("Chunks of every size are read back", "[journal][archive]") {
  LongHistory history(1);
  Life life(history.disk, history.clock, history.random, history.options, history.head);
  REQUIRE(life.start());
  const std::vector<std::size_t> sizes = {1, 16'000, 16'200, 16'384, 32'768, 100'000, 900'000, 1};
  for (const auto size : sizes) {
    publish(life, 1, size);
  }
  const auto chunks = life.read(1, 9);
  REQUIRE(chunks);
  REQUIRE(chunks->size() == 9);
  wire::Sequence next = 1;
  for (const auto& chunk : *chunks) {
    const auto entries = log::decode_chunk(chunk, KeyedHash());
    REQUIRE(entries);
    CHECK(entries->front().id == life.events().at(next++).id);
  }
}

TEST_CASE("Retention tells where the log begins, and what is gone is not read",
          "[journal][archive]") {
  auto options = archive_options();
  options.log.max_events = 200;
  LongHistory history(300, options);
  wire::Sequence first = 101;
  {
    Life life(history.disk, history.clock, history.random, options, history.head);
    REQUIRE(life.start());
    check_parts(life, first);
    CHECK(life.tail()->gone == history.told.at(first - 1).id.unix_time());
    history.clock.advance(2s);
    publish(life, 10);
    // The newest event was told of before the tail: retention is part of its commit.
    first = life.tail()->oldest.sequence();
    CHECK(first > 101);
    CHECK(first <= 111);
    CHECK(life.tail()->oldest == history.told.at(first).id);
    CHECK(life.tail()->gone == history.told.at(first - 1).id.unix_time());
    const auto gone = life.read(first - 1, first + 5);
    REQUIRE_FALSE(gone);
    CHECK(gone.error().code == ErrorCode::kNotFound);
    CHECK(life.read(first, first + 5));
    life.stop();
    history.head = life.head();
  }
  Life life(history.disk, history.clock, history.random, options, history.head);
  REQUIRE(life.start());
  check_parts(life, 111);
}

TEST_CASE("What is too old at the start is not told of, whole parts and single chunks",
          "[journal][archive]") {
  auto options = archive_options();
  ManualClock clock;
  FixedRandom random(1);
  RecordingVfs disk;
  std::optional<std::string> head;
  std::map<wire::Sequence, ToldEvent> told;
  {
    Life life(disk, clock, random, options);
    REQUIRE(life.start());
    for (int i = 0; i < 200; ++i) {
      publish(life, 1);
      clock.advance(1s);
    }
    life.stop();
    head = life.head();
    told = life.events();
  }
  const auto seconds = GENERATE(150, 151, 155, 160, 500);
  CAPTURE(seconds);
  options.log.ttl = std::chrono::seconds(seconds);
  Life life(disk, clock, random, options, head);
  REQUIRE(life.start());
  const auto first = seconds > 200 ? 1U : 201U - static_cast<unsigned>(seconds);
  check_parts(life, first);
  CHECK(life.events().begin()->first == first);
}

TEST_CASE("The database stays within its limit", "[journal][archive]") {
  auto options = archive_options();
  options.log.max_disk_bytes = 3'000'000;
  LongHistory history(1, options);
  Life life(history.disk, history.clock, history.random, options, history.head);
  REQUIRE(life.start());
  for (int round = 0; round < 500; ++round) {
    publish(life, 10);
    history.clock.advance(1s);
  }
  const auto used = life.journal().counts()->used_bytes;
  CHECK(used < 3'200'000);  // and what is written in a second
  CHECK(used > 2'000'000);  // the write-ahead log was longer at times
  CHECK(life.failures().empty());
  REQUIRE(life.tail());
  const auto first = life.tail()->oldest.sequence();
  CHECK(first > 2500);
  CHECK(first < 3800);
  CHECK(life.read(first, first + 10));
}

TEST_CASE("Parts whose rows are damaged or missing are made again", "[journal][archive]") {
  LongHistory history;
  std::vector<log::KeptPart> parts;
  {
    Life life(history.disk, history.clock, history.random, history.options, history.head);
    REQUIRE(life.start());
    parts = life.parts();
    life.stop();
  }
  const std::string sql = GENERATE(
      "DELETE FROM parts", "DELETE FROM parts WHERE first > 100 AND first < 200",
      "DELETE FROM parts WHERE first = 1", "DELETE FROM parts WHERE first > 100",
      "UPDATE parts SET pairs = x'00'", "UPDATE parts SET pairs = zeroblob(9) WHERE first > 50",
      "UPDATE parts SET last = last + 1 WHERE first > 150", "UPDATE parts SET last = 1 << 62",
      "UPDATE parts SET last = -1 << 63", "UPDATE parts SET ms = -1", "UPDATE parts SET crc = 7",
      "UPDATE parts SET first = first + 1000000 WHERE first > 200",
      "UPDATE parts SET first = -first WHERE first > 200",
      "UPDATE parts SET bytes = -1, epoch = 1 << 40 WHERE first > 90",
      "DROP TABLE parts; PRAGMA user_version = 1");
  CAPTURE(sql);
  change(history.disk, sql);
  for (int round = 0; round < 2; ++round) {
    CAPTURE(round);
    Life life(history.disk, history.clock, history.random, history.options, history.head);
    REQUIRE(life.start());
    CHECK(life.loaded().damage.empty());
    CHECK(life.loaded().new_epoch.empty());
    CHECK(life.events() == history.told);
    check_parts(life, 1);
    REQUIRE(life.parts().size() == parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) CHECK(life.parts()[i].last == parts[i].last);
    life.stop();
    history.head = life.head();
  }
  CHECK(number(history.disk, "PRAGMA user_version") == 2);
}

TEST_CASE("Oldest events that are gone without retention are told once", "[journal][archive]") {
  LongHistory history;
  change(history.disk, "DELETE FROM log WHERE first < 20");
  for (int round = 0; round < 2; ++round) {
    Life life(history.disk, history.clock, history.random, history.options, history.head);
    REQUIRE(life.start());
    CHECK(life.loaded().damage.size() == (round == 0 ? 1 : 0));
    CHECK(life.loaded().new_epoch.empty() == (round != 0));
    check_parts(life, 20);
    life.stop();
    history.head = life.head();
  }
}

TEST_CASE("Events in a page that SQLite cannot read are gone, and retention goes on behind it",
          "[journal][archive]") {
  LongHistory history;
  auto files = history.disk.files();
  const auto at = files.at("log.db").rfind(wire::to_string(history.told.at(40).id));
  REQUIRE(at != std::string::npos);
  files.at("log.db").replace(at / 4096 * 4096, 100, 100, '\xff');
  RecordingVfs disk(files);
  history.options.log.max_events = 400;
  wire::Sequence first = 0;
  std::optional<std::string> head;
  const bool is_read = GENERATE(true, false);
  {
    Life life(disk, history.clock, history.random, history.options, history.head);
    REQUIRE(life.start_without_archive());
    CHECK(life.loaded().damage.empty());
    if (is_read) {
      const auto damaged = life.read(33, 46);
      REQUIRE_FALSE(damaged);
      CHECK(damaged.error().code == ErrorCode::kNotFound);
      first = life.tail()->oldest.sequence();
      CHECK(first > 40);
      CHECK(first <= 47);
      CHECK(life.tail()->oldest.epoch() == history.told.at(first).id.epoch());
    }
    for (int round = 0; round < 25; ++round) {
      history.clock.advance(2s);
      publish(life, 10);
    }
    for (const auto& failure : life.failures()) UNSCOPED_INFO(failure.text);
    CHECK(life.failures().empty());
    CHECK(life.refused() == 0);
    first = life.tail()->oldest.sequence();
    CHECK(first > 100);
    CHECK(life.read(first, first + 20));
    head = life.head();
  }
  Life life(disk, history.clock, history.random, history.options, head);
  REQUIRE(life.start());
  CHECK(life.loaded().damage.empty());
  CHECK(life.parts().front().first.sequence() == 151);
  history.clock.advance(2s);
  publish(life, 20);
  CHECK(life.failures().empty());
}

TEST_CASE("A start goes on behind a page that SQLite cannot read", "[journal][archive]") {
  LongHistory history;
  auto files = history.disk.files();
  const auto at = files.at("log.db").rfind(wire::to_string(history.told.at(1).id));
  REQUIRE(at != std::string::npos);
  files.at("log.db").replace(at / 4096 * 4096, 100, 100, '\xff');
  RecordingVfs disk(files);
  std::optional<std::string> head;
  wire::Sequence first = 0;
  for (int round = 0; round < 2; ++round) {
    Life life(disk, history.clock, history.random, history.options, head ? head : history.head);
    const auto started = life.start();
    if (!started) FAIL(started.error().text);
    CHECK(life.loaded().damage.size() == (round == 0 ? 1 : 0));
    CHECK(life.loaded().new_epoch.empty() == (round != 0));
    if (round == 0) first = life.events().begin()->first;
    CHECK(first > 1);
    CHECK(first < 10);
    check_parts(life, first);
    publish(life, 1);
    CHECK(life.failures().empty());
    head = life.head();
  }
}

TEST_CASE("Damage that a read meets moves the tail behind it, for good", "[journal][archive]") {
  LongHistory history;
  const std::string what = GENERATE(
      "UPDATE log SET chunk = CAST(substr(chunk, 1, 50) || x'00' || substr(chunk, 52) AS BLOB)",
      "UPDATE log SET count = 0", "UPDATE log SET count = 200", "UPDATE log SET ms = 1 << 62",
      "UPDATE log SET epoch = epoch + 1", "DELETE FROM log");
  const int at = GENERATE(30, 33);
  CAPTURE(what, at);
  change(history.disk, what + " WHERE first = " + std::to_string(at));
  const auto first = static_cast<wire::Sequence>(at) + 1;
  wire::Epoch epoch = 0;
  {
    Life life(history.disk, history.clock, history.random, history.options, history.head);
    REQUIRE(life.start_without_archive());
    CHECK(life.loaded().damage.empty());
    CHECK(life.tail()->oldest.sequence() == 1);
    CHECK(life.read(1, 16));
    const auto damaged = life.read(20, 40);
    REQUIRE_FALSE(damaged);
    CHECK(damaged.error().code == ErrorCode::kNotFound);
    CHECK(life.tail()->oldest == history.told.at(first).id);
    CHECK(life.journal().counts()->of(log::JournalFailure::kDamaged) == 1);
    CHECK_FALSE(life.read(1, 16));
    CHECK(life.read(first, 60));
    publish(life, 1);
    CHECK(life.failures().empty());
    epoch = life.events().rbegin()->second.id.epoch();
    CHECK(epoch == history.told.at(1).id.epoch());
    history.head = life.head();
  }
  Life life(history.disk, history.clock, history.random, history.options, history.head);
  REQUIRE(life.start());
  CHECK(life.loaded().damage.empty());
  CHECK(life.loaded().new_epoch.empty());
  check_parts(life, first);
  CHECK(life.events().begin()->first == first);
}

}  // namespace
}  // namespace sse::test
