// What a node that starts knows of history that is longer than its memory.

#include <string>

#include "journal/small_node.h"
#include "support/catch.h"
#include "support/redis_server.h"

namespace sse::journal {
namespace {

using test::has_redis;
using test::RedisServer;
using test::SmallNode;

TEST_CASE("Rows that are damaged hide none that come behind them", "[cluster][history]") {
  if (!has_redis()) return;
  RedisServer redis;
  {
    SmallNode node(redis);
    node.add_many(600);
  }
  for (int i = 0; i < 70; ++i) {
    redis.call({"ZADD", "{sse}:parts", "1", "damaged " + std::to_string(i)});
  }
  // As its part has a row, a start does not see that it is missing.
  const auto lost = redis.call({"XRANGE", "{sse}:log", "-", "+", "COUNT", "100"}).at(99).at(0).text;
  redis.call({"XDEL", "{sse}:log", lost});
  CHECK(SmallNode(redis).log.view().tail() == 1);
}

TEST_CASE("Where memory has no room for all names, the newest parts' are known",
          "[cluster][history]") {
  if (!has_redis()) return;
  RedisServer redis;
  {
    SmallNode node(redis);
    for (int i = 0; i < 1'500; ++i) {
      node.add("alone/" + std::to_string(i) + std::string(100, 'x'), std::string(1'000, 'x'));
    }
  }
  SmallNode node(redis);
  const log::View view = node.log.view();
  CHECK(view.tail() == 1);
  CHECK_FALSE(view.tells_pairs_from(1));
  CHECK(view.next_archived_newest(1) == 1);
  CHECK(node.all().size() == 1'500);
}

TEST_CASE("A node's own limit of age does not bound a log that was made with another one",
          "[cluster][history]") {
  if (!has_redis()) return;
  RedisServer redis;
  {
    SmallNode node(redis);
    node.add_many(20);
  }
  auto settings = SmallNode::settings(redis);
  settings.log.ttl = std::chrono::milliseconds(1);
  SmallNode node(settings);
  CHECK(node.journal->loaded().events == 20);
  node.add_many(5);
  CHECK(node.log.view().tail() == 1);
}

}  // namespace
}  // namespace sse::journal
