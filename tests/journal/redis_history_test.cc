// History of a cluster that is longer than a node's memory, over a redis-server of the test's own.

#include <csignal>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "sse/journal/redis_journal.h"
#include "sse/log/archive.h"
#include "sse/log/event_log.h"
#include "sse/log/log_follower.h"
#include "sse/log/start.h"

#include "journal/small_node.h"
#include "support/catch.h"
#include "support/redis_server.h"

namespace sse::journal {
namespace {

using test::ClusterNode;
using test::has_redis;
using test::RedisServer;
using test::SmallNode;
using test::wait_until;

/// All events of a log, from a node that holds them.
std::map<wire::Sequence, std::string> reference(const RedisServer& redis) {
  auto settings = SmallNode::settings(redis);
  settings.log.memory_bytes = std::uint64_t{64} << 20U;
  ClusterNode whole(settings);
  std::map<wire::Sequence, std::string> events;
  const log::View view = whole.log.view();
  REQUIRE(view.first_held() == view.tail());
  for (auto i = view.tail(); i <= view.head(); ++i) events[i] = view.block(i);
  return events;
}

TEST_CASE("What the memory of a node has let go of is read back from Redis, as it was",
          "[cluster][history]") {
  if (!has_redis()) return;
  RedisServer redis;
  SmallNode a(redis);
  SmallNode b(redis);
  a.add_many(600);
  b.add_many(600);
  a.wait_for_head(1'200);
  CHECK(a.log.view().tail() == 1);
  CHECK(a.log.view().first_held() > 1'000);
  const auto events = reference(redis);
  CHECK(events.size() == 1'200);
  CHECK(a.all() == events);
  CHECK(b.all() == events);
}

TEST_CASE("A node that starts knows all of the history, and holds the newest of it",
          "[cluster][history]") {
  if (!has_redis()) return;
  RedisServer redis;
  {
    SmallNode node(redis);
    node.add_many(1'200);
  }
  const auto events = reference(redis);
  const auto rows = redis.call({"ZCARD", "{sse}:parts"}).integer;
  CHECK(rows >= 3);
  SECTION("by the rows of its parts") {
  }
  SECTION("without them, which are made again") {
    redis.call({"DEL", "{sse}:parts"});
  }
  SECTION("without some of them") {
    redis.call({"ZREMRANGEBYRANK", "{sse}:parts", "1", "1"});
  }
  SECTION("where one is damaged") {
    redis.call({"ZREMRANGEBYRANK", "{sse}:parts", "0", "0"});
    redis.call({"ZADD", "{sse}:parts", "200", "x"});
  }
  SmallNode node(redis);
  CHECK(node.journal->loaded().archived_events > 1'000);
  CHECK(node.journal->loaded().events < 200);
  CHECK(node.log.view().tail() == 1);
  CHECK(node.all() == events);
  wait_until([&] { return redis.call({"ZCARD", "{sse}:parts"}).integer >= rows; }, "the rows");
  node.add_many(10);
  CHECK(node.all().size() == events.size() + 10);
}

TEST_CASE("The newest of each pair are known of all of the history", "[cluster][history]") {
  if (!has_redis()) return;
  RedisServer redis;
  wire::EventId only;
  {
    SmallNode node(redis);
    node.add_many(100);
    only = node.add("only", "once");
    node.add_many(800);
  }
  SmallNode node(redis);
  const log::View view = node.log.view();
  REQUIRE(view.is_archived(only.sequence()));
  CHECK(view.tells_pairs_from(1));
  CHECK(view.next_archived_newest(1) == only.sequence());
  CHECK(view.next_archived_newest(only.sequence() + 1) == view.first_held());
  node.add("only", "twice");
  CHECK(node.log.view().next_archived_newest(1) == node.log.view().first_held());
}

TEST_CASE("What retention deletes in Redis is gone for every node, and is counted",
          "[cluster][history]") {
  if (!has_redis()) return;
  RedisServer redis;
  SmallNode node(redis);
  const auto first = node.add("t", "first");
  node.add_many(1'000);
  const auto kept = node.view_of(500).event(500).id;
  redis.call({"XTRIM", "{sse}:log", "MINID",
              std::to_string(kept.unix_time().count()) + "-" + std::to_string(kept.sequence())});
  wait_until([&] { return node.log.view().tail() == 500; }, "the tail");
  const auto start = node.after(first);
  REQUIRE(start.gap);
  CHECK(start.gap->reason == log::GapReason::kExpired);
  CHECK(start.gap->missed == 498U);
  CHECK(start.gap->oldest == kept);
  CHECK(node.failure_of(2, 10) == ErrorCode::kNotFound);
  CHECK(node.all().begin()->first == 500);
  // Its rows go, too, but for that of the part which the tail is in.
  SmallNode late(redis);
  CHECK(late.log.view().tail() == 500);
  CHECK(late.all() == node.all());
}

TEST_CASE("A number of events bounds what a node can be asked for, to a part",
          "[cluster][history]") {
  if (!has_redis()) return;
  RedisServer redis;
  auto settings = SmallNode::settings(redis);
  settings.log.max_events = 300;
  SmallNode node(settings);
  node.add_many(1'000);
  wait_until([&] { return node.log.view().tail() > 300; }, "the tail");
  CHECK(node.log.view().tail() <= 701);
  CHECK(node.all().size() >= 300);
  SmallNode other(redis);  // which has no such limit
  CHECK(other.log.view().tail() == 1);
}

TEST_CASE("What is too old goes also where nothing is published", "[cluster][history]") {
  if (!has_redis()) return;
  RedisServer redis;
  auto settings = SmallNode::settings(redis);
  settings.log.ttl = std::chrono::seconds(2);
  SmallNode node(settings);
  node.add_many(400);
  wait_until([&] { return redis.call({"XLEN", "{sse}:log"}).integer == 0; }, "the stream is empty");
  wait_until([&] { return node.log.view().empty(); }, "the log is empty");
  CHECK(node.add("t", "x").sequence() == 401);
  CHECK(node.log.view().tail() == 401);
}

TEST_CASE("A log goes on behind an entry that is missing when it is read back",
          "[cluster][history]") {
  if (!has_redis()) return;
  RedisServer redis;
  SmallNode node(redis);
  node.add_many(1'000);
  const auto lost = node.view_of(300).event(300).id;
  const std::string entry =
      std::to_string(lost.unix_time().count()) + "-" + std::to_string(lost.sequence());
  SmallNode other(redis);  // has not read it yet
  SECTION("deleted") {
    redis.call({"XDEL", "{sse}:log", entry});
  }
  SECTION("and more of them") {
    redis.call({"XDEL", "{sse}:log", entry});
    const auto next = node.view_of(301).event(301).id;
    redis.call({"XDEL", "{sse}:log",
                std::to_string(next.unix_time().count()) + "-" + std::to_string(301)});
  }
  CHECK(other.failure_of(280, 320) == ErrorCode::kNotFound);
  wait_until([&] { return other.log.view().tail() > 300; }, "the tail is behind it");
  CHECK(other.log.view().tail() <= 302);
  CHECK(other.all().size() == 1'001 - other.log.view().tail());
}

TEST_CASE("What Redis still has after it has lost its newest events stays to be read",
          "[cluster][history]") {
  if (!has_redis()) return;
  RedisServer redis;
  SmallNode node(redis);
  node.add_many(800);
  const auto old = node.view_of(100).event(100).id;
  const auto before = node.all();
  redis.call({"SAVE"});
  const auto lost = node.add("t", "lost");
  redis.restart();  // from what was saved
  const log::PartRange oldest = node.log.view().part_of(1);
  bool is_whole = true;  // whenever a stream looks
  wait_until(
      [&] {
        for (int i = 0; i < 1'000; ++i) {
          const log::View view = node.log.view();
          is_whole = is_whole && view.tail() == 1 && view.part_of(1).last == oldest.last;
        }
        return node.log.view().generation() == 1;
      },
      "the log is cut back");
  CHECK(is_whole);
  wait_until([&] { return node.journal->cluster_counts().is_up; }, "the engine is there");
  CHECK(node.log.head() == 800);
  CHECK(node.log.view().tail() == 1);
  CHECK(node.all() == before);
  CHECK_FALSE(node.after(old).gap);
  CHECK(node.after(lost).gap->reason == log::GapReason::kUnknown);
  node.add_many(300);
  CHECK(node.all().size() == 1'100);
  CHECK(node.log.view().tail() == 1);
  CHECK(node.log.view().next_archived_newest(1) == node.log.view().first_held());
}

TEST_CASE("A read fails while Redis is away or stands still, and works after that",
          "[cluster][history]") {
  if (!has_redis()) return;
  RedisServer redis({"--appendonly", "yes"});
  auto settings = SmallNode::settings(redis);
  settings.cluster.timeout = std::chrono::seconds(1);
  SmallNode node(settings);
  node.add_many(600);
  REQUIRE_FALSE(node.failure_of(10, 20));
  SECTION("it stands still") {
    redis.program().signal(SIGSTOP);
    CHECK(node.failure_of(10, 20) == ErrorCode::kIo);
    redis.program().signal(SIGCONT);
  }
  SECTION("it is gone") {
    redis.kill();
    CHECK(node.failure_of(10, 20) == ErrorCode::kIo);
    redis.start();
  }
  wait_until([&] { return !node.failure_of(10, 20); }, "it is read");
  CHECK(node.view_of(10).tail() <= 10);
}

TEST_CASE("A stop answers the reads that the engine does not", "[cluster][history]") {
  if (!has_redis()) return;
  RedisServer redis;
  SmallNode node(redis);
  node.add_many(600);
  redis.program().signal(SIGSTOP);
  std::promise<ErrorCode> read;
  node.journal->read(10, 20, [&](const Result<std::vector<std::string>>& chunks) {
    read.set_value(chunks.error().code);
  });
  node.journal->stop(std::chrono::seconds(0));
  CHECK(read.get_future().get() == ErrorCode::kUnavailable);
  CHECK(node.failure_of(10, 20) == ErrorCode::kUnavailable);
  redis.program().signal(SIGCONT);
}

}  // namespace
}  // namespace sse::journal
