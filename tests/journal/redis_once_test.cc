// A request with a key is done once, whichever node it is repeated on.

#include <memory>
#include <string>

#include "journal/cluster_node.h"
#include "support/catch.h"
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

}  // namespace
}  // namespace sse::journal
