// What becomes of calls, and of what a node reads, when a request or its reply is lost.

#include <atomic>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/base/gathering.h"

#include "journal/cluster_node.h"
#include "support/catch.h"
#include "support/redis_proxy.h"
#include "support/redis_server.h"

namespace sse::journal {
namespace {

using test::ClusterNode;
using test::has_redis;
using test::RedisProxy;
using test::RedisServer;
using test::wait_until;
using Fate = RedisProxy::Fate;
using Kind = log::Outcome::Kind;
using Lines = std::vector<std::string>;

bool is_append(std::string_view request) {
  return request.find("\r\nEVALSHA\r\n") != std::string_view::npos;
}

/// Of a node that reads a log from its beginning: the last request of load().
bool is_read_of_all(std::string_view request) {
  return request.find("\r\nXRANGE\r\n") != std::string_view::npos &&
         request.find("\r\n(0-0\r\n") != std::string_view::npos;
}

/// The first append has this fate, those behind it find Redis busy.
auto then_busy(Fate first) {
  return [first, is_first = true](std::string_view request) mutable {
    if (!is_append(request)) return Fate::kForward;
    return std::exchange(is_first, false) ? first : Fate::kBusy;
  };
}

TEST_CASE("What the engine has lost before it was seen here is appended again", "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  RedisProxy proxy(redis.socket());
  ClusterNode a(proxy.url());
  a.event("1");
  proxy.lose_entries();
  const auto asked = a.ask_event("2");
  wait_until([&] { return a.journal->cluster_counts().calls == 2; }, "Redis has taken it");
  CHECK_FALSE(asked->is_known());
  redis.restart();  // and all is gone
  CHECK(asked->outcome().kind == Kind::kAppended);
  CHECK(asked->outcome().id.sequence() == 1);
  CHECK(a.log.head() == 1);
}

TEST_CASE("The entry alone tells that a call was taken, also where it was taken before, and lost",
          "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  RedisProxy proxy(redis.socket());
  ClusterNode a(proxy.url());
  for (const char* data : {"1", "2", "3"}) a.event(data);
  proxy.lose_entries();
  const auto asked = a.ask_event("4");
  wait_until([&] { return a.journal->cluster_counts().calls == 4; }, "Redis has taken it");
  proxy.judge_requests(then_busy(Fate::kForwardHangUp));
  redis.restart();  // and all is gone
  CHECK(asked->outcome().kind == Kind::kAppended);
  CHECK(asked->outcome().id.sequence() == 1);
}

TEST_CASE("An event that may have been taken is not said to be refused when Redis refuses it later",
          "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  RedisProxy proxy(redis.socket());
  auto settings = ClusterNode::settings(proxy.url());
  settings.cluster.timeout = std::chrono::milliseconds(300);
  ClusterNode a(settings);
  proxy.judge_requests(then_busy(Fate::kHangUp));
  CHECK(a.event("1").code == ErrorCode::kUnknown);
  // What no earlier try has sent is known not to be there.
  const auto second = a.event("2");
  CHECK(second.code == ErrorCode::kUnavailable);
  proxy.judge_requests(nullptr);
  CHECK(a.event("3").id.sequence() == 1);
}

TEST_CASE("Streams are told of a log that begins again, also when it cannot be read then",
          "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  RedisProxy proxy(redis.socket());
  ClusterNode a(proxy.url());
  a.event("1");
  std::atomic<int> tries = 0;
  proxy.judge_requests([&](std::string_view request) {
    if (!is_read_of_all(request)) return Fate::kForward;
    ++tries;
    return Fate::kHangUp;
  });
  redis.restart();  // and all is gone
  wait_until([&] { return a.woken_generation == 1; }, "loops are woken");
  CHECK(a.event("2").id.sequence() == 1);
  CHECK(tries == 1);
  proxy.judge_requests(nullptr);
}

TEST_CASE("Rows that a fail-over has taken back are read again, also during a start", "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode a(redis.url());
  a.put(1, "cpu");
  REQUIRE(redis.call({"SAVE"}).text == "OK");
  a.put(2, "lost");
  RedisProxy proxy(redis.socket());
  proxy.judge_requests([](std::string_view request) {
    return is_read_of_all(request) ? Fate::kHangUp : Fate::kForward;
  });
  auto settings = ClusterNode::settings(proxy.url());
  int waits = 0;
  settings.cluster.on_wait = [&](const std::string&) {
    // The rows have been read, and none of the events.
    if (++waits == 1) redis.restart();
    proxy.judge_requests(nullptr);
    return true;
  };
  ClusterNode b(settings);
  CHECK(waits >= 1);
  CHECK(b.rows.lines() == Lines{"1 cpu=of cpu:"});
  CHECK(a.put(3, "new").id.sequence() == 2);
  b.wait_for_head(2);
  CHECK(b.rows.lines() == Lines{"1 cpu=of cpu:", "3 new=of new:"});
  CHECK(b.rows.lines() == a.rows.lines());
}

TEST_CASE("An append for which there is no memory is answered, and the next one is taken",
          "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode a(redis.url());
  auto append = a.empty();
  append.add({"e", "t", "1"});
  append.keep_repeat([](const log::Append&) -> RepeatRecord { throw std::bad_alloc(); });
  CHECK(a.ask(std::move(append))->outcome().code == ErrorCode::kUnavailable);
  CHECK(a.event("2").id.sequence() == 1);
  CHECK(a.journal->cluster_counts().pending_appends == 0);
}

TEST_CASE("What arrives after the end is answered", "[cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode a(redis.url());
  std::shared_ptr<test::AskedLater> asked;
  {
    const Gathering gathering;
    asked = a.ask_event("1");
    a.journal->stop(std::chrono::nanoseconds(0));
    CHECK_FALSE(asked->is_known());
  }
  CHECK(asked->is_known());
  CHECK(asked->outcome().code == ErrorCode::kUnavailable);
  CHECK(a.journal->cluster_counts().pending_bytes == 0);
}

}  // namespace
}  // namespace sse::journal
