#include "sse/client/publishing_client.h"

#include <set>
#include <string>
#include <vector>

#include "sse/base/uuid.h"

#include "support/catch.h"
#include "support/fixed_random.h"
#include "support/manual_clock.h"
#include "support/scripted_http.h"

namespace sse::client {
namespace {

using test::answer;
using test::ScriptedAnswer;
using Kind = PublishError::Kind;

constexpr char kMetricId[] = "018f4c2e-0123-7456-89ab-cdef01234567";

/// Waits by moving the clock, and keeps how long.
class InstantWaiter final : public Waiter {
 public:
  explicit InstantWaiter(test::ManualClock& clock) : clock_(clock) {}

  Woke wait(int /*fd*/, std::optional<BootTime> deadline) override {
    if (interrupt) return Woke::kInterrupted;
    const auto pause = *deadline - clock_.now().boot;
    pauses.push_back(pause);
    clock_.advance(pause);
    return Woke::kDeadline;
  }

  bool interrupt = false;
  std::vector<std::chrono::nanoseconds> pauses;

 private:
  test::ManualClock& clock_;
};

struct Stage {
  test::ManualClock clock;
  InstantWaiter waiter{clock};
  test::FixedRandom random;

  PublishingClient client(const std::string& url,
                          std::chrono::nanoseconds timeout = std::chrono::minutes(1)) {
    PublishingClient::Options options;
    options.connection.hub = *Endpoint::parse(url);
    options.connection.headers = {{"X-Test", "a%0ab"}};
    options.timeout = timeout;
    return PublishingClient(options, clock, waiter, random);
  }
};

const NewReading kReading{kMetricId, "1.50", std::nullopt};

TEST_CASE("A reading is sent with its digits and the id comes back", "[client][publish]") {
  test::ScriptedHttp hub({answer(201, R"({"id":"r1"})", "SSE-Event-Id: e1\r\n")});
  Stage stage;
  auto client = stage.client(hub.url());
  const auto receipt = client.publish(kReading);
  REQUIRE(receipt);
  CHECK(receipt->event_id == "e1");
  CHECK(receipt->body == R"({"id":"r1"})");
  const auto request = hub.requests().at(0);
  CHECK_THAT(request, Catch::StartsWith("POST /metrics/readings HTTP/1.1\r\n"));
  CHECK_THAT(request, Catch::Contains("X-Test: a%0ab\r\n"));
  CHECK_THAT(request, Catch::EndsWith("\r\n\r\n{\"metric_id\":\"" + std::string(kMetricId) +
                                      "\",\"value\":1.50}"));
}

TEST_CASE("One connection serves many requests", "[client][publish]") {
  test::ScriptedHttp hub({answer(201, "{}")});
  Stage stage;
  auto client = stage.client(hub.url());
  for (int i = 0; i < 5; ++i) REQUIRE(client.publish(kReading));
  CHECK(hub.connections() == 1);
  stage.clock.advance(std::chrono::seconds(30));
  REQUIRE(client.publish(kReading));
  CHECK(hub.connections() == 2);
}

TEST_CASE("A draining hub is asked again, not before it wishes", "[client][publish]") {
  test::ScriptedHttp hub(
      {answer(503, "{}", "Retry-After: 7\r\n"), answer(429, "{}"), answer(201, "{}")});
  Stage stage;
  auto client = stage.client(hub.url());
  CHECK(client.publish(kReading));
  CHECK(hub.requests().size() == 3);
  REQUIRE(stage.waiter.pauses.size() == 2);
  CHECK(stage.waiter.pauses[0] >= std::chrono::seconds(7));
}

TEST_CASE("A refused connection is tried again with growing pauses", "[client][publish]") {
  Stage stage;
  auto client = stage.client("http://127.0.0.1:" + std::to_string(test::closed_port()));
  const auto receipt = client.publish(kReading);
  REQUIRE_FALSE(receipt);
  CHECK(receipt.error().kind == Kind::kUnavailable);
  CHECK_THAT(receipt.error().text, Catch::Contains("tried 6 times"));
  REQUIRE(stage.waiter.pauses.size() == 5);
  CHECK(stage.waiter.pauses.back() >= std::chrono::milliseconds(1600));
}

std::string header_of(const std::string& request, const std::string& name) {
  const auto at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

std::string key_of(const std::string& request) {
  const std::string key = header_of(request, "Idempotency-Key");
  REQUIRE_FALSE(key.empty());
  return key;
}

TEST_CASE("A request whose fate is unknown is repeated with the same key", "[client][publish]") {
  const ScriptedAnswer half{"HTTP/1.1 201 Created\r\nContent-Length: 20\r\n\r\n{\"id\"",
                            ScriptedAnswer::Then::kClose};
  test::ScriptedHttp hub({{"", ScriptedAnswer::Then::kClose},
                          half,
                          answer(502, ""),
                          answer(504, ""),
                          answer(409, R"({"error":"in flight"})", "Retry-After: 1\r\n"),
                          answer(201, R"({"id":"r1"})", "Idempotency-Replayed: true\r\n")});
  Stage stage;
  auto client = stage.client(hub.url());
  const auto receipt = client.publish(kReading);
  REQUIRE(receipt);
  CHECK(receipt->body == R"({"id":"r1"})");
  const auto requests = hub.requests();
  REQUIRE(requests.size() == 6);
  for (std::size_t i = 1; i < requests.size(); ++i) {
    // The first one may have been acted upon, so all others say how old it is.
    const std::string age = header_of(requests[i], "Idempotency-Key-Age");
    CHECK_FALSE(age.empty());
    std::string same = requests[i];
    same.erase(same.find("Idempotency-Key-Age"), age.size() + 23);
    CHECK(same == requests.front());
  }
  const auto key = key_of(requests.front());
  REQUIRE(key.size() == 38);
  CHECK(key.front() == '"');
  CHECK(parse_uuid(key.substr(1, 36)));
}

TEST_CASE("Only a try that may have been acted upon has an age", "[client][publish]") {
  test::ScriptedHttp hub({answer(503, "{}"),
                          {"", ScriptedAnswer::Then::kClose},
                          answer(503, "{}", "Retry-After: 7\r\n"),
                          answer(201, "{}", "Idempotency-Keys: window=900, whole=3\r\n")});
  Stage stage;
  auto client = stage.client(hub.url());
  CHECK_FALSE(client.key_window());
  REQUIRE(client.publish(kReading));
  CHECK(client.key_window() == std::chrono::seconds(900));
  const auto requests = hub.requests();
  REQUIRE(requests.size() == 4);
  CHECK(header_of(requests[0], "Idempotency-Key-Age").empty());
  CHECK(header_of(requests[1], "Idempotency-Key-Age").empty());
  const auto age = std::stod(header_of(requests[2], "Idempotency-Key-Age"));
  CHECK(age >= 0.05);
  CHECK(std::stod(header_of(requests[3], "Idempotency-Key-Age")) >= age + 7);
}

TEST_CASE("A hub that has forgotten the first try is not asked again", "[client][publish]") {
  test::ScriptedHttp hub(
      {{"", ScriptedAnswer::Then::kClose}, answer(412, R"({"error":"forgotten"})")});
  Stage stage;
  auto client = stage.client(hub.url());
  const auto receipt = client.publish(kReading);
  REQUIRE_FALSE(receipt);
  CHECK(receipt.error().kind == Kind::kForgotten);
  CHECK(receipt.error().text == "forgotten; it may have been published (tried 2 times)");
  CHECK(hub.requests().size() == 2);
}

TEST_CASE("A repeat that was done although the first try may be forgotten is told",
          "[client][publish]") {
  const std::string keys = "Idempotency-Keys: window=600, whole=";
  const auto warnings_of = [&](const std::string& fields) {
    test::ScriptedHttp hub({{"", ScriptedAnswer::Then::kClose},
                            answer(503, "{}", "Retry-After: 7\r\n"),
                            answer(201, "{}", fields)});
    Stage stage;
    auto client = stage.client(hub.url());
    CHECK(client.publish(kReading));
    return client.perhaps_twice();
  };
  CHECK(warnings_of(keys + "3\r\n") == 1);
  CHECK(warnings_of(keys + "3\r\nIdempotency-Replayed: true\r\n") == 0);
  CHECK(warnings_of(keys + "500\r\n") == 0);
  CHECK(warnings_of("") == 0);
}

TEST_CASE("After a try in doubt a hub that is gone does not mean that nothing was published",
          "[client][publish]") {
  test::ScriptedHttp hub({{"", ScriptedAnswer::Then::kClose}, answer(503, R"({"error":"full"})")});
  Stage stage;
  auto client = stage.client(hub.url());
  CHECK_THAT(client.publish(kReading).error().text,
             Catch::StartsWith("full; an earlier try may have been published"));
}

TEST_CASE("Lines that another process sent have their age from the start", "[client][publish]") {
  test::ScriptedHttp hub({answer(200, R"({"results":[{"id":"a"}]})")});
  Stage stage;
  auto client = stage.client(hub.url());
  const auto since = stage.clock.now().boot - std::chrono::milliseconds(12'345);
  REQUIRE(client.publish_lines("/events", "{}\n", 1, "k", since));
  CHECK(header_of(hub.requests().at(0), "Idempotency-Key-Age") == "12.345");
}

TEST_CASE("A kept connection that is cut is a try of its own", "[client][publish]") {
  // libcurl would send the request again by itself, uncounted by --retries.
  test::ScriptedHttp hub(
      {answer(201, "{}"), {"", ScriptedAnswer::Then::kClose}, answer(201, "{}")});
  Stage stage;
  auto client = stage.client(hub.url());
  REQUIRE(client.publish(kReading));
  REQUIRE(client.publish(kReading));
  const auto requests = hub.requests();
  REQUIRE(requests.size() == 3);
  CHECK(key_of(requests[1]) == key_of(requests[2]));
  CHECK(stage.waiter.pauses.size() == 1);
}

TEST_CASE("Every POST has a key of its own", "[client][publish]") {
  test::ScriptedHttp hub({answer(201, "{}"), answer(201, "{}"),
                          answer(200, R"({"results":[{"id":"a"}]})"), answer(201, "{}")});
  Stage stage;
  auto client = stage.client(hub.url());
  CHECK(client.publish(kReading));
  CHECK(client.publish(kReading));
  const std::vector<NewEvent> events{{"t", "", "x"}};
  CHECK(client.publish(events));
  CHECK(client.create_metric("cpu", "1s", PublishingClient::IfMissing::kNo));
  std::set<std::string> keys;
  for (const auto& request : hub.requests()) keys.insert(key_of(request));
  CHECK(keys.size() == 4);
}

TEST_CASE("A key that is given is sent instead", "[client][publish]") {
  test::ScriptedHttp hub({answer(201, "{}")});
  Stage stage;
  PublishingClient::Options options;
  options.connection.hub = *Endpoint::parse(hub.url());
  options.connection.headers = {{"idempotency-key", "mine"}};
  PublishingClient given(options, stage.clock, stage.waiter, stage.random);
  CHECK(given.publish(kReading));
  CHECK_THAT(hub.requests().back(), Catch::Contains("idempotency-key: mine\r\n"));
  CHECK_THAT(hub.requests().back(), !Catch::Contains("\r\nIdempotency-Key: "));
}

TEST_CASE("When no try is answered it may have been published", "[client][publish]") {
  test::ScriptedHttp hub({{"", ScriptedAnswer::Then::kClose}});
  Stage stage;
  auto client = stage.client(hub.url());
  const auto receipt = client.publish(kReading);
  REQUIRE_FALSE(receipt);
  CHECK(receipt.error().kind == Kind::kUnknown);
  CHECK_THAT(receipt.error().text, Catch::Contains("it may have been published"));
  CHECK(hub.requests().size() == 6);
}

TEST_CASE("A hub that hangs is given up when the time is over", "[client][publish]") {
  test::ScriptedHttp hub({{"", ScriptedAnswer::Then::kHang}});
  Stage stage;
  auto client = stage.client(hub.url(), std::chrono::milliseconds(20));
  const auto receipt = client.publish(kReading);
  REQUIRE_FALSE(receipt);
  CHECK(receipt.error().kind == Kind::kTimedOut);
}

TEST_CASE("No pause goes beyond the time for the call", "[client][publish]") {
  test::ScriptedHttp hub({answer(503, R"({"error":"draining"})", "Retry-After: 120\r\n")});
  Stage stage;
  auto client = stage.client(hub.url());
  const auto receipt = client.publish(kReading);
  REQUIRE_FALSE(receipt);
  CHECK(receipt.error().kind == Kind::kUnavailable);
  CHECK(receipt.error().text == "draining; no time is left for another try");
  CHECK(stage.waiter.pauses.empty());
}

TEST_CASE("A pause can be interrupted", "[client][publish]") {
  test::ScriptedHttp hub({answer(503, "{}")});
  Stage stage;
  stage.waiter.interrupt = true;
  auto client = stage.client(hub.url());
  const auto receipt = client.publish(kReading);
  REQUIRE_FALSE(receipt);
  CHECK(receipt.error().kind == Kind::kInterrupted);
}

TEST_CASE("Each status says what kind of no it is, in the hub's words", "[client][publish]") {
  for (const auto& [status, kind] : std::vector<std::pair<int, Kind>>{{400, Kind::kInvalid},
                                                                      {404, Kind::kProtocol},
                                                                      {413, Kind::kTooLarge},
                                                                      {422, Kind::kInvalid},
                                                                      {401, Kind::kForbidden},
                                                                      {403, Kind::kForbidden},
                                                                      {405, Kind::kProtocol},
                                                                      {301, Kind::kProtocol},
                                                                      {500, Kind::kUnavailable},
                                                                      {507, Kind::kUnavailable}}) {
    CAPTURE(status);
    test::ScriptedHttp hub({answer(status, R"({"error":"because"})")});
    Stage stage;
    auto client = stage.client(hub.url());
    const auto receipt = client.publish(kReading);
    REQUIRE_FALSE(receipt);
    CHECK(receipt.error().kind == kind);
    CHECK(receipt.error().text == "because");
    CHECK(hub.requests().size() == 1);
  }
}

TEST_CASE("A batch is one request, and each item has its result", "[client][publish]") {
  test::ScriptedHttp hub(
      {answer(200, R"({"accepted":1,"rejected":1,"results":[{"id":"a"},{"error":"no"}]})")});
  Stage stage;
  auto client = stage.client(hub.url());
  const std::vector<NewEvent> events{{"t", "a/b", "x\ny"}, {"", "", "\xff"}, {"", "", ""}};
  const auto results = client.publish(events);
  REQUIRE(results);
  REQUIRE(results->size() == 3);
  CHECK((*results)[0].id == "a");
  CHECK_THAT((*results)[1].error, Catch::StartsWith("the data is not UTF-8"));
  CHECK((*results)[2].error == "no");
  CHECK_THAT(hub.requests().at(0), Catch::Contains("Content-Type: application/x-ndjson\r\n"));
  CHECK_THAT(hub.requests().at(0),
             Catch::EndsWith("\r\n\r\n{\"type\":\"t\",\"topic\":\"a/b\",\"data\":\"x\\ny\"}\n"
                             "{\"data\":\"\"}\n"));
}

TEST_CASE("A name is looked up once, an id never", "[client][publish]") {
  test::ScriptedHttp hub({answer(200, R"([{"id":"m1","name":"a b"}])")});
  Stage stage;
  auto client = stage.client(hub.url());
  CHECK(*client.metric_id("a b", std::nullopt) == "m1");
  CHECK(*client.metric_id("a b", std::nullopt) == "m1");
  CHECK(*client.metric_id(kMetricId, std::nullopt) == kMetricId);
  REQUIRE(hub.requests().size() == 1);
  CHECK_THAT(hub.requests().at(0), Catch::StartsWith("GET /metrics?name=a%20b HTTP/1.1\r\n"));
  client.forget_metric("a b");
  CHECK(client.metric_id("a b", std::nullopt));
  CHECK(hub.requests().size() == 2);
}

TEST_CASE("A name that is unknown or ambiguous is an error that helps", "[client][publish]") {
  test::ScriptedHttp hub({answer(200, "[]"),
                          answer(200, R"([{"id":"m1","name":"cpu"},{"id":"m2","name":"cpu"}])"),
                          answer(200, "<html>")});
  Stage stage;
  auto client = stage.client(hub.url());
  CHECK_THAT(client.metric_id("cpu", std::nullopt).error().text,
             Catch::StartsWith("there is no metric \"cpu\""));
  CHECK_THAT(client.metric_id("cpu", std::nullopt).error().text, Catch::EndsWith(": m1 m2"));
  CHECK(client.metric_id("cpu", std::nullopt).error().kind == Kind::kProtocol);
}

TEST_CASE("Numbers keep their digits, in the form that JSON wants", "[client][publish]") {
  for (const auto& [text, number] : std::vector<std::pair<std::string, std::string>>{
           {"3", "3"},
           {"1.50", "1.50"},
           {"-.5", "-0.5"},
           {"+3", "3"},
           {"5.", "5"},
           {"007", "7"},
           {"-0", "-0"},
           {"1e5", "1e5"},
           {"1E+05", "1E+05"},
           {"123456789012345678901234567890.10", "123456789012345678901234567890.10"}}) {
    CAPTURE(text);
    REQUIRE(json_number(text));
    CHECK(*json_number(text) == number);
  }
  for (const auto* text : {"", "-", ".", "nan", "inf", "0x10", "1e", "1e+", "3 ", "1,5", "--1"}) {
    CAPTURE(text);
    CHECK_FALSE(json_number(text));
  }
}

}  // namespace
}  // namespace sse::client
