#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/http2_relay.h"
#include "support/program.h"
#include "support/raw_http.h"

// docs/stream.md, "Requests", and docs/api.md: every route and status, asked of the real hub.

namespace sse::test {
namespace {

using nlohmann::json;

constexpr std::string_view kNobody = "/metrics/019bd1f0-63d2-7a52-9b8a-30c3ad0c5c5e";

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// What an answer must be.
struct Exchange {
  const char* what;
  std::string method;
  std::string target;
  std::string body;
  std::string fields;
  int status;
  std::string says;  ///< in the body; of an error, in its text
};

void check(std::uint16_t port, const Exchange& exchange) {
  INFO(exchange.what);
  const auto answer =
      request(port, exchange.method, exchange.target, exchange.body, exchange.fields);
  INFO(answer.head << answer.body);
  CHECK(answer.status == exchange.status);
  CHECK(contains(answer.body, exchange.says));
  if (answer.status < 400) return;
  CHECK(answer.header("Content-Type") == "application/json");
  const auto error = json::parse(answer.body);
  CHECK(error.size() == 1);
  CHECK(contains(error.at("error").get<std::string>(), exchange.says));
  CHECK((answer.status != 503 || !answer.header("Retry-After").empty()));
}

TEST_CASE("A metric and its readings, from creation to deletion", "[system][http]") {
  const HubProgram hub;
  const auto created =
      request(hub.port(), "POST", "/metrics", R"({"name":"cpu","input_frequency":"1m30s"})");
  CHECK(created.status == 201);
  CHECK_FALSE(created.header("SSE-Event-Id").empty());
  const auto metric = json::parse(created.body);
  CHECK(metric.size() == 3);
  CHECK(metric.at("name") == "cpu");
  CHECK(metric.at("input_frequency") == 90'000'000'000);
  const auto id = metric.at("id").get<std::string>();

  const auto again = request(hub.port(), "POST", "/metrics", R"({"name":"cpu","if_missing":true})");
  CHECK(again.status == 200);
  CHECK(again.body == created.body);
  CHECK(again.header("SSE-Event-Id").empty());

  const auto recorded = request(
      hub.port(), "POST", "/metrics/readings",
      R"({"metric_id":")" + id + R"(","value":-0.5,"timestamp":"2026-01-18T10:41:00+01:00"})");
  CHECK(recorded.status == 201);
  const auto reading = json::parse(recorded.body);
  CHECK(reading.size() == 4);
  CHECK(reading.at("metric_id") == id);
  CHECK(reading.at("value") == -0.5);
  CHECK(reading.at("timestamp") == "2026-01-18T09:41:00Z");
  CHECK(recorded.header("SSE-Event-Id") != reading.at("id"));

  const auto one = request(hub.port(), "GET", "/metrics/" + id);
  CHECK(one.status == 200);
  CHECK(one.header("SSE-Cursor") == recorded.header("SSE-Event-Id"));
  auto shown = metric;
  shown["readings"] = json::array();
  CHECK(json::parse(one.body) == shown);
  CHECK(json::parse(request(hub.port(), "GET", "/metrics?name=cpu").body) == json::array({shown}));
  CHECK(json::parse(request(hub.port(), "GET", "/metrics?name=CPU").body) == json::array());
  shown["readings"] = json::array({reading});
  CHECK(json::parse(request(hub.port(), "GET", "/metrics?with_readings=true").body) ==
        json::array({shown}));
  const auto readings = request(hub.port(), "GET", "/metrics/" + id + "/readings?limit=1");
  CHECK(readings.status == 200);
  CHECK(json::parse(readings.body) == json::array({reading}));
  CHECK(readings.header("SSE-Cursor") == recorded.header("SSE-Event-Id"));

  const auto deleted = request(hub.port(), "DELETE", "/metrics/" + id);
  CHECK(deleted.status == 204);
  CHECK(deleted.header("Content-Length").empty());
  CHECK_FALSE(deleted.header("SSE-Event-Id").empty());
  CHECK(request(hub.port(), "GET", "/metrics/" + id).status == 404);
}

TEST_CASE("A batch has a result for each, in order", "[system][http]") {
  const HubProgram hub;
  const auto lines = request(hub.port(), "POST", "/events", "{\"data\":1}\noops\n{\"data\":2}\n",
                             "Content-Type: application/x-ndjson; charset=utf-8\r\n");
  CHECK(lines.status == 200);
  const auto answer = json::parse(lines.body);
  CHECK(answer.at("accepted") == 2);
  CHECK(answer.at("rejected") == 1);
  REQUIRE(answer.at("results").size() == 3);
  CHECK(answer.at("results")[0].contains("id"));
  CHECK(answer.at("results")[1].contains("error"));
  CHECK(answer.at("results")[2].contains("id"));
  const auto array = request(hub.port(), "POST", "/metrics/readings", R"([{"value":1}])");
  CHECK(array.status == 200);
  CHECK(contains(array.body, R"({"accepted":0,"rejected":1,"results":[{"error":"metric_id)"));
}

TEST_CASE("What cannot be done is said with its status and what was expected", "[system][http]") {
  const HubProgram hub({"--max-metrics", "1", "--max-event-size", "4k", "--max-body", "8k"});
  check(hub.port(), {"the only metric", "POST", "/metrics", R"({"name":"a"})", "", 201, "\"a\""});
  const std::string unknown(kNobody);
  const std::string unknown_id = unknown.substr(unknown.rfind('/') + 1);
  const std::vector<Exchange> exchanges = {
      {"no body", "POST", "/metrics", "", "", 400, "empty"},
      {"no JSON", "POST", "/metrics", "name=cpu", "", 400, "JSON"},
      {"no name", "POST", "/metrics", "{}", "", 400, "name"},
      {"an unknown field", "POST", "/metrics", R"({"name":"b","colour":"red"})", "", 400, "colour"},
      {"a bad unit", "POST", "/metrics", R"({"name":"b","unit":"a\tb"})", "", 400, "unit"},
      {"a bad frequency", "POST", "/metrics", R"({"name":"b","input_frequency":"1x"})", "", 400,
       "input_frequency"},
      {"a bare frequency", "POST", "/metrics", R"({"name":"b","input_frequency":1})", "", 400,
       "input_frequency"},
      {"a full table", "POST", "/metrics", R"({"name":"b"})", "", 507, "--max-metrics"},
      {"no UUID", "GET", "/metrics/7", "", "", 400, "UUID"},
      {"an unknown metric", "GET", unknown, "", "", 404, unknown_id},
      {"an unknown metric's readings", "GET", unknown + "/readings", "", "", 404, unknown_id},
      {"an unknown metric's end", "DELETE", unknown, "", "", 404, unknown_id},
      {"an unknown metric's reading", "POST", "/metrics/readings",
       R"({"metric_id":")" + unknown_id + R"(","value":1})", "", 404, unknown_id},
      {"no number", "POST", "/metrics/readings",
       R"({"metric_id":")" + unknown_id + R"(","value":"1"})", "", 400, "value"},
      {"overflow", "POST", "/metrics/readings",
       R"({"metric_id":")" + unknown_id + R"(","value":1e999})", "", 400, "value"},
      {"a bad limit", "GET", "/metrics?limit=many", "", "", 400, "limit"},
      {"a limit past the most", "GET", "/metrics?limit=10001", "", "", 400, "10000"},
      {"a bad time", "GET", unknown + "/readings?since=then", "", "", 400, "since"},
      {"a reserved type", "POST", "/events", R"({"type":"sse.gap","data":1})", "", 400, "sse."},
      {"a type with a line end", "POST", "/events", R"({"type":"a\nb","data":1})", "", 400, "type"},
      {"no data", "POST", "/events", R"({"type":"a"})", "", 400, "data"},
      {"a broken array", "POST", "/events", R"([{"data":1},)", "", 400, "JSON"},
      {"a key twice", "POST", "/events", R"({"data":1,"data":2})", "", 400, "data"},
      {"a large event", "POST", "/events", R"({"data":")" + std::string(5000, 'x') + "\"}", "", 413,
       "--max-event-size"},
      {"a large body", "POST", "/events", std::string(9000, ' '), "", 413, "--max-body"},
      {"a compressed body", "POST", "/events", "{}", "Content-Encoding: gzip\r\n", 415,
       "Content-Encoding"},
      {"an odd expectation", "POST", "/events", "{}", "Expect: wonders\r\n", 417, "100-continue"},
      {"a long target", "GET", "/" + std::string(20'000, 'x'), "", "", 414, "--max-head"},
      {"a large head", "GET", "/", "", "X: " + std::string(20'000, 'x') + "\r\n", 431,
       "--max-head"},
      {"no such path", "GET", "/nothing", "", "", 404, "/nothing"},
      {"a foreign page", "POST", "/events", "{}", "Origin: http://evil.example\r\n", 403,
       "--cors-origin"},
      {"a page from nowhere", "DELETE", unknown, "", "Origin: null\r\n", 403, "--cors-origin"},
      {"a bad position", "GET", "/events/watch?since=yesterday", "", "", 400, "since"},
      {"a topic cut short", "GET", "/events/watch?topic=a/", "", "", 400, "%23"},
      {"a metric that is not an id", "GET", "/events/watch?metric=cpu", "", "", 400, "metric"},
      {"a poll of too many", "GET", "/events?limit=10001", "", "", 400, "limit"},
      {"a poll that waits for ever", "GET", "/events?wait=1h", "", "", 400, "at most 1m"},
      {"a malformed key", "POST", "/events", R"({"data":1})", "Idempotency-Key: a b\r\n", 400,
       "Idempotency-Key"},
  };
  for (const auto& exchange : exchanges) check(hub.port(), exchange);
  // Which the relay refuses itself.
  if (!wants_http2()) {
    check(hub.port(), {"an unknown method", "BREW", "/metrics", "", "", 501, "BREW"});
  }
}

TEST_CASE("Each path says what it takes", "[system][http]") {
  const HubProgram hub;
  struct Path {
    const char* target;
    const char* wrong_method;
    const char* allowed;
  };
  for (const Path& path : {Path{"/metrics", "DELETE", "GET, HEAD, OPTIONS, POST"},
                           Path{"/metrics/readings", "PATCH", "OPTIONS, POST"},
                           Path{kNobody.data(), "POST", "DELETE, GET, HEAD, OPTIONS"},
                           Path{"/events", "PUT", "GET, HEAD, OPTIONS, POST"},
                           Path{"/events/watch", "POST", "GET, HEAD, OPTIONS"},
                           Path{"/-/healthz", "POST", "GET, HEAD, OPTIONS"},
                           Path{"/-/readyz", "DELETE", "GET, HEAD, OPTIONS"}}) {
    INFO(path.target);
    const auto refused = request(hub.port(), path.wrong_method, path.target);
    CHECK(refused.status == 405);
    CHECK(refused.header("Allow") == path.allowed);
    const auto options = request(hub.port(), "OPTIONS", path.target);
    CHECK(options.status == 204);
    CHECK(options.header("Allow") == path.allowed);
    const auto preflight =
        request(hub.port(), "OPTIONS", path.target, {},
                "Origin: http://localhost:3000\r\nAccess-Control-Request-Method: POST\r\n");
    CHECK(preflight.status == 204);
    CHECK(preflight.header("Access-Control-Allow-Origin") == "http://localhost:3000");
    CHECK(preflight.header("Access-Control-Allow-Methods") == path.allowed);
    CHECK(preflight.header("Access-Control-Allow-Headers") ==
          "Last-Event-ID, Content-Type, Authorization, Idempotency-Key, Idempotency-Key-Age");
  }
}

TEST_CASE("HEAD is GET without its body", "[system][http]") {
  const HubProgram hub;
  for (const char* target : {"/metrics", "/-/healthz", "/-/readyz", "/nothing"}) {
    INFO(target);
    const auto got = request(hub.port(), "GET", target);
    RawConnection connection(hub.port());
    connection.send("HEAD " + std::string(target) +
                    " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const RawAnswer head{0, connection.read_all(), {}};
    CHECK(head.head.starts_with("HTTP/1.1 " + std::to_string(got.status)));
    CHECK(head.head.ends_with("\r\n\r\n"));
    CHECK(head.header("Content-Length") == got.header("Content-Length"));
  }
}

TEST_CASE("Nothing of a refused write is kept", "[system][http]") {
  const HubProgram hub;
  for (const char* body :
       {R"([{"data":1},{"data":2)", R"({"data":"\ud800"})", "{\"data\":\"\xff\"}",
        R"({"data":NaN})", R"({"data":[1e999]})", "[[[[", "\"text\""}) {
    INFO(body);
    CHECK(request(hub.port(), "POST", "/events", body).status == 400);
  }
  const auto head = request(hub.port(), "GET", "/metrics").header("SSE-Cursor");
  CHECK(head.ends_with("000000000000"));  // the origin: before everything
}

}  // namespace
}  // namespace sse::test
