#include <optional>

#include <malloc.h>

#include "gate/idempotency_stage.h"
#include "support/catch.h"

namespace sse::gate {
namespace {

using namespace std::chrono_literals;
using Stage = test::IdempotencyStage;

http::Request from(const std::string& peer, const std::string& key) {
  auto request = test::keyed(key);
  request.group = peer_group(peer);
  return request;
}

std::string keys_of(const http::Response& response) {
  return std::string(response.fields.get("Idempotency-Keys"));
}

bool is_replay(const http::Response& response) {
  return response.fields.get("Idempotency-Replayed") == "true";
}

/// Many large answers under the keys of one peer.
void flood(Stage& stage, const std::string& peer, int answers) {
  stage.next.body = std::string(3'000'000, 'x');
  for (int i = 0; i < answers; ++i) {
    stage.ask(from(peer, peer + "-" + std::to_string(i)));
  }
  stage.next.body = "answer ";
}

TEST_CASE("A peer that fills the memory for keys pushes out its own alone", "[gate][idempotency]") {
  Stage stage;
  for (const auto* peer : {"10.0.0.1", "2001:db8::1", "unix"}) {
    for (int i = 0; i < 50; ++i) stage.ask(from(peer, peer + std::to_string(i)));
  }
  flood(stage, "10.0.0.2", 40);
  REQUIRE(stage.idempotency.counts().pushed_out > 25);
  REQUIRE(stage.idempotency.counts().bytes <= 32U << 20U);
  for (const auto* peer : {"10.0.0.1", "2001:db8::1", "unix"}) {
    CAPTURE(peer);
    for (int i = 0; i < 50; ++i) CHECK(is_replay(stage.ask(from(peer, peer + std::to_string(i)))));
  }
  CHECK_FALSE(is_replay(stage.ask(from("10.0.0.2", "10.0.0.2-0"))));
}

TEST_CASE("All addresses of an IPv6 /64 have one share", "[gate][idempotency]") {
  Stage stage;
  stage.ask(from("2001:db8:0:1::1", "victim"));
  stage.clock.advance(1s);
  for (int i = 0; i < 20; ++i) flood(stage, "2001:db8:0:2::" + std::to_string(i), 2);
  CHECK(is_replay(stage.ask(from("2001:db8:0:1::1", "victim"))));
  CHECK_FALSE(is_replay(stage.ask(from("2001:db8:0:2::1", "2001:db8:0:2::1-0"))));
}

TEST_CASE("Each peer is told for how long back its own keys are known", "[gate][idempotency]") {
  Stage stage;
  stage.ask(from("10.0.0.1", "mine"));
  stage.clock.advance(100s);
  flood(stage, "10.0.0.2", 20);
  stage.clock.advance(7s);
  CHECK(keys_of(stage.ask(from("10.0.0.1", "mine"))) == "window=600, whole=107");
  CHECK(keys_of(stage.ask(from("10.0.0.3", "first"))) == "window=600, whole=107");
  CHECK(keys_of(stage.ask(from("10.0.0.2", "more"))) == "window=600, whole=7");
  auto old = from("10.0.0.1", "old");
  old.fields.add(kIdempotencyKeyAgeHeader, "100");
  CHECK(stage.ask(old).status == 201);
  old = from("10.0.0.2", "older");
  old.fields.add(kIdempotencyKeyAgeHeader, "100");
  CHECK(stage.ask(old).status == 412);
}

TEST_CASE("A peer that lost all its keys is told so when it comes back", "[gate][idempotency]") {
  Stage stage({.max_bytes = 100'000});
  stage.clock.advance(50s);
  stage.next.body = std::string(24'000, 'x');
  stage.ask(from("10.0.0.1", "large"));
  stage.clock.advance(10s);
  // Each has less than the first one, which is then the one that holds most.
  stage.next.body = std::string(20'000, 'x');
  for (int i = 2; i < 6; ++i) stage.ask(from("10.0.0." + std::to_string(i), std::to_string(i)));
  stage.clock.advance(5s);
  auto again = from("10.0.0.1", "large");
  again.fields.add(kIdempotencyKeyAgeHeader, "16");
  const auto answer = stage.ask(again);
  CHECK(answer.status == 412);
  CHECK(keys_of(answer) == "window=600, whole=15");
  // It has a share again, and what went with the first one is still not known.
  stage.next.body = "x";
  CHECK(keys_of(stage.ask(from("10.0.0.1", "other"))) == "window=600, whole=15");
  stage.clock.advance(1s);
  CHECK(keys_of(stage.ask(from("10.0.0.1", "other"))) == "window=600, whole=16");
}

TEST_CASE("A key is known wherever its client comes from, but to its principal only",
          "[gate][idempotency]") {
  Stage stage;
  stage.ask(from("10.0.0.1", "k"));
  CHECK(is_replay(stage.ask(from("10.0.0.2", "k"))));
  const auto ask_as = [&](const std::string& principal) {
    test::TestCall call(from("10.0.0.1", "k"));
    call.identity() = std::make_shared<const Identity>(Identity{principal});
    http::Finish finish;
    const auto verdict = stage.idempotency.admit(call, finish);
    if (finish) finish(call.response());
    return verdict;
  };
  CHECK(ask_as("ann") == http::Verdict::kGoOn);
  CHECK(ask_as("bob") == http::Verdict::kGoOn);
  CHECK(ask_as("ann") == http::Verdict::kAnswered);
}

TEST_CASE("What keys take is no less than what is allocated for them", "[gate][idempotency]") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return;  // their allocators are their own
#else
  const bool many_peers = GENERATE(false, true);
  const std::size_t body = GENERATE(std::size_t{0}, std::size_t{100}, std::size_t{5'000});
  CAPTURE(many_peers, body);
  std::optional<Stage> stage(std::in_place);
  stage->next.body = std::string(body, 'x');
  stage->ask(from("10.0.0.1", "first"));
  const auto before = mallinfo2().uordblks;
  const auto counted_before = stage->idempotency.counts().bytes;
  for (int i = 0; i < 2'000; ++i) {
    const auto peer = many_peers ? "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250)
                                 : std::string("10.0.0.1");
    stage->ask(from(peer, "8e03978e-40d5-43dd-bc93-6894a57f" + std::to_string(1000 + i)));
  }
  const auto taken = mallinfo2().uordblks - before;
  const auto counted = stage->idempotency.counts().bytes - counted_before;
  INFO(taken << " taken, " << counted << " counted");
  CHECK(counted >= taken);
  CHECK(counted < taken + taken / 2);
#endif
}

/// Has `pieces` as the answer of a request with this key, up to `taken` of them.
void answer_in_pieces(Stage& stage, const std::string& key, std::vector<http::Piece> pieces,
                      std::size_t taken, std::size_t piece_size = 3,
                      std::optional<std::uint64_t> length = {}) {
  test::TestCall call(from("10.0.0.1", key));
  http::Finish finish;
  REQUIRE(stage.idempotency.admit(call, finish) == http::Verdict::kGoOn);
  auto& response = call.response();
  response.status = 200;
  response.length = length;
  response.fields.set("Content-Type", "text/plain");
  response.pieces = [pieces, piece_size, next = std::size_t{0}](
                        std::string& out, const FunctionRef<http::Resume()>&) mutable {
    out.append(piece_size, static_cast<char>('a' + next));
    return pieces.at(next++);
  };
  finish(response);
  finish = nullptr;
  for (std::string sent = "head "; taken > 0; --taken) {
    response.pieces(sent, []() -> http::Resume { return nullptr; });
  }
}

TEST_CASE("An answer in pieces is given again when its last piece was sent", "[gate][pieces]") {
  using enum http::Piece;
  Stage stage;
  answer_in_pieces(stage, "k", {kMore, kMore, kLast}, 3);
  const auto again = stage.ask(from("10.0.0.1", "k"));
  CHECK(again.status == 200);
  CHECK(is_replay(again));
  CHECK(again.body == "aaabbbccc");
  CHECK(again.fields.get("Content-Type") == "text/plain");
}

TEST_CASE("An answer whose first piece fails is an error, and its key is free again",
          "[gate][pieces]") {
  using enum http::Piece;
  const auto how = GENERATE(kFailed, kGone);
  Stage stage;
  answer_in_pieces(stage, "k", {how}, 1);
  CHECK(stage.ask(from("10.0.0.1", "k")).status == 201);
  CHECK(stage.done == 1);
}

TEST_CASE("An answer in pieces that its peer did not get whole is known, and not given again",
          "[gate][pieces]") {
  using enum http::Piece;
  Stage stage;
  SECTION("it left after the first piece") {
    answer_in_pieces(stage, "k", {kMore, kLast}, 1);
  }
  SECTION("it left before") {
    answer_in_pieces(stage, "k", {kLast}, 0);
  }
  SECTION("a later piece failed") {
    answer_in_pieces(stage, "k", {kMore, kFailed}, 2);
  }
  SECTION("the first piece failed, when its status was out") {
    answer_in_pieces(stage, "k", {kFailed}, 1, 3, 12);
  }
  SECTION("the second piece failed, when the first one came late") {
    answer_in_pieces(stage, "k", {kLater, kFailed}, 2);
  }
  SECTION("it is too large") {
    answer_in_pieces(stage, "k", {kMore, kMore, kLast}, 3, 2'000'000);
  }
  const auto again = stage.ask(from("10.0.0.1", "k"));
  CHECK(again.status == 409);
  CHECK(stage.done == 0);
  CHECK(stage.idempotency.counts().bytes < 2'000);
}

TEST_CASE("What was pushed out of one share is not said to be known by the next process",
          "[gate][idempotency]") {
  Stage stage;
  stage.ask(from("10.0.0.2", "first"));
  stage.clock.advance(10s);
  flood(stage, "10.0.0.2", 40);
  REQUIRE(stage.idempotency.counts().pushed_out > 0);
  stage.clock.advance(10s);
  Stage next;
  next.clock.advance(20s);
  const auto carried = stage.idempotency.carried();
  next.idempotency.load(carried.digest_key, carried.since, carried.texts, {});
  auto again = from("10.0.0.2", "first");
  again.fields.add(kIdempotencyKeyAgeHeader, "20");
  CHECK(next.ask(again).status == 412);
}

TEST_CASE("In the next process each peer still pushes out its own answers alone",
          "[gate][idempotency]") {
  Stage stage;
  for (int i = 0; i < 50; ++i) stage.ask(from("10.0.0.1", "a" + std::to_string(i)));
  flood(stage, "10.0.0.2", 8);
  Stage next;
  const auto carried = stage.idempotency.carried();
  next.idempotency.load(carried.digest_key, carried.since, carried.texts, {});
  flood(next, "10.0.0.2", 60);
  REQUIRE(next.idempotency.counts().pushed_out > 0);
  for (int i = 0; i < 50; ++i)
    CHECK(is_replay(next.ask(from("10.0.0.1", "a" + std::to_string(i)))));
}

}  // namespace
}  // namespace sse::gate
