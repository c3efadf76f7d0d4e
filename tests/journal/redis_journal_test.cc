// One log of many nodes, over a redis-server of the test's own.

#include "sse/journal/redis_journal.h"

#include <string>
#include <vector>

#include "journal/cluster_node.h"
#include "support/catch.h"
#include "support/redis_server.h"

namespace sse::journal {
namespace {

using test::ClusterNode;
using test::has_redis;
using test::RedisServer;
using Kind = log::Outcome::Kind;
using Lines = std::vector<std::string>;

TEST_CASE("Every node has the same events with the same ids, in the same order", "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode a(redis.url());
  ClusterNode b(redis.url());
  std::vector<std::shared_ptr<test::AskedLater>> asked;
  for (int i = 0; i < 200; ++i) {
    asked.push_back((i % 3 == 0 ? a : b).ask_event(std::to_string(i)));
  }
  for (const auto& each : asked) CHECK(each->outcome().kind == Kind::kAppended);
  a.wait_for_head(200);
  b.wait_for_head(200);
  CHECK(a.all() == b.all());
  CHECK(a.log.view().head_id() == b.log.view().head_id());
  CHECK(a.log.view().head_id().epoch() == a.log.view().epoch());
}

TEST_CASE("An event is in the log of the node that has acknowledged it", "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode node(redis.url());
  for (wire::Sequence i = 1; i <= 50; ++i) {
    const auto outcome = node.event("x");
    REQUIRE(outcome.kind == Kind::kAppended);
    CHECK(outcome.id.sequence() == i);
    CHECK(node.log.head() >= i);
    CHECK(node.log.view().event(i).id == outcome.id);
  }
}

TEST_CASE("A node that starts has the events, rows and series of the others", "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode a(redis.url());
  a.put(1, "cpu");
  a.put(2, "ram");
  a.put(3, "disk");
  for (const char* value : {"x", "y", "z"}) a.add(1, value);
  a.add(2, "r");
  a.erase(3);
  const auto head = a.event("last");
  ClusterNode b(redis.url());
  CHECK(b.log.head() == head.id.sequence());
  CHECK(b.all() == a.all());
  CHECK(b.rows.lines() == Lines{"1 cpu=of cpu: x y z", "2 ram=of ram: r"});
  CHECK(b.journal->loaded().rows == 2);
  CHECK(b.journal->loaded().members == 4);
  // Its order goes on, and rows are judged as on the first one.
  CHECK(b.add(3, "gone").kind == Kind::kNoSuchRow);
  CHECK(b.put(9, "cpu", log::Condition::kNameIsFree).row == Uuid{0, 1});
  CHECK(b.add(2, "s").id.sequence() == head.id.sequence() + 1);
  a.wait_for_head(head.id.sequence() + 1);
  CHECK(a.rows.lines() == Lines{"1 cpu=of cpu: x y z", "2 ram=of ram: r s"});
}

TEST_CASE("A node that starts has no more than the memory for events holds", "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode a(redis.url());
  for (int i = 0; i < 100; ++i) a.event(std::string(10'000, 'x'));
  auto settings = ClusterNode::settings(redis.url());
  settings.log.memory_bytes = 300'000;
  ClusterNode b(settings);
  CHECK(b.log.head() == 100);
  CHECK(b.log.view().first_held() > 60);
  CHECK(b.log.view().first_held() < 85);
  CHECK(b.log.view().tail() == 1);  // what is older stays in Redis
  CHECK(a.all().ends_with(b.all()));
  const auto& gone = a.log.view().event(10).id;
  CHECK(b.log.view().gave_out(gone.epoch(), gone.sequence()));  // so the gap is counted
}

TEST_CASE("Of nodes that create a missing name at once, one does and all get its row",
          "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode a(redis.url());
  ClusterNode b(redis.url());
  for (std::uint64_t i = 0; i < 20; ++i) {
    const auto ask = [&](ClusterNode& node, std::uint64_t key) {
      auto append = node.empty();
      const std::string name = "m" + std::to_string(i);
      append.add({"put", "", name},
                 {log::RowChange::Kind::kPut, {0, key}, name, "by " + std::to_string(key)},
                 log::Condition::kNameIsFree);
      return node.ask(std::move(append));
    };
    const auto one = ask(a, 2 * i);
    const auto other = ask(b, 2 * i + 1);
    const bool is_first = one->outcome().kind == Kind::kAppended;
    const auto& taken = (is_first ? other : one)->outcome();
    CHECK(taken.kind == Kind::kNameTaken);
    CHECK(taken.row == Uuid{0, is_first ? 2 * i : 2 * i + 1});
    CHECK(taken.text == "by " + std::to_string(is_first ? 2 * i : 2 * i + 1));
  }
  a.wait_for_head(20);
  b.wait_for_head(20);
  CHECK(a.rows.lines() == b.rows.lines());
}

TEST_CASE("The limits of the node that made the log hold on all of them", "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  auto settings = ClusterNode::settings(redis.url());
  settings.rows = {2, 2, 3};
  ClusterNode a(settings);
  settings.rows = {100, 100, 100};
  ClusterNode b(settings);
  CHECK(b.journal->loaded().limits.rows == 2);
  b.put(9, "older");
  b.put(1, "younger");
  CHECK(b.put(3, "third").kind == Kind::kNoRoom);
  for (const char* value : {"a", "b", "c"}) b.add(1, value);
  for (const char* value : {"d", "e"}) b.add(9, value);
  const Lines expected{"9 older=of older: e", "1 younger=of younger: b c"};
  CHECK(b.rows.lines() == expected);
  a.wait_for_head(b.log.head());
  CHECK(a.rows.lines() == expected);
  ClusterNode c(settings);
  CHECK(c.rows.lines() == expected);
}

TEST_CASE("What one request publishes is one entry, however large it is", "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode a(redis.url());
  ClusterNode b(redis.url());
  auto append = a.empty();
  for (int i = 0; i < 1'000; ++i) append.add({"e", "t", std::to_string(i)});
  for (int i = 0; i < 20; ++i) append.add({"e", "t", std::string(100'000, 'x')});
  const auto asked = a.ask(std::move(append));
  CHECK(asked->outcome(1'019).id.sequence() == 1'020);
  CHECK(redis.call({"XLEN", "{sse}:log"}).integer == 1);
  b.wait_for_head(1'020);
  CHECK(a.all() == b.all());
}

TEST_CASE("Logs of other names in the same Redis are other logs", "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode a(redis.url("one"));
  ClusterNode b(redis.url("other"));
  a.event("x");
  CHECK(b.event("y").id.sequence() == 1);
  CHECK(a.log.view().epoch() != b.log.view().epoch());
}

}  // namespace
}  // namespace sse::journal
