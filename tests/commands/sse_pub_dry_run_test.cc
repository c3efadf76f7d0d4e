// sse-pub --dry-run: what it prints does the same.

#include "pub_stage.h"
#include "support/catch.h"
#include "support/raw_http.h"
#include "support/scripted_http.h"

namespace sse::test {
namespace {

/// What `words` would do, done by sh and curl.
Ran run_script(const HubProgram& hub, const std::vector<std::string>& words,
               const std::string& input = {}) {
  auto dry = words;
  dry.insert(dry.begin() + 1, "--dry-run");
  const auto printed = run_pub(hub.url(), dry, input);
  CAPTURE(printed.out, printed.err);
  CHECK(printed.status == 0);
  CHECK(printed.err.empty());
  return run_words({"sh"}, hub.url(), printed.out);
}

/// Without what differs from run to run: ids and times.
std::string without_ids(const std::string& events) {
  std::string out;
  for (std::size_t start = 0; start < events.size();) {
    const auto end = events.find('\n', start);
    const std::string line = events.substr(start, end - start);
    const auto from = line.find(",\"event\"");
    out += line.substr(from, line.find(",\"time\"") - from) + "\n";
    start = end + 1;
  }
  return out;
}

TEST_CASE("A dry run sends nothing and shows the request", "[sse-pub][dry-run]") {
  const auto ran = run_pub("127.0.0.1:" + std::to_string(closed_port()),
                           {"event", "-n", "-e", "deploy", "-H", "X-One: it's 1", "-d", "x y"});
  CHECK(ran.status == 0);
  CHECK_THAT(ran.out, Catch::StartsWith("# POST /events HTTP/1.1\n# Host: 127.0.0.1:"));
  CHECK_THAT(ran.out, Catch::Contains("# X-One: it's 1\n# Content-Type: application/json\n# \n"
                                      "# {\"type\":\"deploy\",\"data\":\"x y\"}\ncurl "));
  CHECK_THAT(ran.out, Catch::Contains(R"( -H 'X-One: it'\''s 1' )"));
}

TEST_CASE("A secret of the environment stays out of a dry run, and works in it",
          "[sse-pub][dry-run]") {
  Program program({"sse-pub", "event", "-n", "-d", "x"}, {{"SSE_TOKEN=s3cret"}, false, ""});
  CHECK(program.wait() == 0);
  CHECK_THAT(program.out(), !Catch::Contains("s3cret"));
  CHECK_THAT(program.out(), Catch::Contains(R"(-H "Authorization: Bearer $SSE_TOKEN")"));
}

TEST_CASE("The curl of an event sends what sse-pub sends, whatever it holds",
          "[sse-pub][dry-run]") {
  const std::string odd = "it's \"$HOME\" `id` \\ \\n\n%s {[]} @x \xc3\xa4\t\x01\x7f!";
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"event", "-d", odd},
           {"event", "-e", "a'b $c", "-t", "x/it's $y", "-d", odd},
           {"event", "-d", ""},
           {"event", "-d", std::string(100'000, '\'')}}) {
    const HubProgram hub;
    CHECK(run_script(hub, words).status == 0);
    CHECK(run_pub(hub.url(), words).status == 0);
    const std::string events = without_ids(events_of(hub, 2));
    CHECK(lines_of(events) == 2);
    CHECK(events.substr(0, events.size() / 2) == events.substr(events.size() / 2));
  }
}

TEST_CASE("The curls of a reading find its metric, or make it", "[sse-pub][dry-run]") {
  const HubProgram hub;
  const std::string name = R"(it's {"id":"x"} $HOME & more)";
  CHECK(run_script(hub, {"reading", name, "3"}).status != 0);  // not there
  CHECK(run_script(hub, {"reading", name, "-.5", "--create=2s"}).status == 0);
  CHECK(run_script(hub, {"reading", name, "7", "--time", "@1700000000"}).status == 0);
  const std::string id = run_pub(hub.url(), {"metric", name, "--if-missing", "--print=id"}).out;
  CHECK(run_script(hub, {"reading", id.substr(0, 36), "1e3"}).status == 0);
  const auto metrics = request(hub.port(), "GET", "/metrics?with_readings=true").body;
  CHECK_THAT(metrics, Catch::Contains("\"input_frequency\":2000000000"));
  for (const auto* value :
       {"\"value\":-0.5", "\"value\":7,\"timestamp\":\"2023-11-14T22:13:20Z\"", "\"value\":1000"}) {
    CHECK_THAT(metrics, Catch::Contains(value));
  }
  // Two of one name: neither sse-pub nor the script picks one.
  CHECK(run_pub(hub.url(), {"metric", name, "--duplicate"}).status == 0);
  CHECK(run_script(hub, {"reading", name, "4"}).status != 0);
  CHECK(request(hub.port(), "GET", "/metrics?with_readings=true").body.find("\"value\":4") ==
        std::string::npos);
}

TEST_CASE("The curls of metric and list do the same", "[sse-pub][dry-run]") {
  const HubProgram hub;
  CHECK(run_script(hub, {"metric", "a'b", "--every", "1s", "--unit", "it's"}).status == 0);
  CHECK(run_script(hub, {"metric", "a'b"}).status == 0);
  CHECK(run_pub(hub.url(), {"list"}).out == "a'b\n");
  CHECK_THAT(run_script(hub, {"list"}).out,
             Catch::Contains("\"name\":\"a'b\"") && Catch::Contains("\"unit\":\"it's\""));
  REQUIRE(run_pub(hub.url(), {"reading", "a'b", "7"}).status == 0);
  CHECK_THAT(run_script(hub, {"readings", "a'b", "--limit=1"}).out, Catch::Contains("\"value\":7"));
  CHECK(run_script(hub, {"delete", "a'b"}).status == 0);
  CHECK(run_pub(hub.url(), {"list"}).out.empty());
}

TEST_CASE("The script of run runs the command and passes its status on", "[sse-pub][dry-run]") {
  const HubProgram hub;
  const auto ran =
      run_script(hub, {"run", "-t", "c/x", "--", "sh", "-c", "echo \"it's $0\"; exit 3"});
  CHECK_THAT(ran.out, Catch::Contains("it's sh\n"));
  CHECK(ran.status == 3);
  const std::string events = events_of(hub, 2);
  CHECK_THAT(events, Catch::Contains(R"("event":"run.started","topic":"c/x")"));
  CHECK_THAT(events, Catch::Contains(R"(,"ok":false,"exit":3,"seconds":)"));
}

}  // namespace
}  // namespace sse::test
