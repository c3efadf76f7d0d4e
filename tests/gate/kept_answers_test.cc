// Keys and answers that outlive the process: what is given away to be kept, and what comes back.

#include <string>
#include <utility>
#include <vector>

#include "sse/gate/answer_text.h"
#include "sse/gate/idempotency.h"

#include "gate/idempotency_stage.h"
#include "support/catch.h"

namespace sse::gate {
namespace {

using namespace std::chrono_literals;
using Stage = test::IdempotencyStage;

constexpr std::array<std::uint64_t, 2> kDigestKey = {1, 2};

http::Request keyed(const std::string& key, const std::string& path = "/events") {
  auto request = test::keyed(key);
  request.target = request.path = path;
  return request;
}

/// What the gate asks to be kept of the first request with a key, when it is answered with `made`.
std::string text_of_first(Stage& stage, const http::Request& request, const http::Response& made) {
  test::TestCall call(request);
  http::Finish finish;
  REQUIRE(stage.idempotency.admit(call, finish) == http::Verdict::kGoOn);
  return call.repeat() ? call.repeat()(made).text : std::string();
}

http::Response answer(int status, const std::string& body) {
  http::Response response;
  response.status = status;
  response.body = body;
  response.fields.set("SSE-Event-Id", "e1");
  return response;
}

TEST_CASE("What is given away to be kept is the answer of a later life", "[idempotency]") {
  std::string text;
  {
    Stage stage;
    stage.idempotency.load(kDigestKey, stage.clock.now().boot, {}, {"/events"});
    text = text_of_first(stage, keyed("k"), answer(201, "first"));
  }
  Stage stage;
  stage.clock.advance(1min);
  const auto now = stage.clock.now().boot;
  stage.idempotency.load(kDigestKey, now - 5min, {{now - 1min, text}}, {"/events"});
  const auto again = stage.ask(keyed("k"));
  CHECK(again.status == 201);
  CHECK(again.body == "first");
  CHECK(again.fields.get("SSE-Event-Id") == "e1");
  CHECK(again.fields.get("Idempotency-Replayed") == "true");
  CHECK(again.fields.get("Idempotency-Keys") == "window=600, whole=300");
  auto other = keyed("k");
  other.body = "another";
  CHECK(stage.ask(other).status == 422);
  CHECK(stage.done == 0);
  stage.clock.advance(9min);  // its window counts from its answer
  CHECK(stage.ask(keyed("k")).body == "answer 1");
}

TEST_CASE("Answers of paths that are kept elsewhere are known for longer than others",
          "[idempotency]") {
  Stage stage;
  const auto now = stage.clock.now().boot;
  stage.idempotency.load(kDigestKey, now - 5min, {}, {"/events"});
  auto old = keyed("old");
  old.fields.add("Idempotency-Key-Age", "60");
  CHECK(stage.ask(old).status == 201);  // it would be known, so it was not taken
  auto mounted = keyed("other", "/mounted");
  mounted.fields.add("Idempotency-Key-Age", "60");
  CHECK(stage.ask(mounted).status == 412);
}

TEST_CASE("Only answers of success are kept, and of large ones that they were given",
          "[idempotency]") {
  Stage stage({.max_bytes = 1U << 20U});
  stage.idempotency.load(kDigestKey, stage.clock.now().boot, {}, {"/events"});
  CHECK(text_of_first(stage, keyed("a"), answer(503, "no")).empty());
  CHECK(text_of_first(stage, keyed("b", "/mounted"), answer(201, "yes")).empty());
  const auto large =
      read_answer_text(text_of_first(stage, keyed("c"), answer(200, std::string(1U << 20U, 'x'))));
  REQUIRE(large);
  CHECK_FALSE(large->answer->is_whole);
  CHECK(large->wanted.name == "c");
}

TEST_CASE("Of an owner with much of the memory only that an answer was given is kept elsewhere",
          "[idempotency]") {
  Stage stage({.max_bytes = 1U << 20U});
  stage.idempotency.load(kDigestKey, stage.clock.now().boot, {}, {"/events"});
  std::string text;  // of the second answer
  const auto whole = [&](const std::string& key, const std::string& principal) {
    test::TestCall call(keyed(key));
    call.identity() = std::make_shared<const Identity>(Identity{principal});
    http::Finish finish;
    REQUIRE(stage.idempotency.admit(call, finish) == http::Verdict::kGoOn);
    call.response() = answer(200, std::string(100'000, 'x'));
    if (key == "b") text = call.repeat()(call.response()).text;
    const auto kept = read_answer_text(call.repeat()(call.response()).text);
    finish(call.response());
    REQUIRE(kept);
    return kept->answer->is_whole;
  };
  CHECK(whole("a", "busy"));
  CHECK_FALSE(whole("b", "busy"));
  CHECK(whole("c", "other"));
  CHECK(stage.idempotency.counts().answers == 3);

  Stage later({.max_bytes = 1U << 20U});
  const auto now = later.clock.now().boot;
  later.idempotency.load(kDigestKey, now - 5min, {{now - 1min, text}}, {"/events"});
  test::TestCall again(keyed("b"));
  again.identity() = std::make_shared<const Identity>(Identity{"busy"});
  http::Finish finish;
  REQUIRE(later.idempotency.admit(again, finish) == http::Verdict::kAnswered);
  CHECK(again.response().status == 409);
  CHECK(again.response().fields.get("Retry-After").empty());  // it never gets another answer
  CHECK(again.response().body.find("--max-idempotency-bytes") != std::string::npos);
}

/// A request with a key, answered with 504 while what may tell its outcome is held.
struct Unknown {
  explicit Unknown(Stage& stage) {
    stage.idempotency.load(kDigestKey, stage.clock.now().boot, {}, {"/events"});
    test::TestCall call(keyed("k"));
    http::Finish finish;
    REQUIRE(stage.idempotency.admit(call, finish) == http::Verdict::kGoOn);
    record = call.repeat()(answer(201, "first"));
    http::Response unknown = answer(504, "unknown");
    finish(unknown);
  }
  RepeatRecord record;
};

TEST_CASE("A key of an unknown outcome is in flight until the outcome is known", "[idempotency]") {
  Stage stage;
  Unknown unknown(stage);
  const auto before = stage.ask(keyed("k"));
  CHECK(before.status == 409);
  CHECK(before.fields.get("Retry-After") == "1");
  CHECK(stage.done == 0);
  SECTION("it holds: a repeat gets the answer") {
    unknown.record.settle(true);
    const auto again = stage.ask(keyed("k"));
    CHECK(again.status == 201);
    CHECK(again.body == "first");
    CHECK(again.fields.get("Idempotency-Replayed") == "true");
    unknown.record = {};
    CHECK(stage.ask(keyed("k")).body == "first");
  }
  SECTION("it does not: a repeat is a new request") {
    unknown.record.settle(false);
    unknown.record = {};
    CHECK(stage.ask(keyed("k")).body == "answer 1");
  }
  SECTION("it stays unknown: so says a repeat") {
    unknown.record = {};
    CHECK(stage.ask(keyed("k")).status == 504);
    CHECK(stage.done == 0);
  }
}

TEST_CASE("An outcome that is known before its 504 is written is the answer", "[idempotency]") {
  Stage stage;
  stage.idempotency.load(kDigestKey, stage.clock.now().boot, {}, {"/events"});
  const bool is_so = GENERATE(true, false);
  CAPTURE(is_so);
  {
    test::TestCall call(keyed("k"));
    http::Finish finish;
    REQUIRE(stage.idempotency.admit(call, finish) == http::Verdict::kGoOn);
    call.repeat()(answer(201, "first")).settle(is_so);
    http::Response unknown = answer(504, "unknown");
    finish(unknown);
  }
  CHECK(stage.ask(keyed("k")).body == (is_so ? "first" : "answer 1"));
}

TEST_CASE("A call that outlives its response does not hold the key", "[idempotency]") {
  Stage stage;
  stage.idempotency.load(kDigestKey, stage.clock.now().boot, {}, {"/events"});
  test::TestCall call(keyed("k"));
  http::Finish finish;
  REQUIRE(stage.idempotency.admit(call, finish) == http::Verdict::kGoOn);
  http::Response refused = answer(503, "no");
  std::exchange(finish, nullptr)(refused);
  CHECK(stage.ask(keyed("k")).status == 201);
}

TEST_CASE("In a hub in memory nothing is made to be kept", "[idempotency]") {
  Stage stage;
  CHECK(text_of_first(stage, keyed("k"), answer(201, "first")).empty());
}

TEST_CASE("A text that is not an answer's is not read as one", "[idempotency]") {
  KeptAnswer kept;
  kept.status = 200;
  kept.body = "body";
  kept.fields.add("A", "b");
  const std::string text = text_of({"name", "owner", {3, 4}}, kept);
  REQUIRE(read_answer_text(text));
  CHECK(read_answer_text(text)->wanted.fingerprint == Digest{3, 4});
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto cut = read_answer_text(text.substr(0, size));
    // A cut between two fields is shorter, and whole.
    if (cut) CHECK(cut->answer->fields.size() < kept.fields.size());
  }
  CHECK_FALSE(read_answer_text("2" + text.substr(1)));
  CHECK_FALSE(read_answer_text(text + "x"));
  CHECK_FALSE(read_answer_text("1 200 1 0 0 99999999999999999999 "));
}

}  // namespace
}  // namespace sse::gate
