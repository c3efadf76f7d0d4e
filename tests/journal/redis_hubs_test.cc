// Hubs that share a Redis know of each other.

#include <chrono>
#include <string>
#include <utility>

#include "journal/cluster_node.h"
#include "journal/outcome_of.h"

namespace sse::journal {
namespace {

using namespace std::chrono_literals;
using test::ClusterNode;
using test::has_redis;
using test::outcome_of;
using test::RedisServer;
using test::wait_until;

log::ClusterSelf self(const std::string& address) {
  return {"machine", address, "1.2.3", WallTime(std::chrono::seconds(1'800'000'000)), 7};
}

log::ClusterStatus list(RedisJournal& journal) {
  return *outcome_of<log::ClusterStatus>([&](auto done) {
    journal.list_nodes([done](log::ClusterStatus told) { done(std::move(told)); });
  });
}

/// A journal that says who it is.
struct NamedNode {
  NamedNode(const std::string& url, const std::string& address)
      : settings(ClusterNode::settings(url)), journal(settings, clock, random) {
    journal.set_describe([address] { return self(address); });
    follower.attach(rows);
    REQUIRE(journal.start(follower));
  }
  ~NamedNode() { journal.stop(10s); }

  ClusterSettings settings;
  SystemClock clock;
  SystemRandom random;
  log::EventLog log{{}, clock};
  test::TextRows rows;
  log::LogFollower follower{log, [] {}};
  RedisJournal journal;
};

TEST_CASE("Hubs know of each other, and of one that has stopped no more", "[cluster][hubs]") {
  if (!has_redis()) return;
  RedisServer redis;
  NamedNode here(redis.url(), "http://a");
  {
    NamedNode there(redis.url(), "http://b");
    wait_until([&] { return list(here.journal).nodes.size() == 2; }, "two hubs");
    const auto status = list(here.journal);
    CHECK(status.nodes[0].is_self);
    CHECK(status.nodes[0].self.address == "http://a");
    const auto& other = status.nodes[1];
    CHECK_FALSE(other.is_self);
    CHECK(other.is_up);
    CHECK(other.id.size() == 32);
    CHECK(other.self.name == "machine");
    CHECK(other.self.address == "http://b");
    CHECK(other.self.version == "1.2.3");
    CHECK(other.self.started == WallTime(std::chrono::seconds(1'800'000'000)));
    CHECK(other.self.streams == 7);
    CHECK(other.epoch == here.journal.cluster_counts().epoch);
    CHECK(other.lag_events == 0);
    CHECK(status.engine.is_up);
    CHECK(status.engine.role == "master");
    CHECK(status.engine.version.starts_with("7"));
    CHECK(status.engine.memory_used > 100'000);
    CHECK(status.engine.epochs == 1);
    CHECK(status.engine.replicas.empty());
    wait_until([&] { return here.journal.cluster_counts().nodes == 2; }, "the count");
  }
  wait_until([&] { return list(here.journal).nodes.size() == 1; }, "one hub");
  CHECK(redis.call({"EXISTS", "{sse}:hubs"}).integer == 1);
}

TEST_CASE("A hub that says nothing is listed as down, and forgotten after ten seconds",
          "[cluster][hubs]") {
  if (!has_redis()) return;
  RedisServer redis;
  NamedNode here(redis.url(), "http://a");
  // As one that was killed four seconds ago has left it.
  const auto time = redis.call({"TIME"});
  const auto now = time.at(0).number() * 1'000;
  redis.call({"HSET", "{sse}:hubs:dead", "at", std::to_string(now - 4'000), "address", "http://d"});
  redis.call({"ZADD", "{sse}:hubs", std::to_string(now + 3'000), "dead"});
  const auto status = list(here.journal);
  REQUIRE(status.nodes.size() == 2);
  CHECK(status.nodes[0].self.address == "http://d");
  CHECK_FALSE(status.nodes[0].is_up);
  wait_until([&] { return list(here.journal).nodes.size() == 1; }, "one hub");
  const auto left = redis.call({"PTTL", "{sse}:hubs:" + list(here.journal).nodes[0].id}).integer;
  CHECK(left > 5'000);
  CHECK(left <= 10'000);
}

}  // namespace
}  // namespace sse::journal
