// What becomes of nodes when their Redis fails.

#include <signal.h>

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
using test::wait_until;
using Kind = log::Outcome::Kind;
using Lines = std::vector<std::string>;

const std::vector<std::string> kDurable{"--appendonly", "yes", "--appendfsync", "always"};

TEST_CASE("After a restart that lost nothing the log goes on, with ids of a new epoch",
          "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis(kDurable);
  ClusterNode a(redis.url());
  ClusterNode b(redis.url());
  a.put(1, "cpu");
  const auto before = a.event("before");
  b.wait_for_head(2);
  redis.restart();
  const auto after = a.event("after");
  REQUIRE(after.kind == Kind::kAppended);
  CHECK(after.id.sequence() == 3);
  CHECK(after.id.epoch() != before.id.epoch());
  b.wait_for_head(3);
  CHECK(a.all() == b.all());
  for (ClusterNode* node : {&a, &b}) {
    const log::View view = node->log.view();
    CHECK(view.generation() == 0);  // no stream was closed
    CHECK(view.event(2).id == before.id);
    CHECK(view.gave_out(before.id.epoch(), 2));
  }
  CHECK(a.add(1, "x").kind == Kind::kAppended);
}

TEST_CASE("What Redis lost is taken back, and its ids are not given again", "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode a(redis.url());
  ClusterNode b(redis.url());
  a.put(1, "cpu");
  a.add(1, "kept");
  const auto kept = a.event("kept");
  REQUIRE(redis.call({"SAVE"}).text == "OK");
  a.add(1, "lost");
  a.put(2, "lost");
  const auto lost = a.event("lost");
  b.wait_for_head(6);
  redis.restart();
  const auto next = b.event("next");
  REQUIRE(next.kind == Kind::kAppended);
  CHECK(next.id.sequence() == 4);
  CHECK(next.id.epoch() != lost.id.epoch());
  a.wait_for_head(4);
  CHECK(a.all() == b.all());
  for (ClusterNode* node : {&a, &b}) {
    const log::View view = node->log.view();
    CHECK(view.generation() == 1);  // streams are told
    CHECK(view.event(3).id == kept.id);
    CHECK(view.gave_out(kept.id.epoch(), 3));        // those resume exactly
    CHECK_FALSE(view.gave_out(lost.id.epoch(), 4));  // and those are told a gap
    CHECK(node->rows.lines() == Lines{"1 cpu=of cpu: kept"});
  }
}

TEST_CASE("A Redis that comes back empty is another log", "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode a(redis.url());
  a.put(1, "cpu");
  const auto before = a.event("before");
  const bool is_flushed = GENERATE(false, true);
  CAPTURE(is_flushed);
  if (is_flushed) {
    redis.call({"FLUSHALL"});
  } else {
    redis.restart();
  }
  const auto after = a.event("after");
  REQUIRE(after.kind == Kind::kAppended);
  CHECK(after.id.sequence() == 1);
  const log::View view = a.log.view();
  CHECK(view.generation() == 1);
  CHECK_FALSE(view.knows_epoch(before.id.epoch()));
  CHECK(a.rows.lines().empty());
}

TEST_CASE("A node to which nothing is published finds out that its log was deleted", "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode a(redis.url());
  a.event("before");
  redis.call({"FLUSHALL"});
  wait_until([&] { return a.log.head() == 0; }, "the log is empty");
  CHECK(a.log.view().generation() == 1);
  CHECK(a.journal->cluster_counts().resets == 1);
}

TEST_CASE("Events that wait while Redis is away are in the log when it is back", "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis(kDurable);
  ClusterNode a(redis.url());
  a.event("1");
  redis.kill();
  wait_until([&] { return !a.journal->cluster_counts().is_up; }, "Redis is missed");
  const auto second = a.ask_event("2");
  const auto third = a.ask_event("3");
  CHECK(a.journal->state() == log::JournalState::kReady);
  redis.start();
  CHECK(second->outcome().id.sequence() == 2);
  CHECK(third->outcome().id.sequence() == 3);
  CHECK(a.journal->cluster_counts().is_up);
}

TEST_CASE("An event that was not sent in time is refused, one that was sent is unknown",
          "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  auto settings = ClusterNode::settings(redis.url());
  settings.cluster.timeout = std::chrono::milliseconds(100);
  ClusterNode a(settings);
  a.event("1");
  redis.program().signal(SIGSTOP);
  const auto sent = a.ask_event("2");
  wait_until([&] { return sent->is_known(); }, "the event that was sent is answered");
  CHECK(sent->outcome().code == ErrorCode::kUnknown);
  const auto queued = a.ask_event("3");
  CHECK(queued->outcome().code == ErrorCode::kUnavailable);
  redis.program().signal(SIGCONT);
  // The engine may carry it out, or not: its connection may be closed by then. Never twice.
  wait_until([&] { return a.event("4").kind == Kind::kAppended; }, "events are taken again");
  const auto all = a.all();
  CHECK(all.find("data: 3\n") == std::string::npos);
  const auto first = all.find("data: 2\n");
  if (first != std::string::npos) CHECK(all.find("data: 2\n", first + 1) == std::string::npos);
}

TEST_CASE("Without memory, replicas or its script Redis is understood", "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  auto settings = ClusterNode::settings(redis.url());
  settings.cluster.timeout = std::chrono::milliseconds(300);
  ClusterNode a(settings);
  redis.call({"CONFIG", "SET", "maxmemory", "1"});
  CHECK(a.event("1").code == ErrorCode::kFull);
  redis.call({"CONFIG", "SET", "maxmemory", "0"});
  redis.call({"SCRIPT", "FLUSH"});
  CHECK(a.event("2").id.sequence() == 1);
  redis.call({"CONFIG", "SET", "min-replicas-to-write", "1"});
  CHECK(a.event("3").code == ErrorCode::kUnavailable);
  redis.call({"CONFIG", "SET", "min-replicas-to-write", "0"});
  CHECK(a.event("4").id.sequence() == 2);
  redis.call({"HSET", "{sse}:meta", "seq", "281474976710655"});
  const auto last = a.event("5");
  CHECK(last.code == ErrorCode::kFull);
}

TEST_CASE("An event that too few replicas have is in the log, and not promised", "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  auto settings = ClusterNode::settings(redis.url());
  settings.cluster.timeout = std::chrono::milliseconds(100);
  settings.cluster.replicas = 1;
  ClusterNode a(settings);
  CHECK(a.event("1").code == ErrorCode::kUnknown);
  CHECK(a.log.head() == 1);
}

/// What a start says that gives up at once.
Error failed_start(const ClusterSettings& wanted) {
  auto settings = wanted;
  settings.cluster.on_wait = [](const std::string&) { return false; };
  const SystemClock clock;
  SystemRandom random;
  log::EventLog log({}, clock);
  log::LogFollower follower(log, [] {});
  RedisJournal journal(settings, clock, random);
  const auto started = journal.start(follower);
  return started ? Error{ErrorCode::kInvalid, "it has started"} : started.error();
}

TEST_CASE("A Redis that would lose events, or lets us do too little, is refused by name",
          "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  const auto settings = ClusterNode::settings(redis.url());
  redis.call({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  auto error = failed_start(settings);
  CHECK(error.code == ErrorCode::kForbidden);
  CHECK_THAT(error.text, Catch::Contains("allkeys-lru") && Catch::Contains("noeviction"));
  redis.call({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  redis.call({"CONFIG", "SET", "maxmemory", "300mb"});
  CHECK_THAT(failed_start(settings).text, Catch::Contains("300M") && Catch::Contains("320M"));
  redis.call({"CONFIG", "SET", "maxmemory", "0"});

  redis.call({"ACL", "SETUSER", "default", "-zadd", "-xadd"});
  error = failed_start(settings);
  CHECK(error.code == ErrorCode::kForbidden);
  CHECK_THAT(error.text, Catch::Contains("xadd") && Catch::Contains("zadd"));
  redis.call({"ACL", "SETUSER", "default", "+@all"});

  auto with_password = settings;
  with_password.cluster.password = "secret";
  CHECK(failed_start(with_password).code == ErrorCode::kForbidden);
  redis.call({"CONFIG", "SET", "requirepass", "secret"});
  CHECK(failed_start(settings).code == ErrorCode::kForbidden);
  ClusterNode node(with_password);
  CHECK(node.event("x").kind == Kind::kAppended);
}

TEST_CASE("A node that takes larger events than the log, or can hold only smaller ones, is refused",
          "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  auto settings = ClusterNode::settings(redis.url());
  settings.max_event_size = 10'000;
  const ClusterNode first(settings);
  settings.max_event_size = 20'000;
  CHECK_THAT(failed_start(settings).text, Catch::Contains("10000"));
  settings.max_event_size = 5'000;
  settings.largest_event = 5'000;
  CHECK(failed_start(settings).code == ErrorCode::kForbidden);
  settings.largest_event = 10'000;
  const ClusterNode other(settings);
}

TEST_CASE("Without Redis a start says why, and waits", "[cluster]") {
  auto settings = ClusterNode::settings("redis+unix:/nowhere/redis");
  const auto error = failed_start(settings);
  CHECK(error.code == ErrorCode::kUnavailable);
  CHECK_THAT(error.text, Catch::Contains("/nowhere/redis"));
}

}  // namespace
}  // namespace sse::journal
