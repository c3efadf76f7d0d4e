// What attach.lua and append.lua do by themselves.

#include <string>
#include <vector>

#include "sse/journal/redis_batch.h"
#include "sse/journal/redis_link.h"

#include "support/catch.h"
#include "support/redis_server.h"

namespace sse::journal {
namespace {

using test::has_redis;
using test::RedisServer;

/// A node by hand.
struct Hand {
  explicit Hand(RedisServer& redis, const RedisRetention& retention = {})
      : link(options, *parse_redis_url(redis.url()), {{}, 1'000, retention}, random) {}

  Attached attach() {
    const auto attached = link.connect({});
    if (!attached) FAIL(attached.error().text);
    return *attached;
  }
  Attached attach_again() {
    link.send_attach();
    return *link.read_attached(*link.calls().wait({}));
  }

  RedisReply append(wire::Epoch epoch, int counter, const std::string& data = "x") {
    log::Append append{log::EventLimits()};
    append.add({"e", "t", data});
    const log::Append* all[] = {&append};
    const RedisBatch batch = make_batch(all);
    const std::string key = link.key("node:a");
    const std::string_view keys[] = {key};
    const auto epoch_text = std::to_string(epoch);
    const auto counter_text = std::to_string(counter);
    link.send_append(keys, std::vector<std::string_view>{epoch_text, counter_text, "1",
                                                         batch.chunks, batch.changes, "", "60000"});
    auto reply = link.calls().wait({});
    REQUIRE(reply);
    return *std::move(reply);
  }

  SystemRandom random;
  ClusterOptions options;
  RedisLink link;
};

TEST_CASE("A call that is made again does nothing", "[cluster][script]") {
  if (!has_redis()) return;
  RedisServer redis;
  Hand hand(redis);
  const auto epoch = hand.attach().epoch;
  CHECK(hand.append(epoch, 1).at(0).text == "kept");
  CHECK(hand.append(epoch, 2).at(0).text == "kept");
  for (int counter : {1, 2}) {
    const auto reply = hand.append(epoch, counter);
    CHECK(reply.at(0).text == "dup");
    CHECK(reply.at(2).text == "2");
  }
  CHECK(redis.call({"XLEN", "{sse}:log"}).integer == 2);
}

TEST_CASE("A call in an epoch that is over is refused", "[cluster][script]") {
  if (!has_redis()) return;
  RedisServer redis;
  Hand hand(redis);
  const auto epoch = hand.attach().epoch;
  CHECK(hand.append(epoch + 1, 1).is_error("STALE"));
  redis.call({"FLUSHALL"});
  CHECK(hand.append(epoch, 1).is_error("STALE"));
  CHECK(redis.call({"XLEN", "{sse}:log"}).integer == 0);
}

TEST_CASE("An epoch begins with the log and with each other engine, and only then",
          "[cluster][script]") {
  if (!has_redis()) return;
  RedisServer redis({"--appendonly", "yes", "--appendfsync", "always"});
  Hand hand(redis);
  const auto first = hand.attach();
  CHECK(first.why == "new log");
  CHECK(first.head.sequence() == 0);
  hand.append(first.epoch, 1);
  CHECK(Hand(redis).attach().epoch == first.epoch);
  CHECK(hand.attach_again().why == "same");
  redis.restart();
  const auto second = hand.attach();
  CHECK(second.why == "engine changed");
  CHECK(second.epoch != first.epoch);
  CHECK(second.head.sequence() == 1);
  CHECK(second.head.epoch() == first.epoch);
  REQUIRE(second.epochs.size() == 2);
  CHECK(second.epochs[1].first == 2);
  CHECK(second.epochs[1].before == second.head);
  CHECK(second.has(second.head));
  CHECK(Hand(redis).attach().why == "same");
}

TEST_CASE("Old entries are deleted every thousand calls", "[cluster][script]") {
  if (!has_redis()) return;
  RedisServer redis;
  Hand hand(redis, {std::chrono::milliseconds(1), 0});
  const auto epoch = hand.attach().epoch;
  hand.append(epoch, 1);
  const auto oldest = redis.call({"XRANGE", "{sse}:log", "-", "+"}).at(0).at(0).text;
  test::wait_until(
      [&] {
        const auto now = redis.call({"EVAL", "return redis.call('TIME')", "0"});
        const auto ms = now.at(0).number() * 1000 + now.at(1).number() / 1000;
        return static_cast<std::int64_t>(ms) > read_place(oldest)->time.count() + 2;
      },
      "the engine's clock goes on");
  for (int i = 2; i < 1'000; ++i) hand.append(epoch, i);
  CHECK(redis.call({"XLEN", "{sse}:log"}).integer == 999);
  hand.append(epoch, 1'000);
  CHECK(redis.call({"XLEN", "{sse}:log"}).integer < 999);
  CHECK(redis.call({"HGET", "{sse}:meta", "seq"}).text == "1000");
  // The order goes on where it was.
  CHECK(hand.append(epoch, 1'001).at(2).text == "1001");
}

TEST_CASE("The stream keeps so many bytes of events, and little more", "[cluster][script]") {
  if (!has_redis()) return;
  RedisServer redis;
  Hand hand(redis, {std::chrono::milliseconds(0), 16'000});
  const auto epoch = hand.attach().epoch;
  const std::string data(500, 'x');
  for (int i = 1; i <= 200; ++i) REQUIRE(hand.append(epoch, i, data).at(0).text == "kept");
  const auto total = redis.call({"HGET", "{sse}:meta", "bytes"}).number();
  const auto length = redis.call({"XLEN", "{sse}:log"}).integer;
  const auto kept = static_cast<std::uint64_t>(length) * total / 200;
  CHECK(kept >= 16'000);
  CHECK(kept < 18'000);
  CHECK(redis.call({"LLEN", "{sse}:log:marks"}).integer <= 17);
}

TEST_CASE("The log has the retention of the node that made it", "[cluster][script]") {
  if (!has_redis()) return;
  RedisServer redis;
  Hand(redis, {std::chrono::hours(24), 1'000}).attach();
  const auto attached = Hand(redis, {std::chrono::minutes(1), 0}).attach();
  CHECK(attached.retention.ttl == std::chrono::hours(24));
  CHECK(attached.retention.bytes == 1'000);
}

TEST_CASE("A retention that is longer than time deletes nothing", "[cluster][script]") {
  if (!has_redis()) return;
  RedisServer redis;
  Hand hand(redis, {std::chrono::hours(1'000'000), 0});
  const auto epoch = hand.attach().epoch;
  redis.call({"HSET", "{sse}:meta", "calls", "999"});
  CHECK(hand.append(epoch, 1).at(0).text == "kept");
  CHECK(redis.call({"XLEN", "{sse}:log"}).integer == 1);
}

TEST_CASE("A stream that is ahead of what is written beside it counts", "[cluster][script]") {
  if (!has_redis()) return;
  RedisServer redis;
  Hand hand(redis);
  const auto first = hand.attach();
  for (int i = 1; i <= 3; ++i) hand.append(first.epoch, i);
  redis.call({"HSET", "{sse}:meta", "seq", "1", "ms", "1"});
  const auto again = hand.attach_again();
  CHECK(again.head.sequence() == 3);
  CHECK(hand.append(first.epoch, 4).at(2).text == "4");
}

TEST_CASE("Of orders that part, what both have is found", "[cluster]") {
  const auto id = [](int ms, wire::Epoch epoch, wire::Sequence sequence) {
    return wire::EventId::make(std::chrono::milliseconds(ms), epoch, sequence);
  };
  Attached engine;
  engine.head = id(50, 2, 20);
  engine.epochs = {{1, 1, id(0, 1, 0)}, {2, 11, id(30, 1, 10)}};
  const std::vector<EpochRecord> past{{1, 1, id(0, 1, 0)}};
  CHECK(engine.has(id(30, 1, 10)));
  CHECK_FALSE(engine.has(id(31, 1, 11)));  // lost, and its number is another event's now
  CHECK(engine.has(id(50, 2, 11)));
  CHECK_FALSE(engine.has(id(50, 2, 21)));
  CHECK_FALSE(engine.has(id(50, 3, 5)));
  CHECK(engine.common(past, id(40, 1, 15)) == id(30, 1, 10));
  CHECK(engine.common(past, id(20, 1, 7)) == id(20, 1, 7));
  // An epoch that only a lost master had.
  const std::vector<EpochRecord> longer{{1, 1, id(0, 1, 0)}, {9, 5, id(10, 1, 4)}};
  CHECK(engine.common(longer, id(40, 9, 15)) == id(10, 1, 4));
  CHECK_FALSE(engine.common({{8, 1, id(0, 8, 0)}}, id(1, 8, 3)));
}

TEST_CASE("An empty log begins behind all that was ever in it", "[cluster][script]") {
  if (!has_redis()) return;
  RedisServer redis;
  Hand hand(redis);
  const auto oldest = [&] {
    hand.link.send_oldest();
    const auto reply = hand.link.calls().wait({});
    REQUIRE(reply);
    return RedisLink::read_oldest(*reply);
  };
  const auto epoch = hand.attach().epoch;
  CHECK(oldest()->first.sequence() == 1);
  CHECK_FALSE(oldest()->place);
  hand.append(epoch, 1);
  hand.append(epoch, 2);
  CHECK(oldest()->first.sequence() == 1);
  REQUIRE(oldest()->place);
  CHECK(oldest()->place->last == 1);
  redis.call({"XTRIM", "{sse}:log", "MAXLEN", "0"});
  CHECK_FALSE(oldest()->place);
  CHECK(oldest()->first.sequence() == 3);
  CHECK(oldest()->first.epoch() == epoch);
}

TEST_CASE("An entry that is not of events removes no rows of parts", "[cluster][script]") {
  if (!has_redis()) return;
  RedisServer redis;
  Hand hand(redis);
  hand.attach();
  redis.call({"ZADD", "{sse}:parts", "200", "a", "300", "b"});
  redis.call({"XADD", "{sse}:log", "1-250", "a", "b"});
  hand.link.send_oldest();
  REQUIRE(hand.link.calls().wait({}));
  CHECK(redis.call({"ZCARD", "{sse}:parts"}).integer == 2);
}

TEST_CASE("A log that is bounded by no number of bytes keeps what has a mark",
          "[cluster][script]") {
  if (!has_redis()) return;
  RedisServer redis;
  Hand hand(redis, {std::chrono::hours(1), std::uint64_t{64} << 10U});
  const auto epoch = hand.attach().epoch;
  for (int i = 1; i <= 10; ++i) hand.append(epoch, i, std::string(5'000, 'x'));
  REQUIRE(redis.call({"LLEN", "{sse}:log:marks"}).integer > 5);
  redis.call({"HSET", "{sse}:meta", "keep", "0", "calls", "999"});
  hand.append(epoch, 11);
  CHECK(redis.call({"XLEN", "{sse}:log"}).integer == 11);
}

}  // namespace
}  // namespace sse::journal
