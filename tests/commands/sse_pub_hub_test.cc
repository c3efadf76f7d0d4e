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

TEST_CASE("The metrics are listed one per line, oldest first", "[sse-pub][hub]") {
  const HubProgram hub;
  CHECK(run(hub, {"list"}).out.empty());
  const std::string b = run(hub, {"metric", "b c\"", "--every", "90s", "--print", "id"}).out;
  const std::string a = run(hub, {"metric", "a", "--print", "id"}).out;
  const std::string first = b.substr(0, 36);
  CHECK(run(hub, {"list"}).out == "b c\"\na\n");
  CHECK(run(hub, {"list", "-o", "tsv"}).out ==
        first + "\t1m30s\tb c\"\n" + a.substr(0, 36) + "\t0s\ta\n");
  CHECK_THAT(run(hub, {"list", "-o", "json"}).out,
             Catch::StartsWith("{\"id\":\"" + first +
                               R"(","name":"b c\"","input_frequency":90000000000}
)"));
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
