// sse-pub and the real hub.

#include "pub_stage.h"
#include "support/catch.h"
#include "support/raw_http.h"
#include "support/scripted_http.h"

namespace sse::test {
namespace {

Ran run(const HubProgram& hub, std::vector<std::string> words, const std::string& input = {}) {
  return run_pub(hub.url(), std::move(words), input);
}

TEST_CASE("A metric is made, found by name, and made only once", "[sse-pub][hub]") {
  const HubProgram hub;
  const auto made = run(hub, {"metric", "cpu", "--every", "1s", "--print", "id"});
  CHECK(made.status == 0);
  CHECK(run(hub, {"metric", "cpu", "--if-missing", "--print", "id"}).out == made.out);
  CHECK(run(hub, {"reading", "--metric", "cpu", "--value", "3"}).status == 0);
  CHECK(run(hub, {"reading", "cpu", "-.5"}).status == 0);
  const auto metrics = request(hub.port(), "GET", "/metrics?with_readings=true").body;
  CHECK_THAT(metrics, Catch::Contains("\"input_frequency\":1000000000"));
  CHECK_THAT(metrics, Catch::Contains("\"value\":-0.5"));
}

TEST_CASE("The same metric twice is one metric", "[sse-pub][hub]") {
  const HubProgram hub;
  const auto made = run(hub, {"metric", "cpu", "--every", "1s", "--print", "id"});
  for (const auto& more :
       std::vector<std::vector<std::string>>{{}, {"--every=1000ms"}, {"--if-missing"}}) {
    std::vector<std::string> words{"metric", "cpu", "--print", "id"};
    words.insert(words.end(), more.begin(), more.end());
    const auto again = run(hub, words);
    CHECK(again.status == 0);
    CHECK(again.out == made.out);
  }
  const auto other = run(hub, {"metric", "cpu", "--every", "2s", "--print", "id"});
  CHECK(other.status == 65);
  CHECK(other.out.empty());
  CHECK_THAT(other.err, Catch::Contains("already, with --every 1s; --duplicate creates another"));
  CHECK(run(hub, {"list"}).out == "cpu\n");
  CHECK(run(hub, {"metric", "cpu", "--every", "2s", "--duplicate"}).status == 0);
  CHECK(run(hub, {"list"}).out == "cpu\ncpu\n");
}

TEST_CASE("A metric has the unit that it was made with, and no other", "[sse-pub][hub]") {
  const HubProgram hub;
  REQUIRE(run(hub, {"metric", "--name", "disk", "--unit", "bytes"}).status == 0);
  REQUIRE(run(hub, {"reading", "disk", "1200"}).status == 0);
  CHECK_THAT(request(hub.port(), "GET", "/metrics").body, Catch::Contains(R"(,"unit":"bytes",)"));
  for (const auto& more : {std::vector<std::string>{}, {"--unit=bytes"}}) {
    std::vector<std::string> words{"metric", "disk"};
    words.insert(words.end(), more.begin(), more.end());
    CHECK(run(hub, words).status == 0);
  }
  const auto other = run(hub, {"metric", "disk", "--unit=B"});
  CHECK(other.status == 65);
  CHECK_THAT(other.err, Catch::Contains("already, with --unit \"bytes\"; --duplicate creates"));
  REQUIRE(run(hub, {"reading", "idle", "7", "--create"}).status == 0);
  CHECK_THAT(run(hub, {"metric", "idle", "--unit=%"}).err,
             Catch::Contains("already, without a unit; --duplicate creates"));

  CHECK_THAT(run(hub, {"list", "-o", "json"}).out,
             Catch::Contains(R"("input_frequency":0,"unit":"bytes","value":1200,)"));
  CHECK_THAT(run(hub, {"list", "-o", "table"}).out,
             Catch::Matches("disk  1200 bytes  [0-9]+s\nidle     7        [0-9]+s\n"));
  const auto refused = run(hub, {"metric", "long", "--unit", std::string(33, 'x')});
  CHECK(refused.status == 65);
  CHECK_THAT(refused.err, Catch::Contains("unit: expected at most 32 bytes"));
}

TEST_CASE("The metrics are listed one per line, oldest first", "[sse-pub][hub]") {
  const HubProgram hub;
  CHECK(run(hub, {"list"}).out.empty());
  const std::string b = run(hub, {"metric", "b c\"", "--every", "90s", "--print", "id"}).out;
  const std::string a = run(hub, {"metric", "a", "--print", "id"}).out;
  const std::string first = b.substr(0, 36);
  CHECK(run(hub, {"list"}).out == "b c\"\na\n");
  CHECK(run(hub, {"list", "-o", "tsv"}).out ==
        first + "\t1m30s\tb c\"\t\t\n" + a.substr(0, 36) + "\t0s\ta\t\t\n");
  CHECK_THAT(run(hub, {"list", "-o", "json"}).out,
             Catch::StartsWith("{\"id\":\"" + first +
                               R"(","name":"b c\"","input_frequency":90000000000}
)"));
}

TEST_CASE("The list has the newest value of each metric, its time and its age", "[sse-pub][hub]") {
  const HubProgram hub;
  for (const char* value : {"1", "100000"}) {
    REQUIRE(
        run(hub, {"reading", "cpu", value, "--create", "--time=2026-01-31T12:00:00.5Z"}).status ==
        0);
  }
  REQUIRE(run(hub, {"metric", "idle"}).status == 0);
  CHECK_THAT(run(hub, {"list", "-o", "tsv"}).out,
             Catch::Contains("\tcpu\t100000\t2026-01-31T12:00:00.500000000Z\n"));
  CHECK_THAT(run(hub, {"list", "-o", "json"}).out,
             Catch::Contains(R"(,"value":100000,"timestamp":"2026-01-31T12:00:00.500000000Z"})"));
  const auto table = run(hub, {"list", "-o", "table"}).out;
  CHECK_THAT(table, Catch::StartsWith("cpu   100000  "));
  // The age is of this moment: 301d6h1m2s, or 301d6h1m when the seconds are none.
  CHECK_THAT(table, Catch::Matches("cpu +100000  ([0-9]+[dhms])+\nidle       -  -\n"));
}

TEST_CASE("The readings of a metric are listed, oldest first, and can be loaded",
          "[sse-pub][hub]") {
  const HubProgram hub;
  const std::string lines = "cpu 1 @1700000000\ncpu 0.0001 @1700000001.25\ncpu 3 @1700000002\n";
  REQUIRE(run(hub, {"reading", "-l", "--create"}, lines).status == 0);
  CHECK(run(hub, {"readings", "cpu"}).out ==
        "2023-11-14T22:13:20.000000000Z\t1\n2023-11-14T22:13:21.250000000Z\t0.0001\n"
        "2023-11-14T22:13:22.000000000Z\t3\n");
  CHECK(run(hub, {"readings", "cpu", "--limit=1"}).out == "2023-11-14T22:13:22.000000000Z\t3\n");
  CHECK(run(hub, {"readings", "cpu", "--since=@1700000001", "--until=@1700000002"}).out ==
        "2023-11-14T22:13:21.250000000Z\t0.0001\n");
  const auto json = run(hub, {"readings", "cpu", "-o", "json", "--limit=1"}).out;
  CHECK(json == R"({"metric":"cpu","value":3,"timestamp":"2023-11-14T22:13:22.000000000Z"})"
                "\n");
  const HubProgram other;
  CHECK(run(other, {"load", "--create", "-"}, json).status == 0);
  CHECK(run(other, {"readings", "cpu", "-o", "json"}).out == json);
  CHECK(run(hub, {"readings", "nothing"}).status == 65);
  CHECK(run(hub, {"readings"}).status == 64);
}

TEST_CASE("A metric is deleted by its name or its id", "[sse-pub][hub]") {
  const HubProgram hub;
  REQUIRE(run(hub, {"metric", "cpu"}).status == 0);
  const auto id = run(hub, {"metric", "disk", "--print=id"}).out.substr(0, 36);
  CHECK(run(hub, {"delete", "cpu"}).status == 0);
  CHECK(run(hub, {"list"}).out == "disk\n");
  CHECK(run(hub, {"delete", "cpu"}).status == 65);
  CHECK(run(hub, {"delete", id}).status == 0);
  CHECK(run(hub, {"list"}).out.empty());
  CHECK(run(hub, {"delete", id}).status == 76);
}

TEST_CASE("An unknown metric is 65, unless it may be created", "[sse-pub][hub]") {
  const HubProgram hub;
  CHECK(run(hub, {"reading", "cpu", "3"}).status == 65);
  CHECK(run(hub, {"reading", "cpu", "3", "--create=1s"}).status == 0);
  CHECK(run(hub, {"reading", "cpu", "3"}).status == 0);
}

TEST_CASE("Every line of a long pipe is published once, in order", "[sse-pub][hub]") {
  const HubProgram hub;
  std::string lines;
  for (int i = 0; i < 5000; ++i) lines += "cpu " + std::to_string(i) + "\n";
  const auto ran = run(hub, {"reading", "-l", "--create", "--print=id"}, lines);
  CHECK(ran.status == 0);
  CHECK(lines_of(ran.out) == 5000);
}

TEST_CASE("A connection that is cut after the hub took the request costs no event and doubles none",
          "[sse-pub][hub]") {
  const HubProgram hub;
  const auto pass_on = [&](const std::string& whole) {
    RawConnection connection(hub.port());
    connection.send(whole);
    const auto answer = read_answer(connection);
    return answer.head + answer.body;
  };
  const auto take = [&](const std::string& whole) {
    pass_on(whole);
    return std::string();
  };
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"event", "-e", "one", "-d", "x", "--print=id"}, {"event", "-e", "many", "-l"}}) {
    const ScriptedHttp between({{"", ScriptedAnswer::Then::kClose, take},
                                {"", ScriptedAnswer::Then::kClose, take},
                                {"", ScriptedAnswer::Then::kKeepOpen, pass_on}});
    std::vector<std::string> command = words;
    command.insert(command.begin(), "sse-pub");
    Program program(command, {{"SSE_URL=" + between.url()}, true, ""});
    program.write_stdin("a\nb\nc\n");
    program.close_stdin();
    CHECK(program.wait() == 0);
    CHECK(between.requests().size() == 3);
  }
  const auto events = request(hub.port(), "GET", "/events?since=earliest").body;
  const auto count = [&](const std::string& part) {
    std::size_t times = 0;
    for (auto at = events.find(part); at != std::string::npos; at = events.find(part, at + 1)) {
      ++times;
    }
    return times;
  };
  CHECK(count(R"("type":"one")") == 1);
  CHECK(count(R"("type":"many")") == 3);
}

TEST_CASE("A hub may be named by its stream, as for sse-sub", "[sse-pub][hub]") {
  const HubProgram hub;
  for (const std::string url : {"/events/watch", "/events/watch?topic=a"}) {
    CHECK(run_pub(hub.url() + url, {"event", "-d", "x"}).status == 0);
    CHECK(run_pub(hub.url() + url, {"list"}).status == 0);
  }
}

TEST_CASE("What the hub rejects is said with its line", "[sse-pub][hub]") {
  const HubProgram hub({"--max-event-size", "1k"});
  const auto ran =
      run(hub, {"event", "-l", "--print=id"}, "a\n" + std::string(5000, 'x') + "\nb\n");
  CHECK(ran.status == 1);
  CHECK(lines_of(ran.out) == 2);
  CHECK_THAT(ran.err, Catch::StartsWith("sse-pub: error: line 2: "));
  CHECK(run(hub, {"event", "-e", "sse.gap", "-d", "x"}).status == 65);
}

}  // namespace
}  // namespace sse::test
