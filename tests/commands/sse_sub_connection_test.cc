// What sse-sub sends, and how it answers to what servers do.

#include <algorithm>
#include <fstream>
#include <string>

#include "commands/sub_stage.h"
#include "support/catch.h"

using sse::test::kStreamHead;
using sse::test::Program;
using sse::test::SubStage;
using sse::test::with_time_enough;

TEST_CASE("A connection that is reset inside a line loses and repeats nothing",
          "[commands][sub][connection]") {
  SubStage stage;
  auto sub = stage.start({"-C3"});
  auto first = stage.server.accept_stream("id: 1\ndata: a\n\nid: 2\ndata: b");
  sub.wait_for_out("a\n");
  first.reset();
  auto second = stage.server.accept_stream("id: 2\ndata: b\n\nid: 3\r");
  CHECK(second.header("Last-Event-ID") == "1");
  sub.wait_for_out("a\nb\n");
  second.close();
  const auto third = stage.server.accept_stream("id: 3\ndata: c\n\n");
  CHECK(third.header("Last-Event-ID") == "2");
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "a\nb\nc\n");
}

TEST_CASE("The request asks for a stream, filtered by the server", "[commands][sub][connection]") {
  SubStage stage;
  auto sub = stage.start({"-C0", "-e", "metric_*", "-e", "a b", "-t", "ci/+/#", "--since", "5m",
                          "-m", "019BBF0E-6400-7000-8000-000000000001", "-H", "X-Key: k"});
  const auto stream = stage.server.accept_stream();
  CHECK(stream.target() ==
        "/events/watch?type=metric_%2A&type=a%20b&topic=ci%2F%2B%2F%23"
        "&metric=019bbf0e-6400-7000-8000-000000000001&since=5m");
  CHECK(stream.header("Accept") == "text/event-stream");
  CHECK(stream.header("X-Key") == "k");
  CHECK(stream.header("Last-Event-ID").empty());
  CHECK(sub.wait() == 0);
}

TEST_CASE("A path in the URL is kept, and an id is sent as it is", "[commands][sub][connection]") {
  SubStage stage;
  auto sub = stage.start(
      {stage.server.url() + "/other?a=b", "-C0", "-e", "x", "--last-event-id", "50%-\xC3\xA9"});
  const auto stream = stage.server.accept_stream();
  CHECK(stream.target() == "/other?a=b&type=x");
  CHECK(stream.header("Last-Event-ID") == "50%-\xC3\xA9");
  CHECK(sub.wait() == 0);
}

TEST_CASE("The exit code says what the server answered", "[commands][sub][connection]") {
  const std::pair<const char*, int> rows[] = {{"204 No Content", 0},
                                              {"200 OK", 76},
                                              {"400 Bad Request", 65},
                                              {"401 Unauthorized", 77},
                                              {"403 Forbidden", 77},
                                              {"404 Not Found", 76},
                                              {"410 Gone", 76},
                                              {"429 Too Many Requests", 75},
                                              {"402 Pay", 76},
                                              {"405 Not Allowed", 76},
                                              {"406 Not Acceptable", 76},
                                              {"408 Slow", 69},
                                              {"412 No", 76},
                                              {"413 Large", 65},
                                              {"418 Teapot", 76},
                                              {"422 Odd", 65},
                                              {"425 Early", 69},
                                              {"302 Nowhere", 76},
                                              {"500 Oops", 69},
                                              {"501 No", 69},
                                              {"502 Bad", 69},
                                              {"503 Service Unavailable", 69},
                                              {"504 Late", 69},
                                              {"599 Odd", 69}};
  for (const auto& [status, code] : rows) {
    CAPTURE(status);
    SubStage stage;
    auto sub = stage.start({});
    stage.server.answer(status, "Content-Type: application/json\r\n",
                        R"({"error":"not with\nthis"})");
    CHECK(sub.wait() == code);
    CHECK(sub.out().empty());
    CHECK(sub.err().empty() == (code == 0));
    CHECK(std::count(sub.err().begin(), sub.err().end(), '\n') == (code == 0 ? 0 : 1));
  }
}

TEST_CASE("A port without a listener is 69, no such name is 68", "[commands][sub][connection]") {
  SubStage stage;
  stage.server.stop();
  auto refused = stage.start({});
  CHECK(refused.wait() == 69);
  CHECK_THAT(refused.err(), Catch::EndsWith("; --wait-server waits for it\n"));
  auto unknown = stage.start({"http://no-such-host.invalid/"});
  CHECK(unknown.wait() == 68);
}

TEST_CASE("An answer that is not HTTP is 69 at first and retried later",
          "[commands][sub][connection]") {
  SubStage stage;
  auto sub = stage.start({});
  const auto connection = stage.server.accept();
  connection.send("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  CHECK(sub.wait() == 69);
}

TEST_CASE("Once it worked, a busy or absent server is waited for", "[commands][sub][connection]") {
  SubStage stage;
  auto sub = stage.start({"-C1"});
  stage.server.accept_stream();
  stage.server.answer("503 Service Unavailable");
  stage.server.answer("429 Too Many Requests", "Retry-After: 0\r\n");
  stage.server.accept().reset();
  const auto stream = stage.server.accept_stream("data: a\n\n");
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "a\n");
}

TEST_CASE("Each answer that waiting may change is come back from", "[commands][sub][connection]") {
  const char* const rows[] = {"408 Request Timeout",   "425 Too Early",
                              "429 Too Many Requests", "500 Internal Server Error",
                              "501 Not Implemented",   "502 Bad Gateway",
                              "503 Unavailable",       "504 Gateway Timeout"};
  SubStage stage;
  auto sub = stage.start({"-C2"});
  stage.server.accept_stream("id: 1\ndata: a\n\n");
  for (const char* status : rows) stage.server.answer(status);
  stage.server.answer("200 OK", "Content-Type: text/event-stream\r\nSSE-Refused: full\r\n",
                      "retry: 1\n\n");
  const auto silent = stage.server.accept();
  silent.send("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  const auto stream = stage.server.accept_stream("id: 2\ndata: b\n\n");
  CHECK(stream.header("Last-Event-ID") == "1");
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "a\nb\n");
}

TEST_CASE("Later on, an answer that no waiting changes ends it", "[commands][sub][connection]") {
  const std::pair<const char*, int> rows[] = {
      {"204 No Content", 0}, {"200 OK", 76},        {"400 Bad Request", 65},
      {"401 No", 77},        {"403 Forbidden", 77}, {"404 Not Found", 76},
      {"413 Large", 65},     {"418 Teapot", 76},    {"422 Odd", 65}};
  for (const auto& [status, code] : rows) {
    CAPTURE(status);
    SubStage stage;
    auto sub = stage.start({});
    stage.server.accept_stream("data: a\n\n");
    stage.server.answer(status, "Content-Type: application/json\r\n", R"({"error":"not you"})");
    CHECK(sub.wait() == code);
    CHECK(sub.out() == "a\n");
    if (code != 0) CHECK_THAT(sub.err(), Catch::Contains(": not you"));
  }
}

TEST_CASE("A hub that refuses for now is 69 at first", "[commands][sub][connection]") {
  const SubStage stage;
  auto sub = stage.start({});
  stage.server.answer("200 OK", "Content-Type: text/event-stream\r\nSSE-Refused: full\r\n",
                      "retry: 1\n\n");
  CHECK(sub.wait() == 69);
  CHECK_THAT(sub.err(), Catch::Contains("full"));
}

TEST_CASE("No later connection to where a redirect led gets a secret either",
          "[commands][sub][connection]") {
  SubStage stage;
  const sse::test::ScriptedServer other;
  stage.environment.emplace_back("SSE_TOKEN=secret");
  auto sub = stage.start({"-C3", "-H", "X-Key: k"});
  stage.server.answer("301 Moved", "Location: " + other.url() + "/stream\r\n");
  for (const char* data : {"id: 1\ndata: a\n\n", "id: 2\ndata: b\n\n"}) {
    const auto stream = other.accept_stream(data);
    CHECK(stream.target() == "/stream");
    CHECK(stream.header("Authorization").empty());
    CHECK(stream.header("X-Key").empty());
  }
  // Back at the origin that they were meant for, they are sent again.
  other.answer("302 Found", "Location: " + stage.server.url() + "/home\r\n");
  const auto home = stage.server.accept_stream("id: 3\ndata: c\n\n");
  CHECK(home.header("Authorization") == "Bearer secret");
  CHECK(home.header("X-Key") == "k");
  CHECK(sub.wait() == 0);
}

TEST_CASE("A redirected look-up of a metric gets no secret", "[commands][sub][connection]") {
  SubStage stage;
  const sse::test::ScriptedServer other;
  stage.environment.emplace_back("SSE_TOKEN=secret");
  auto sub = stage.start({"-m", "cpu"});
  stage.server.answer("302 Found", "Location: " + other.url() + "/metrics\r\n");
  CHECK(sub.wait() == 76);
}

TEST_CASE("Strict and without reconnecting it ends where it would wait",
          "[commands][sub][connection]") {
  SubStage stage;
  auto strict = stage.start({"--strict"});
  stage.server.accept_stream();
  stage.server.answer("503 Service Unavailable");
  CHECK(strict.wait() == 69);

  auto once = stage.start({"--no-reconnect"});
  stage.server.accept_stream("data: a\n\n");
  CHECK(once.wait() == 69);
  CHECK(once.out() == "a\n");
}

TEST_CASE("It waits for a server that is not there yet", "[commands][sub][connection]") {
  SubStage stage;
  auto sub = stage.start({"--wait-server", "-C1"});
  stage.server.answer("503 Service Unavailable");
  stage.server.answer("200 OK", "Content-Type: text/event-stream\r\nSSE-Refused: draining\r\n",
                      "retry: 1\n: draining\n\n");
  const auto stream = stage.server.accept_stream("data: a\n\n");
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "a\n");
}

TEST_CASE("Redirects are followed, and secrets stay where they were meant for",
          "[commands][sub][connection]") {
  SubStage stage;
  const sse::test::ScriptedServer other;
  stage.environment.emplace_back("SSE_TOKEN=secret");
  auto sub = stage.start({"-C1", "-H", "Cookie: a=b"});
  const auto first = stage.server.accept();
  CHECK(first.header("Authorization") == "Bearer secret");
  CHECK(first.header("Cookie") == "a=b");
  first.send("HTTP/1.1 307 Moved\r\nLocation: " + other.url() +
             "/a%20b%23c?x=%0A\r\nContent-Length: 0\r\n\r\n");
  const auto second = other.accept_stream("data: a\n\n");
  CHECK(second.target() == "/a%20b%23c?x=%0A");
  CHECK(second.header("Authorization").empty());
  CHECK(second.header("Cookie").empty());
  CHECK(sub.wait() == 0);
}

TEST_CASE("A redirect loop is 76", "[commands][sub][connection]") {
  SubStage stage;
  auto sub = stage.start({});
  for (int i = 0; i <= 10; ++i) stage.server.answer("302 Found", "Location: /events/watch\r\n");
  CHECK(sub.wait() == 76);
}

TEST_CASE("A stream that falls silent is cut and resumed", "[commands][sub][connection]") {
  with_time_enough([](const std::string& limit) {
    const SubStage stage;
    auto sub = stage.start({"--read-timeout", limit, "-C2"});
    const auto has_ended = [&] { return sub.has_ended(); };
    const auto silent = stage.server.accept_unless(has_ended);
    if (!silent || !silent->try_send(std::string(kStreamHead) + "id: 1\ndata: a\n\n")) return false;
    const auto stream = stage.server.accept_unless(has_ended);
    if (!stream || !stream->try_send(std::string(kStreamHead) + "id: 2\ndata: b\n\n")) return false;
    if (sub.wait() != 0) return false;  // later than that
    CHECK(stream->header("Last-Event-ID") == "1");
    return true;
  });
}

TEST_CASE("A metric is found by its name", "[commands][sub][connection]") {
  SubStage stage;
  auto sub = stage.start({"-m", "cpu load", "-C0"});
  CHECK(stage.server.answer("200 OK", "", R"([{"id":"17","name":"cpu load"}])") ==
        "/metrics?name=cpu%20load");
  const auto stream = stage.server.accept_stream();
  CHECK(stream.target() == "/events/watch?metric=17");
  CHECK(sub.wait() == 0);
}

TEST_CASE("An unknown metric is 65 with the nearest name, or is waited for",
          "[commands][sub][connection]") {
  SubStage stage;
  auto sub = stage.start({"-m", "cpu1"});
  stage.server.answer("200 OK", "", "[]");
  stage.server.answer("200 OK", "", R"([{"id":"1","name":"memory"},{"id":"2","name":"cpu0"}])");
  CHECK(sub.wait() == 65);
  CHECK(sub.err().find("did you mean \"cpu0\"?") != std::string::npos);

  auto patient = stage.start({"-m", "cpu1", "--wait-server", "-C0"});
  stage.server.answer("200 OK", "", "[]");
  stage.server.answer("200 OK", "", "[]");
  stage.server.answer("200 OK", "", R"([{"id":"3","name":"cpu1"}])");
  CHECK(stage.server.accept_stream().target() == "/events/watch?metric=3");
  CHECK(patient.wait() == 0);
}

TEST_CASE("Two metrics of one name are 65 with their ids", "[commands][sub][connection]") {
  SubStage stage;
  auto sub = stage.start({"-m", "cpu"});
  stage.server.answer("200 OK", "", R"([{"id":"1","name":"cpu"},{"id":"2","name":"cpu"}])");
  CHECK(sub.wait() == 65);
  CHECK(sub.err().find(": 1 2") != std::string::npos);
}

TEST_CASE("A gap is warned of, shown, ignored, or fatal", "[commands][sub][connection]") {
  const std::string gap =
      "event: sse.gap\ndata: {\"requested\":\"1\",\"oldest\":\"5\",\"missed\":3,"
      "\"reason\":\"expired\"}\n\n";
  struct Row {
    const char* mode;
    int code;
    std::string out;
    bool warns;
  };
  const Row rows[] = {
      {"warn", 0, "a\n", true},
      {"ignore", 0, "a\n", false},
      {"fail", 79, "", true},
      {"emit", 0, "{\"requested\":\"1\",\"oldest\":\"5\",\"missed\":3,\"reason\":\"expired\"}\na\n",
       false}};
  for (const Row& row : rows) {
    CAPTURE(row.mode);
    SubStage stage;
    auto sub = stage.start({"-C1", "--last-event-id=1", "--on-gap", row.mode});
    const auto stream = stage.server.accept_stream(gap + "id: 5\ndata: a\n\n");
    CHECK(sub.wait() == row.code);
    CHECK(sub.out() == row.out);
    CHECK((sub.err().find("3 missed (expired), since 1") != std::string::npos) == row.warns);
  }
}

TEST_CASE("A shortest wait above the longest is refused, and a default gives way",
          "[commands][sub]") {
  const SubStage stage;
  Program both({"sse-sub", "--retry-min=2s", "--retry-max=1s"}, {stage.environment, false, ""});
  CHECK(both.wait() == 64);
  CHECK_THAT(both.err(), Catch::Contains("--retry-min: expected at most --retry-max, which is 1s"));
  for (const char* given : {"--retry-min=1h", "--retry-max=5ms"}) {
    Program one({"sse-sub", given, "-C1", "-o", "none"}, {stage.environment, false, ""});
    const auto stream = stage.server.accept_stream("data: x\n\n");
    CHECK(one.wait() == 0);
  }
}

TEST_CASE("A token that was renewed in its file is sent with the next connection",
          "[commands][sub][connection]") {
  SubStage stage;
  const std::string file = stage.directory.file("token");
  const auto renew = [&](const std::string& token) { std::ofstream(file) << token << "\n"; };
  renew("one");
  auto sub = stage.start({"--token-file", file});
  auto first = stage.server.accept_stream("data: a\n\n");
  CHECK(first.header("Authorization") == "Bearer one");
  sub.wait_for_out("a\n");
  renew("two");
  first.finish();
  auto second = stage.server.accept_stream("data: b\n\n");
  CHECK(second.header("Authorization") == "Bearer two");
  sub.wait_for_out("b\n");

  // Behind a stream a 401 is tried once more: the token may be renewed only now.
  second.finish();
  stage.server.answer("401 Unauthorized");
  auto third = stage.server.accept_stream("data: c\n\n");
  sub.wait_for_out("c\n");
  third.finish();
  stage.server.answer("401 Unauthorized");
  stage.server.answer("401 Unauthorized");
  CHECK(sub.wait() == 77);
}
