// What each principal may read and write, and what it is told otherwise.

#include <string>
#include <string_view>

#include "server/access_stage.h"

namespace sse::server {
namespace {

using namespace std::chrono_literals;

TEST_CASE("Without a credential there is 401, on routes that are there and on those that are not",
          "[access]") {
  Stage stage;
  for (const auto* line :
       {"GET /events", "GET /events/watch", "GET /metrics", "GET /-/metrics", "GET /-/streams",
        "GET /nothing", "DELETE /-/streams?principal=x", "BREW /events"}) {
    CAPTURE(line);
    const auto answer = stage.ask(line, "");
    CHECK_THAT(answer, Contains(" 401 ") && Contains("WWW-Authenticate: Bearer\r\n") &&
                           Contains("Cache-Control: no-store"));
  }
  CHECK(stage.status("POST /events", "", R"({"data":1})") == 401);
  CHECK(stage.status("GET /-/healthz", "") == 200);
  CHECK(stage.status("GET /-/readyz", "") == 200);
}

TEST_CASE("A stranger's body is not waited for", "[access]") {
  Stage stage;
  Peer& peer = stage.hub.connect();
  peer.send(
      "POST /events HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: "
      "10\r\n\r\n");
  stage.hub.settle();
  CHECK_THAT(peer.received(), Contains("HTTP/1.1 401 ") && !Contains("100 Continue"));
}

TEST_CASE("A stranger is told 401 before the size of a body, and a principal the size",
          "[access]") {
  Stage stage;
  const std::string large = "Content-Length: 99999999\r\n";
  for (const auto& [token, status] :
       {std::pair("", " 401 "), std::pair("unknown", " 401 "), std::pair("ci", " 413 ")}) {
    CAPTURE(token);
    const std::string credential =
        *token == 0 ? "" : "Authorization: Bearer " + token_of(token) + "\r\n";
    Peer& peer = stage.hub.connect();
    peer.send("POST /events HTTP/1.1\r\nHost: localhost\r\n" + credential + large + "\r\n");
    stage.hub.settle();
    CHECK_THAT(peer.received(), Contains(status) && Contains("Connection: close\r\n"));
  }
}

TEST_CASE("A credential that is there and bad is 401, never anonymous", "[access]") {
  Stage stage(kTokens + "[anonymous]\nsubscribe = [\"#\"]\n");
  CHECK(stage.status("GET /events", "") == 200);
  CHECK(stage.status("GET /events", "unknown") == 401);
  for (const auto* value : {"Bearer", "Bearer ", "Bearer x", "bearer sse_ci_short"}) {
    CAPTURE(value);
    CHECK_THAT(stage.ask("GET /events", "", "", std::string("Authorization: ") + value + "\r\n"),
               Contains(" 401 ") && Contains(R"(Bearer error="invalid_token")"));
  }
  // What a proxy has added is not a credential of ours.
  CHECK_THAT(stage.ask("GET /events", "", "", "Authorization: Basic YTpi\r\n"), Contains(" 200 "));
  const std::string twice = "Authorization: Bearer " + token_of("ci") + "\r\n";
  CHECK_THAT(stage.ask("GET /events", "", "", twice + twice), Contains(" 400 "));
}

TEST_CASE("A page may read a 401", "[access]") {
  Stage stage;
  CHECK_THAT(
      stage.ask("GET /events", "", "", "Origin: http://localhost:3000\r\n"),
      Contains(" 401 ") && Contains("Access-Control-Allow-Origin: http://localhost:3000\r\n"));
  CHECK_THAT(stage.ask("OPTIONS /events", "", "",
                       "Origin: http://localhost:3000\r\nAccess-Control-Request-Method: POST\r\n"),
             Contains(" 204 "));
}

TEST_CASE("Asking for everything is cut to the grants, live, replayed and polled, and is told",
          "[access]") {
  Stage stage;
  stage.publish("ci/web", "old");
  stage.publish("other", "hidden");
  Peer& peer = stage.send("GET /events/watch?since=earliest", "ci");
  stage.publish("ci/api", "new");
  stage.publish("cix", "hidden");
  stage.publish("", "hidden");
  const auto stream = test::read_stream(peer.received());
  CHECK_THAT(stream.head, Contains("SSE-Topics: ci/#\r\n") && Contains("no-store"));
  CHECK_THAT(stream.text, Contains(": topic ci/#\n") && Contains("data: old") &&
                              Contains("data: new") && !Contains("hidden"));
  const auto polled = stage.ask("GET /events?since=earliest", "ci");
  CHECK_THAT(polled, Contains("SSE-Topics: ci/#\r\n") && Contains("old") && Contains("new") &&
                         !Contains("hidden"));
  CHECK_THAT(stage.ask("GET /events?since=earliest&topic=%23", "ci"),
             Contains("new") && !Contains("hidden"));
  const auto all = stage.ask("GET /events?since=earliest", "all");
  CHECK_THAT(all, Contains("hidden") && !Contains("SSE-Topics"));
}

TEST_CASE("A foreign Last-Event-ID brings no event of another's topic", "[access]") {
  Stage stage;
  stage.publish("other", "hidden");
  const auto all = stage.ask("GET /events?since=earliest", "all");
  const auto at = all.find(R"("id":")");
  REQUIRE(at != std::string::npos);
  stage.publish("other", "hidden");
  stage.publish("ci/web", "seen");
  Peer& peer = stage.send("GET /events/watch", "ci", "",
                          "Last-Event-ID: " + all.substr(at + 6, 36) + "\r\n");
  CHECK_THAT(test::read_stream(peer.received()).text, Contains("seen") && !Contains("hidden"));
}

TEST_CASE(
    "A topic without a grant is 403, and so is a token without grants, before any filter is made",
    "[access]") {
  Stage stage;
  stage.publish("other", "hidden");
  for (const auto* path : {"/events/watch", "/events"}) {
    CAPTURE(path);
    const auto answer = stage.ask(std::string("GET ") + path + "?topic=other", "ci");
    CHECK_THAT(answer, Contains(" 403 ") && Contains("may not subscribe to other; granted: ci/#") &&
                           Contains(R"(Bearer error="insufficient_scope")"));
    // One that is granted does not help the other.
    CHECK(stage.status(std::string("GET ") + path + "?topic=ci/x&topic=other", "ci") == 403);
    for (const auto* query : {"", "?since=earliest", "?topic=%23", "?type=x"}) {
      CAPTURE(query);
      const auto none = stage.ask(std::string("GET ") + path + query, "none");
      CHECK_THAT(none, Contains(" 403 ") && !Contains("hidden"));
    }
  }
  CHECK(stage.status("GET /events/watch?topic=a/%2B", "ci") == 403);
}

TEST_CASE("All grants of a principal fit a poll, and far more do not", "[access]") {
  std::string grants;
  for (int i = 100; i < 164; ++i) {
    grants += (i > 100 ? ",\"" : "\"") + std::to_string(i) + std::string(253, 'x') + "\"";
  }
  Stage stage(row("wide", "subscribe = [" + grants + "]"));
  CHECK(stage.status("GET /events", "wide") == 200);
  std::string wilder;
  std::string query;
  for (int i = 10; i < 30; ++i) {
    wilder += (i > 10 ? ",\"" : "\"") + std::string("+/g") + std::to_string(i) + "\"";
    query += (i > 10 ? "&topic=t" : "?topic=t") + std::to_string(i) + "/%2B";
  }
  Stage other(row("wide", "subscribe = [" + wilder + "]"));
  CHECK_THAT(other.ask("GET /events" + query, "wide"),
             Contains(" 400 ") && Contains("too many for a poll"));
}

TEST_CASE("A request whose cut is too large is the request's fault", "[access]") {
  std::string grants;
  std::string query;
  for (int i = 0; i < 60; ++i) {
    grants += (i > 0 ? ",\"" : "\"") + std::string("+/g") + std::to_string(i) + "/#\"";
    query += (i > 0 ? "&topic=t" : "?topic=t") + std::to_string(i) + "/%23";
  }
  Stage stage(row("wide", "subscribe = [" + grants + "]"));
  for (const auto* path : {"/events/watch", "/events"}) {
    CHECK_THAT(stage.ask("GET " + (path + query), "wide"),
               Contains(" 400 ") && Contains("ask for fewer"));
  }
}

TEST_CASE("Publishing takes a grant for the topic; in a batch one item is rejected", "[access]") {
  Stage stage;
  CHECK(stage.status("POST /events", "ci", R"({"topic":"ci/web","data":1})") == 201);
  CHECK_THAT(stage.ask("POST /events", "ci", R"({"topic":"other","data":1})"),
             Contains(" 403 ") && Contains("may not publish to other; granted: ci/#"));
  CHECK_THAT(stage.ask("POST /events", "ci", R"({"data":1})"),
             Contains(" 403 ") && Contains("that takes #"));
  CHECK(stage.status("POST /events", "none", R"({"topic":"ci/web","data":1})") == 403);
  CHECK(stage.status("POST /events", "all", R"({"data":1})") == 201);
  const auto batch =
      stage.ask("POST /events", "ci", R"([{"topic":"ci/a","data":1},{"topic":"b","data":1}])");
  CHECK_THAT(batch, Contains(" 200 ") && Contains(R"("accepted":1,"rejected":1)") &&
                        Contains("may not publish to b; granted: ci/#"));
}

TEST_CASE("Readings cannot be forged through the generic route", "[access]") {
  Stage stage(row("half", "publish = [\"#\"]") +
              row("part", "publish = [\"ci/#\", \"metrics/a\"]") +
              row("most", "publish = [\"+/#\"]"));
  const std::string as_type = R"({"topic":"ci/x","type":"metric_reading_created","data":1})";
  const std::string as_topic = R"({"topic":"metrics/a","data":1})";
  CHECK_THAT(stage.ask("POST /events", "part", as_type),
             Contains(" 403 ") && Contains("metrics/#"));
  CHECK(stage.status("POST /events", "part", as_topic) == 403);
  CHECK(stage.status("POST /events", "half", as_type) == 201);
  CHECK(stage.status("POST /events", "half", as_topic) == 201);
  CHECK(stage.status("POST /events", "most", as_topic) == 201);
}

TEST_CASE("Metrics are topics: created with a grant of all, read and written with one of each",
          "[access]") {
  Stage stage;
  const std::string cpu = stage.create_metric("cpu.load");
  const std::string disk = stage.create_metric("disk");
  CHECK(stage.status("POST /metrics", "ci", R"({"name":"x"})") == 403);
  CHECK(stage.status("GET /metrics/" + cpu, "ci") == 403);
  CHECK(stage.status("GET /metrics/" + cpu + "/readings", "ci") == 403);
  CHECK(stage.status("GET /metrics/" + cpu, "cpu") == 200);
  CHECK(stage.status("GET /metrics/" + cpu + "/readings", "cpu") == 200);
  CHECK(stage.status("GET /metrics/" + disk, "cpu") == 403);
  CHECK_THAT(stage.ask("GET /metrics", "cpu"), Contains("cpu.load") && !Contains("disk"));
  CHECK_THAT(stage.ask("GET /metrics", "ci"), Contains(" 200 ") && !Contains("cpu.load"));
  CHECK_THAT(stage.ask("GET /metrics", "all"), Contains("cpu.load") && Contains("disk"));
  const auto reading = [](const std::string& id) {
    return R"({"metric_id":")" + id + R"(","value":1})";
  };
  CHECK(stage.status("POST /metrics/readings", "cpu", reading(cpu)) == 201);
  CHECK(stage.status("POST /metrics/readings", "cpu", reading(disk)) == 403);
  CHECK_THAT(
      stage.ask("POST /metrics/readings", "cpu", "[" + reading(cpu) + "," + reading(disk) + "]"),
      Contains(R"("accepted":1,"rejected":1)"));
  CHECK(stage.status("DELETE /metrics/" + cpu, "cpu") == 403);  // without permission delete
  CHECK(stage.status("DELETE /metrics/" + cpu, "all") == 204);
}

TEST_CASE("Metrics that are not granted are passed over, however many there are", "[access]") {
  Stage stage;
  const auto list = [&stage] {
    const std::string answer = stage.ask("GET /metrics", "cpu");
    REQUIRE_THAT(answer, Contains(" 200 "));
    std::string body;
    for (auto at = answer.find("\r\n\r\n") + 4; answer[at] != '0' || answer[at + 1] != '\r';) {
      const auto size = std::stoul(answer.substr(at, 8), nullptr, 16);
      body += answer.substr(at + 10, size);
      at += 10 + size + 2;
    }
    return body;
  };
  std::size_t made = 0;
  const auto create_hidden = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) stage.create_metric("x" + std::to_string(made++));
  };
  CHECK_THAT(stage.ask("GET /metrics", "cpu"), Contains("[]"));
  create_hidden(128);
  CHECK_THAT(list(), Matches("\\[\\s*\\]"));
  create_hidden(200);
  CHECK_THAT(list(), Matches("\\[\\s*\\]"));
  stage.create_metric("cpu.a");
  create_hidden(300);
  stage.create_metric("cpu.b");
  CHECK_THAT(list(), Matches("\\[\\s*\\{[^}]*\"cpu.a\"[^}]*\\}\\s*,\\{[^}]*\"cpu.b\"[^}]*\\}\\]"));
}

TEST_CASE("On this machine the operator's routes take permissions, too", "[access]") {
  Stage stage;
  CHECK(stage.status("GET /-/metrics", "ci") == 403);
  CHECK(stage.status("GET /-/metrics", "watcher") == 200);
  CHECK(stage.status("GET /-/streams", "watcher") == 403);
  CHECK(stage.status("GET /-/streams", "boss") == 200);
  CHECK(stage.status("GET /-/metrics", "boss") == 200);
}

TEST_CASE("A key of one principal answers another nothing", "[access]") {
  Stage stage(row("a", "publish = [\"#\"]") + row("b", "publish = [\"#\"]"));
  const std::string key = "Idempotency-Key: same\r\n";
  const std::string body = R"({"data":1})";
  CHECK_THAT(stage.ask("POST /events", "a", body, key), Contains(" 201 "));
  CHECK_THAT(stage.ask("POST /events", "a", body, key), Contains("Idempotency-Replayed: true"));
  CHECK_THAT(stage.ask("POST /events", "b", body, key),
             Contains(" 201 ") && !Contains("Idempotency-Replayed"));
}

TEST_CASE("A mounted handler is closed to strangers, unless it is mounted as open or for a topic",
          "[access]") {
  Stage stage;
  auto& router = stage.hub.parts.router();
  const auto hello = [](http::Call& call) { call.response().set_content("hello", "text/plain"); };
  router.add("GET", "/closed", hello);
  router.add("GET", "/open", hello, http::RouteNeeds::nothing());
  router.add("POST", "/deploy", hello, http::RouteNeeds::publish("ci/deploy"));
  CHECK(stage.status("GET /closed", "") == 401);
  CHECK(stage.status("GET /closed", "none") == 200);
  CHECK(stage.status("GET /open", "") == 200);
  CHECK(stage.status("GET /open", "unknown") == 200);
  CHECK(stage.status("POST /deploy", "ci", "x") == 200);
  CHECK(stage.status("POST /deploy", "none", "x") == 403);
}

TEST_CASE("A hub says who one is, and what one may do", "[access]") {
  Stage stage;
  CHECK_THAT(stage.ask("GET /session", "ci"),
             Contains(R"({"principal":"token:ci","publish":["ci/#"],"subscribe":["ci/#"],)"
                      R"("permissions":[],"expires":null,"session":false})"));
  CHECK_THAT(stage.ask("GET /session", "soon"),
             Contains(R"("expires":"2027-01-15T08:01:00Z","session":false})"));
  CHECK_THAT(stage.ask("GET /session", ""),
             Contains(" 200 ") && Contains(R"("principal":"anonymous","publish":[])"));
  CHECK(stage.status("GET /session", "unknown") == 401);
}

TEST_CASE("A hub that asks for no credentials looks at none", "[access]") {
  MemoryHub hub;
  Peer& peer = hub.connect();
  peer.send("GET /events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer nonsense\r\n\r\n");
  hub.settle();
  CHECK_THAT(peer.received(), Contains(" 200 "));
}

}  // namespace
}  // namespace sse::server
