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
  return call.repeat() ? call.repeat()(made) : std::string();
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

TEST_CASE("In a hub in memory nothing is made to be kept", "[idempotency]") {
  Stage stage;
  CHECK(text_of_first(stage, keyed("k"), answer(201, "first")).empty());
}

TEST_CASE("What is no text of an answer is not read as one", "[idempotency]") {
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
