// A request with a key is done once, whichever node it is repeated on.

#include <signal.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "journal/cluster_node.h"
#include "support/catch.h"
#include "support/redis_proxy.h"
#include "support/redis_server.h"

namespace sse::journal {
namespace {

using test::ClusterNode;
using test::has_redis;
using test::RedisServer;
using Kind = log::Outcome::Kind;

struct Keyed {
  explicit Keyed(const std::string& fingerprint = std::string(16, 'f')) {
    claim->name = "key";
    claim->fingerprint = fingerprint;
  }

  log::Append append(const ClusterNode& node, const std::string& answer) const {
    claim->digest_key = node.digest_key;
    log::Append append = node.empty();
    append.add({"e", "t", "1"});
    append.add({"e", "t", "2"});
    append.keep_repeat([claim = claim, answer](const log::Append&) {
      RepeatRecord record(answer);
      record.claim = claim;
      return record;
    });
    return append;
  }

  std::shared_ptr<RepeatClaim> claim = std::make_shared<RepeatClaim>();
};

TEST_CASE("A key that another node has taken gets its answer, and nothing is published",
          "[cluster][once]") {
  if (!has_redis()) return;
  RedisServer redis;
  auto settings = ClusterNode::settings(redis.url());
  settings.repeats.window = std::chrono::minutes(10);
  ClusterNode a(settings);
  ClusterNode b(settings);
  const Keyed first;
  const auto done = a.ask(first.append(a, "the answer"));
  CHECK(done->outcome(1).id.sequence() == 2);
  CHECK_FALSE(first.claim->known);
  a.event("3");  // after it the answer is kept

  const Keyed repeated;
  const auto again = b.ask(repeated.append(b, "another answer"));
  CHECK(again->outcome(0).code == ErrorCode::kConflict);
  CHECK(again->outcome(1).code == ErrorCode::kConflict);
  REQUIRE(repeated.claim->known);
  CHECK(repeated.claim->known->fingerprint == first.claim->fingerprint);
  CHECK(repeated.claim->known->text == "the answer");

  const Keyed other(std::string(16, 'g'));
  CHECK(b.ask(other.append(b, ""))->outcome().code == ErrorCode::kConflict);
  REQUIRE(other.claim->known);
  CHECK(other.claim->known->fingerprint != other.claim->fingerprint);  // the gate says 422
  b.event("4");
  CHECK(b.log.head() == 4);
}

TEST_CASE("A key that was told by the name of a log that is lost is not taken under that name",
          "[cluster][once]") {
  if (!has_redis()) return;
  RedisServer redis;
  test::RedisProxy proxy(redis.socket());
  auto settings = ClusterNode::settings(proxy.url());
  settings.repeats.window = std::chrono::minutes(10);
  ClusterNode a(settings);
  a.event("before");
  std::atomic<bool> is_cut = true;
  proxy.judge_requests([&](std::string_view) {
    return is_cut ? test::RedisProxy::Fate::kHangUp : test::RedisProxy::Fate::kForward;
  });
  const Keyed first;
  const auto asked = a.ask(first.append(a, "the answer"));
  redis.call({"FLUSHALL"});
  settings.cluster.url = redis.url();
  ClusterNode b(settings);  // its key of digests is that of the new log
  REQUIRE(a.digest_key != b.digest_key);
  is_cut = false;
  CHECK(asked->outcome().code == ErrorCode::kUnavailable);

  // Of a request that was read before the node knew of it.
  const Keyed late;
  CHECK(a.ask(late.append(a, "the answer"))->outcome().code == ErrorCode::kUnavailable);
  CHECK(b.log.head() == 0);

  a.digest_key = b.digest_key;
  const Keyed again;
  CHECK(a.ask(again.append(a, "the answer"))->outcome(1).kind == Kind::kAppended);
  const Keyed repeated;
  CHECK(b.ask(repeated.append(b, "another answer"))->outcome().code == ErrorCode::kConflict);
  CHECK(b.log.head() == 2);
}

TEST_CASE("Of an answer that is lost the id of the first event is known", "[cluster][once]") {
  if (!has_redis()) return;
  RedisServer redis;
  auto settings = ClusterNode::settings(redis.url());
  settings.repeats.window = std::chrono::minutes(10);
  ClusterNode a(settings);
  a.event("before");
  const Keyed first;
  const auto id = a.ask(first.append(a, ""))->outcome().id;  // an answer that is not kept
  const Keyed repeated;
  a.ask(repeated.append(a, ""))->outcome();
  REQUIRE(repeated.claim->known);
  CHECK(repeated.claim->known->text.empty());
  CHECK(repeated.claim->known->event_id == wire::to_string(id));
}

TEST_CASE("A key is taken by what it has published, and lost with it", "[cluster][once]") {
  if (!has_redis()) return;
  RedisServer redis;
  auto settings = ClusterNode::settings(redis.url());
  settings.repeats.window = std::chrono::minutes(10);
  ClusterNode a(settings);
  const Keyed nothing;
  log::Append append = nothing.append(a, "");
  append.clear();
  append.add({"e", "t", "x"}, {log::RowChange::Kind::kErase, {0, 7}, {}, {}},
             log::Condition::kRowExists);
  append.keep_repeat([claim = nothing.claim](const log::Append&) {
    RepeatRecord record("404");
    record.claim = claim;
    return record;
  });
  CHECK(a.ask(std::move(append))->outcome().kind == Kind::kNoSuchRow);
  const Keyed again;
  CHECK(a.ask(again.append(a, "done"))->outcome().kind == Kind::kAppended);
  redis.restart();  // and all is gone
  const Keyed after;
  CHECK(a.ask(after.append(a, "done"))->outcome().id.sequence() == 1);
}

/// A request whose key is held while its outcome may still be learnt, as the gate does it.
struct HeldKey {
  log::Append append(const ClusterNode& node) const {
    log::Append append = node.empty();
    append.add({"e", "t", "keyed"});
    append.keep_repeat([held = std::weak_ptr(held), settled = settled](const log::Append&) {
      RepeatRecord record("text");
      if (auto key = held.lock()) record.settle = [key, settled](bool is_so) { *settled = is_so; };
      return record;
    });
    return append;
  }

  std::shared_ptr<int> held = std::make_shared<int>();
  std::shared_ptr<std::atomic<int>> settled = std::make_shared<std::atomic<int>>(-1);
};

TEST_CASE("A request that was answered too early learns what has become of it", "[cluster][once]") {
  if (!has_redis()) return;
  RedisServer redis({"--appendonly", "yes", "--appendfsync", "always"});
  auto settings = ClusterNode::settings(redis.url());
  settings.cluster.timeout = std::chrono::milliseconds(100);
  ClusterNode a(settings);
  a.event("before");
  redis.program().signal(SIGSTOP);
  HeldKey key;
  const auto asked = a.ask(key.append(a));
  CHECK(asked->outcome().code == ErrorCode::kUnknown);
  const std::weak_ptr<int> held = std::exchange(key.held, nullptr);
  CHECK_FALSE(held.expired());
  CHECK(*key.settled == -1);
  const bool is_taken = GENERATE(true, false);
  CAPTURE(is_taken);
  if (is_taken) {
    redis.program().signal(SIGCONT);
  } else {
    redis.restart();
  }
  test::wait_until([&] { return held.expired(); }, "the key is given back");
  CHECK(*key.settled == (is_taken ? 1 : 0));
  test::wait_until([&] { return a.event("after").kind == Kind::kAppended; }, "it goes on");
  CHECK((a.all().find("keyed") != std::string::npos) == is_taken);
}

TEST_CASE("A key whose event lacks replicas is given back: a repeat asks Redis again",
          "[cluster][once]") {
  if (!has_redis()) return;
  RedisServer redis;
  auto settings = ClusterNode::settings(redis.url());
  settings.cluster.timeout = std::chrono::milliseconds(100);
  settings.cluster.replicas = 1;
  ClusterNode a(settings);
  const bool is_early = GENERATE(false, true);
  CAPTURE(is_early);
  if (is_early) redis.program().signal(SIGSTOP);
  HeldKey key;
  CHECK(a.ask(key.append(a))->outcome().code == ErrorCode::kUnknown);
  const std::weak_ptr<int> held = std::exchange(key.held, nullptr);
  redis.program().signal(SIGCONT);
  test::wait_until([&] { return held.expired(); }, "the key is given back");
  CHECK(*key.settled == 0);
  a.wait_for_head(1);
}

TEST_CASE("A call that Redis refuses after it was answered is known not to be taken",
          "[cluster][once]") {
  if (!has_redis()) return;
  RedisServer redis;
  auto settings = ClusterNode::settings(redis.url());
  settings.cluster.timeout = std::chrono::milliseconds(100);
  ClusterNode a(settings);
  a.event("before");
  redis.call({"CONFIG", "SET", "min-replicas-to-write", "1"});
  redis.program().signal(SIGSTOP);
  HeldKey key;
  CHECK(a.ask(key.append(a))->outcome().code == ErrorCode::kUnknown);
  const std::weak_ptr<int> held = std::exchange(key.held, nullptr);
  // Redis refuses it, and is not asked again.
  redis.program().signal(SIGCONT);
  test::wait_until([&] { return held.expired(); }, "the key is given back");
  CHECK(*key.settled == 0);
  redis.call({"CONFIG", "SET", "min-replicas-to-write", "0"});
  test::wait_until([&] { return a.event("after").kind == Kind::kAppended; }, "it goes on");
  CHECK(a.log.head() == 2);
}

}  // namespace
}  // namespace sse::journal
