// A stream that others have changed: entries that are not the cluster's, or not there any more.

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

constexpr const char* kLog = "{sse}:log";

std::string place(const wire::EventId& id, wire::Sequence sequence) {
  return std::to_string(id.unix_time().count()) + "-" + std::to_string(sequence);
}

std::string lines_of(int first, int last) {
  std::string lines;
  for (int i = first; i <= last; ++i) lines += std::to_string(i) + " ";
  return lines;
}

/// What the events of the node say, which are numbers.
std::string said(ClusterNode& node) {
  std::string lines;
  const std::string all = node.all();
  for (std::size_t at = 0; (at = all.find("data: ", at)) != std::string::npos;) {
    at += 6;
    lines += all.substr(at, all.find('\n', at) - at) + " ";
  }
  return lines;
}

TEST_CASE("An entry that is not one of events is left out", "[cluster][damage]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode a(redis.url());
  ClusterNode b(redis.url());
  a.event("1");
  REQUIRE_FALSE(redis.call({"XADD", kLog, "*", "a", "b"}).is_error());
  CHECK(a.event("2").kind == Kind::kAppended);
  b.wait_for_head(2);
  // Its place is passed also when nothing new comes for a while.
  REQUIRE_FALSE(redis.call({"XADD", kLog, "*", "a", "b"}).is_error());
  wait_until([&] { return b.journal->cluster_counts().damaged == 2; }, "it is met");
  CHECK(b.event("3").kind == Kind::kAppended);
  a.wait_for_head(3);
  for (ClusterNode* node : {&a, &b}) {
    CHECK(said(*node) == lines_of(1, 3));
    CHECK(node->log.view().generation() == 0);
    CHECK(node->journal->cluster_counts().reconnects == 0);
  }
  ClusterNode c(redis.url());
  CHECK(said(c) == lines_of(1, 3));
}

TEST_CASE("Where events cannot be read, the log begins behind them, and streams are told",
          "[cluster][damage]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode a(redis.url());
  ClusterNode b(redis.url());
  a.event("1");
  const auto second = a.event("2");
  b.wait_for_head(2);
  redis.call({"XADD", kLog, place(second.id, 3), "e", std::to_string(second.id.epoch()), "n", "1",
              "b", "damaged"});
  redis.call({"HSET", "{sse}:meta", "seq", "3"});
  CHECK(a.event("4").id.sequence() == 4);
  b.wait_for_head(4);
  a.event("5");
  b.wait_for_head(5);
  for (ClusterNode* node : {&a, &b}) {
    CHECK(said(*node) == lines_of(4, 5));
    CHECK(node->log.view().generation() == 1);
    CHECK(node->journal->cluster_counts().reconnects < 5);
  }
  ClusterNode c(redis.url());
  CHECK(said(c) == lines_of(4, 5));
}

TEST_CASE("A node that starts has what is behind an entry that was deleted", "[cluster][damage]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode a(redis.url());
  a.put(1, "cpu");
  std::vector<wire::EventId> ids;
  for (int i = 2; i <= 10; ++i) ids.push_back(a.event(std::to_string(i)).id);
  for (const wire::Sequence gone : {5U, 7U}) {
    CHECK(redis.call({"XDEL", kLog, place(ids[gone - 2], gone)}).integer == 1);
  }
  ClusterNode b(redis.url());
  CHECK(said(b) == lines_of(8, 10));
  CHECK(b.journal->loaded().events == 3);
  CHECK(b.rows.lines() == a.rows.lines());
  a.event("11");
  b.wait_for_head(11);
  CHECK(said(a) == "x " + lines_of(2, 11));
}

TEST_CASE("An entry of an epoch that is not known is asked about, once", "[cluster][damage]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode a(redis.url());
  const auto first = a.event("1");
  const auto copied = redis.call({"XRANGE", kLog, "-", "+"}).at(0).at(1);
  std::vector<std::string> request{"XADD", kLog, place(first.id, 2)};
  for (std::size_t i = 0; i + 1 < copied.items.size(); i += 2) {
    const std::string name = copied.at(i).text;
    request.insert(request.end(), {name, name == "e" ? "12345" : copied.at(i + 1).text});
  }
  REQUIRE_FALSE(redis.call(request).is_error());
  redis.call({"HSET", "{sse}:meta", "seq", "2"});
  a.wait_for_head(2);
  CHECK(a.journal->cluster_counts().reconnects == 1);
  CHECK(a.event("3").id.sequence() == 3);
  CHECK(a.journal->cluster_counts().reconnects == 1);
}

TEST_CASE("An entry from the future does not end publishing", "[cluster][damage]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode a(redis.url());
  const auto first = a.event("1");
  const auto later = first.id.unix_time() + std::chrono::hours(1);
  redis.call({"XADD", kLog, std::to_string(later.count()) + "-7", "a", "b"});
  CHECK(a.event("2").id.unix_time() > later);
  CHECK(a.event("3").id.sequence() == 3);
  CHECK(said(a) == lines_of(1, 3));
}

}  // namespace
}  // namespace sse::journal
