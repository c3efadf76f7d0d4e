#include "sse/gate/idempotency.h"

#include <atomic>
#include <thread>
#include <vector>

#include "sse/gate/idempotency_key.h"

#include "gate/idempotency_stage.h"
#include "support/catch.h"

namespace sse::gate {
namespace {

using namespace std::chrono_literals;
using test::keyed;
using Stage = test::IdempotencyStage;

TEST_CASE("A key takes of the turn what its body takes to be hashed", "[gate][idempotency]") {
  Stage stage;
  http::Finish finish;
  test::TestCall small(test::keyed("a", "{}"));
  REQUIRE(stage.idempotency.admit(small, finish) == http::Verdict::kGoOn);
  test::TestCall large(test::keyed("b", std::string(1'000'000, ' ')));
  REQUIRE(stage.idempotency.admit(large, finish) == http::Verdict::kGoOn);
  CHECK(small.budget().left() - large.budget().left() > Budget::kStepsPerMillisecond / 2);
}

TEST_CASE("A repeated POST gets the first answer again, and nothing is done twice",
          "[api][idempotency]") {
  Stage stage;
  const auto first = stage.ask(keyed("k"));
  CHECK_FALSE(first.fields.has("Idempotency-Replayed"));
  for (int i = 0; i < 3; ++i) {
    const auto again = stage.ask(keyed("k"));
    CHECK(again.status == 201);
    CHECK(again.body == "answer 1");
    CHECK(again.fields.get("SSE-Event-Id") == "e1");
    CHECK(again.fields.get("Idempotency-Replayed") == "true");
    // What belongs to the one request is its own.
    CHECK(again.fields.count("Access-Control-Allow-Origin") == 1);
    CHECK(again.fields.get("Access-Control-Allow-Origin") == "http://" + std::to_string(i + 2));
  }
  CHECK(stage.done == 1);
  CHECK(stage.idempotency.counts().replayed == 3);
  CHECK(stage.idempotency.counts().answers == 1);
}

TEST_CASE("Requests without a key, and of other methods, are not looked at", "[api][idempotency]") {
  Stage stage;
  auto plain = test::request_with("{}");
  auto put = keyed("k");
  put.method = "PUT";
  for (int i = 0; i < 2; ++i) {
    stage.ask(plain);
    stage.ask(put);
  }
  CHECK(stage.done == 4);
  CHECK(stage.idempotency.counts().answers == 0);
}

TEST_CASE("A window of nothing is the same as none", "[api][idempotency]") {
  Stage stage({.window = 0s});
  stage.ask(keyed("k"));
  stage.ask(keyed("k"));
  CHECK(stage.done == 2);
}

TEST_CASE("A key is known for its window, counted from the answer", "[api][idempotency]") {
  Stage stage;
  stage.ask(keyed("k"));
  stage.clock.advance(10min - 1ns);
  stage.ask(keyed("k"));
  CHECK(stage.done == 1);
  stage.clock.jump_wall(24h);  // a wall clock that jumps changes nothing
  stage.ask(keyed("k"));
  CHECK(stage.done == 1);
  stage.clock.advance(1ns);
  CHECK(stage.ask(keyed("k")).body == "answer 2");
  CHECK(stage.done == 2);
  CHECK(stage.idempotency.counts().pushed_out == 0);
}

TEST_CASE("A key whose request is still being answered is 409", "[api][idempotency]") {
  Stage stage;
  test::TestCall first(keyed("k"));
  http::Finish finish;
  REQUIRE(stage.idempotency.admit(first, finish) == http::Verdict::kGoOn);
  const auto second = stage.ask(keyed("k"));
  CHECK(second.status == 409);
  CHECK(second.fields.get("Retry-After") == "1");
  CHECK(stage.done == 0);
  CHECK(stage.idempotency.counts().conflicts == 1);
  SECTION("until it has its answer") {
    first.response().status = 200;
    first.response().body = "first";
    finish(first.response());
    CHECK(stage.ask(keyed("k")).body == "first");
  }
  SECTION("until it is given up without one") {
    finish = nullptr;
    CHECK(stage.ask(keyed("k")).status == 201);
    CHECK(stage.done == 1);
  }
}

TEST_CASE("The key of another request is 422", "[api][idempotency]") {
  Stage stage;
  stage.ask(keyed("k", "one"));
  auto other_path = keyed("k", "one");
  other_path.target = "/metrics";
  auto other_query = keyed("k", "one");
  other_query.target = "/events?a=b";
  auto other_type = keyed("k", "one");
  other_type.fields.set("Content-Type", "application/x-ndjson");
  for (const auto& request : {keyed("k", "two"), other_path, other_query, other_type}) {
    CAPTURE(request.target, request.body);
    const auto answer = stage.ask(request);
    CHECK(answer.status == 422);
    CHECK_FALSE(answer.fields.has("Idempotency-Replayed"));
  }
  CHECK(stage.ask(keyed("k", "one")).status == 201);
  CHECK(stage.done == 1);
  CHECK(stage.idempotency.counts().mismatches == 4);
}

TEST_CASE("What failed is not kept: it may succeed when it is tried again", "[api][idempotency]") {
  Stage stage;
  for (const int status : {400, 404, 413, 422, 500, 503, 507}) {
    CAPTURE(status);
    stage.next.status = status;
    CHECK(stage.ask(keyed("k")).status == status);
  }
  stage.next.status = 201;
  CHECK(stage.ask(keyed("k")).status == 201);
  CHECK(stage.ask(keyed("k", "{}")).fields.get("Idempotency-Replayed") == "true");
  CHECK(stage.done == 8);
}

TEST_CASE("When memory is full the oldest answers go first", "[api][idempotency]") {
  Stage stage({.max_bytes = 100'000});
  stage.next.body = std::string(1'000, 'x');
  for (int i = 0; i < 1'000; ++i) {
    stage.ask(keyed("k" + std::to_string(i)));
    REQUIRE(stage.idempotency.counts().bytes <= 100'000);
  }
  const auto counts = stage.idempotency.counts();
  CHECK(counts.kept == 1'000);
  CHECK(counts.pushed_out == 1'000 - counts.answers);
  REQUIRE(counts.answers > 50);
  REQUIRE(counts.answers < 100);
  stage.ask(keyed("k" + std::to_string(1'000 - counts.answers)));  // the oldest that is kept
  CHECK(stage.done == 1'000);
  stage.ask(keyed("k" + std::to_string(999 - counts.answers)));
  CHECK(stage.done == 1'001);
}

std::string keys_of(const http::Response& response) {
  return std::string(response.fields.get("Idempotency-Keys"));
}

http::Request aged(const std::string& key, const std::string& age) {
  auto request = keyed(key);
  request.fields.add(kIdempotencyKeyAgeHeader, age);
  return request;
}

TEST_CASE("Each answer to a key says how long keys are known, and since when",
          "[api][idempotency]") {
  Stage stage;
  CHECK(keys_of(stage.ask(test::request_with("{}"))).empty());
  CHECK(keys_of(stage.ask(keyed("k"))) == "window=600, whole=0");
  stage.clock.advance(583'900ms);
  const auto again = stage.ask(keyed("k"));
  CHECK(keys_of(again) == "window=600, whole=583");
  CHECK(again.fields.count("Idempotency-Keys") == 1);
  stage.clock.advance(1h);
  stage.next.status = 503;
  CHECK(keys_of(stage.ask(keyed("k"))) == "window=600, whole=600");
}

TEST_CASE("A key that may have been forgotten is refused, and nothing is done",
          "[api][idempotency]") {
  Stage stage({.max_bytes = 100'000});
  stage.clock.advance(10s);
  CHECK(stage.ask(aged("old", "10.001")).status == 412);
  CHECK(stage.ask(aged("new", "10.000")).status == 201);
  CHECK(stage.ask(aged("new", "3600")).status == 201);  // known is known
  CHECK(stage.done == 1);
  SECTION("by its window") {
    stage.clock.advance(1h);
    CHECK(stage.ask(aged("k", "600.001")).status == 412);
    CHECK(stage.ask(aged("k", "600")).status == 201);
  }
  SECTION("for lack of room") {
    stage.clock.advance(5s);
    stage.next.body = std::string(20'000, 'x');
    for (int i = 0; i < 6; ++i) stage.ask(keyed("k" + std::to_string(i)));
    REQUIRE(stage.idempotency.counts().pushed_out > 1);
    stage.clock.advance(7s);
    CHECK(keys_of(stage.ask(keyed("k5"))) == "window=600, whole=7");
    CHECK(stage.ask(aged("k0", "7.5")).status == 412);
    CHECK(stage.ask(aged("k5", "7.5")).fields.get("Idempotency-Replayed") == "true");
  }
}

TEST_CASE("The age of a key is seconds", "[api][idempotency]") {
  Stage stage;
  for (const char* const bad : {"", "x", "-1", "1.", ".5", "1.2345", "1 ", "+1", "1.-1", "1e3",
                                "1234567890", "18446744073709551616"}) {
    CAPTURE(bad);
    CHECK(stage.ask(aged("k", bad)).status == 400);
  }
  CHECK(*read_idempotency_key_age(aged("k", "1.25")) == 1250ms);
  CHECK(*read_idempotency_key_age(aged("k", "999999999")) == 999'999'999s);
  CHECK(stage.done == 0);
}

TEST_CASE("An answer that is too large is not kept, but not given twice either",
          "[api][idempotency]") {
  Stage stage({.max_bytes = 100'000});
  SECTION("in one piece") {
    stage.next.body = std::string(30'000, 'x');
  }
  SECTION("in pieces") {
    test::TestCall call(keyed("k"));
    http::Response& response = call.response();
    http::Finish finish;
    REQUIRE(stage.idempotency.admit(call, finish) == http::Verdict::kGoOn);
    response.status = 200;
    response.pieces = [](std::string&, const auto&) { return http::Piece::kLast; };
    finish(response);
    ++stage.done;
  }
  if (stage.done == 0) CHECK(stage.ask(keyed("k")).status == 201);
  const auto again = stage.ask(keyed("k"));
  CHECK(again.status == 409);
  CHECK(again.body.find("too large") != std::string::npos);
  CHECK(stage.done == 1);
  CHECK(stage.idempotency.counts().bytes < 2'000);
}

TEST_CASE("A key is a quoted string or a word", "[api][idempotency]") {
  const auto key_of = [](const std::string& header) { return read_idempotency_key(keyed(header)); };
  const std::vector<std::pair<std::string, std::string>> good = {
      {"\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", "8e03978e-40d5-43dd-bc93-6894a57f9324"},
      {"8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"},
      {"\"a \\\"b\\\" \\\\c\"", "a \"b\" \\c"},
      {"YWJjZA==", "YWJjZA=="},
      {"*a/b:c", "*a/b:c"},
      {std::string(kMaxIdempotencyKey, 'x'), std::string(kMaxIdempotencyKey, 'x')}};
  for (const auto& [header, expected] : good) {
    CAPTURE(header);
    const auto key = key_of(header);
    REQUIRE(key);
    CHECK(*key == expected);
  }
  for (const std::string header :
       {"", "\"\"", "\"", "\"a", "a\"", "\"a\"b\"", "\"a\\b\"", "\"a\\\"", "two words", "\"a\";p=1",
        "a,b", "\"tab\there\"", "\"\xC3\xA4\"", "\xC3\xA4", "x\x7Fy"}) {
    CAPTURE(header);
    const auto key = key_of(header);
    REQUIRE_FALSE(key);
    CHECK(key.error().text.find("Idempotency-Key: ") == 0);
  }
  CHECK_FALSE(key_of(std::string(kMaxIdempotencyKey + 1, 'x')));
  auto twice = keyed("a");
  twice.fields.add(kIdempotencyKeyHeader, "a");
  CHECK_FALSE(read_idempotency_key(twice));
}

TEST_CASE("A malformed key is 400 and nothing is done; both spellings are one key",
          "[api][idempotency]") {
  Stage stage;
  CHECK(stage.ask(keyed("")).status == 400);
  CHECK(stage.ask(keyed("two words")).status == 400);
  CHECK(stage.done == 0);
  stage.ask(keyed("abc"));
  CHECK(stage.ask(keyed("\"abc\"")).fields.get("Idempotency-Replayed") == "true");
}

TEST_CASE("Of many who ask at once with one key, one does it", "[api][idempotency]") {
  constexpr int kThreads = 4;
  constexpr std::size_t kKeys = 500;
  test::ManualClock clock;
  test::FixedRandom random;
  Idempotency idempotency({}, clock, random);
  std::vector<std::atomic<int>> tried(kKeys);
  std::vector<std::atomic<int>> succeeded(kKeys);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (std::size_t k = 0; k < kKeys; ++k) {
        for (int repeat = 0; repeat < 2; ++repeat) {
          test::TestCall call(keyed(std::to_string(k)));
          http::Response& response = call.response();
          http::Finish finish;
          if (idempotency.admit(call, finish) == http::Verdict::kAnswered) continue;
          const bool fails = ++tried[k] == 1 && k % 7 == 0;
          if (!fails) ++succeeded[k];
          response.status = fails ? 503 : 201;
          finish(response);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (std::size_t k = 0; k < kKeys; ++k) {
    CAPTURE(k);
    CHECK(succeeded[k] <= 1);
    CHECK((succeeded[k] == 1 || k % 7 == 0));
  }
  const auto counts = idempotency.counts();
  CHECK(counts.kept == counts.answers);
  CHECK(counts.replayed > 0);
}

TEST_CASE("An answer that comes after the store is gone is nothing to it", "[api][idempotency]") {
  test::ManualClock clock;
  test::FixedRandom random;
  http::Finish finish;
  {
    Idempotency idempotency({}, clock, random);
    test::TestCall call(keyed("k"));
    REQUIRE(idempotency.admit(call, finish) == http::Verdict::kGoOn);
  }
  http::Response response;
  response.status = 200;
  finish(response);
}

}  // namespace
}  // namespace sse::gate
