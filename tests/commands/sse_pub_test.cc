#include <csignal>

#include "commands/pub_stage.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/scripted_http.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

constexpr char kMetricId[] = "018f4c2e-0123-7456-89ab-cdef01234567";

std::string known_metric() {
  return R"([{"id":")" + std::string(kMetricId) + R"(","name":"cpu"}])";
}

Program::Options at(const std::string& url) {
  return {{"SSE_URL=" + url}, false, ""};
}

Program::Options at_with_stdin(const std::string& url) {
  return {{"SSE_URL=" + url}, true, ""};
}

/// How sse-pub ends when the hub answers everything so.
int exit_status(const ScriptedAnswer& hub_answer, std::vector<std::string> words) {
  const ScriptedHttp hub({hub_answer});
  words.insert(words.begin(), {"sse-pub"});
  Program program(words, at(hub.url()));
  return program.wait();
}

const std::vector<std::string> kEvent{"event", "-d", "x", "--retries=0"};

TEST_CASE("The exit code says what kind of no it was", "[sse-pub]") {
  const std::string no = R"({"error":"no"})";
  CHECK(exit_status(answer(201, R"({"id":"e"})"), kEvent) == 0);
  CHECK(exit_status(answer(400, no), kEvent) == 65);
  CHECK(exit_status(answer(413, no), kEvent) == 65);
  CHECK(exit_status(answer(422, no), kEvent) == 65);
  CHECK(exit_status(answer(500, no), kEvent) == 69);
  CHECK(exit_status(answer(503, no), kEvent) == 69);
  CHECK(exit_status(answer(429, no), kEvent) == 75);
  CHECK(exit_status(answer(404, no), kEvent) == 76);
  CHECK(exit_status(answer(409, no), kEvent) == 76);
  CHECK(exit_status(answer(405, no), kEvent) == 76);
  CHECK(exit_status(answer(401, no), kEvent) == 77);
  CHECK(exit_status(answer(403, no), kEvent) == 77);
  CHECK(exit_status({"", ScriptedAnswer::Then::kClose}, kEvent) == 69);
}

TEST_CASE("A hub that does not answer is given up after -W: 124", "[sse-pub]") {
  CHECK(exit_status({"", ScriptedAnswer::Then::kHang}, {"event", "-d", "x", "-W", "50ms"}) == 124);
}

TEST_CASE("A port without a listener is 69, and a name without an address 68", "[sse-pub]") {
  Program refused({"sse-pub", "event", "-d", "x", "--retries=0"},
                  at("127.0.0.1:" + std::to_string(closed_port())));
  CHECK(refused.wait() == 69);
  CHECK_THAT(refused.err(),
             Catch::StartsWith("sse-pub: error: no connection to http://127.0.0.1:"));
  CHECK(refused.out().empty());
  Program unresolved({"sse-pub", "event", "-d", "x", "--retries=0"}, at("http://no..name:1"));
  CHECK(unresolved.wait() == 68);
}

TEST_CASE("help and help COMMAND are --help", "[sse-pub]") {
  for (const auto& [words, same] :
       std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>>{
           {{"help"}, {"--help"}}, {{"help", "metric"}, {"metric", "--help"}}}) {
    const auto help = run_pub("", words);
    CHECK(help.status == 0);
    CHECK(help.out == run_pub("", same).out);
    CHECK_FALSE(help.out.empty());
  }
  CHECK(run_pub("", {"help", "nonsense"}).status == 64);
}

TEST_CASE("Wrong words are 64 and say what was meant", "[sse-pub]") {
  for (const auto& [words, complaint] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"reading", "--metrc", "x"},
            "sse-pub: error: unknown option --metrc; did you mean --metric?\n"},
           {{"reading", "cpu"},
            "sse-pub: error: reading needs a METRIC and a VALUE, or -l to read them from stdin\n"},
           {{"event"}, "sse-pub: error: event needs its data: -d TEXT, -d @FILE, -f FILE or -l\n"},
           {{"event", "-d", "x", "-H", "nonsense"},
            "sse-pub: error: --header: not a header; expected 'Name: value'\n"}}) {
    std::vector<std::string> all{"sse-pub"};
    all.insert(all.end(), words.begin(), words.end());
    Program program(all);
    CHECK(program.wait() == 64);
    CHECK(program.err() == complaint);
    CHECK(program.out().empty());
  }
  CHECK(Program({"sse-pub", "reading", "cpu", "three"}).wait() == 64);
  CHECK(Program({"sse-pub", "event", "-d", "x", "-l"}).wait() == 64);
  Program variable({"sse-pub", "event", "-d", "x"}, at("http://"));
  CHECK(variable.wait() == 64);
}

TEST_CASE("A file that cannot be read is 66", "[sse-pub]") {
  CHECK(Program({"sse-pub", "event", "-f", "/nowhere/at-all"}).wait() == 66);
  CHECK(Program({"sse-pub", "event", "-d", "@/nowhere/at-all"}).wait() == 66);
}

TEST_CASE("Help goes to stdout and ends with examples", "[sse-pub]") {
  for (const auto& words : std::vector<std::vector<std::string>>{{"-h"},
                                                                 {"reading", "--help"},
                                                                 {"metric", "-h"},
                                                                 {"event", "-h"},
                                                                 {"load", "-h"},
                                                                 {"run", "-h"},
                                                                 {"list", "-h"}}) {
    std::vector<std::string> all{"sse-pub"};
    all.insert(all.end(), words.begin(), words.end());
    Program program(all);
    CHECK(program.wait() == 0);
    CHECK(program.err().empty());
    CHECK_THAT(program.out(), Catch::Contains("\nExamples:\n  "));
  }
}

TEST_CASE("A metric is named or numbered, and its value keeps its digits", "[sse-pub]") {
  const ScriptedHttp hub({answer(200, known_metric()), answer(201, R"({"id":"r1","value":1.50})")});
  Program program({"sse-pub", "reading", "--metric", "cpu", "--value", "1.50", "--time",
                   "@1700000000.25", "--print", "id"},
                  at(hub.url()));
  CHECK(program.wait() == 0);
  CHECK(program.out() == "r1\n");
  CHECK_THAT(
      hub.requests().at(1),
      Catch::EndsWith("{\"metric_id\":\"" + std::string(kMetricId) +
                      "\",\"value\":1.50,\"timestamp\":\"2023-11-14T22:13:20.250000000Z\"}"));
}

TEST_CASE("A name that two metrics have is 65 with the candidates", "[sse-pub]") {
  const ScriptedHttp hub({answer(200, R"([{"id":"m1","name":"cpu"},{"id":"m2","name":"cpu"}])")});
  Program program({"sse-pub", "reading", "cpu", "-5"}, at(hub.url()));
  CHECK(program.wait() == 65);
  CHECK_THAT(program.err(), Catch::Contains("m1 m2"));
}

TEST_CASE("A token and headers go with every request", "[sse-pub]") {
  const ScriptedHttp hub({answer(201, "{}")});
  Program program({"sse-pub", "event", "-H", "X-One: 1", "-d", "x"},
                  {{"SSE_URL=" + hub.url(), "SSE_TOKEN=secret"}, false, ""});
  CHECK(program.wait() == 0);
  CHECK_THAT(hub.requests().at(0), Catch::Contains("Authorization: Bearer secret\r\n"));
  CHECK_THAT(hub.requests().at(0), Catch::Contains("X-One: 1\r\n"));
}

TEST_CASE("A key that the user gives is for one request", "[sse-pub]") {
  const std::string key = "Idempotency-Key: order-4711";
  const HubProgram hub;
  for (int i = 0; i < 2; ++i) {
    CHECK(run_pub(hub.url(), {"event", "-d", "x", "-H", key}).status == 0);
  }
  CHECK(run_words({"sse-sub", "--since=earliest", "--no-follow"}, hub.url()).out == "x\n");
  const std::vector<std::vector<std::string>> several{{"load", "-"},
                                                      {"event", "-l"},
                                                      {"reading", "-l"},
                                                      {"reading", "cpu", "3", "--create"},
                                                      {"run", "-H", key, "--", "true"}};
  for (auto words : several) {
    CAPTURE(words);
    if (words.front() != "run") words.insert(words.end(), {"-H", key});
    const auto ran = run_pub(hub.url(), words, "a\nb\n");
    CHECK(ran.status == 64);
    CHECK_THAT(ran.err, Catch::Contains("Idempotency-Key is for one request"));
  }
}

TEST_CASE("A redirect is not followed, so no secret goes elsewhere", "[sse-pub]") {
  const ScriptedHttp other({answer(201, "{}")});
  for (const int status : {301, 302, 303, 307, 308}) {
    const ScriptedHttp hub({answer(status, "", "Location: " + other.url() + "/events\r\n")});
    Program program({"sse-pub", "event", "-d", "x", "-H", "X-Key: k"}, at(hub.url()));
    CHECK(program.wait() == 76);
  }
  CHECK(other.requests().empty());
}

TEST_CASE("A name that no metric has is told with the one that was meant", "[sse-pub]") {
  const HubProgram hub;
  REQUIRE(run_pub(hub.url(), {"metric", "temperature"}).status == 0);
  const auto ran = run_pub(hub.url(), {"reading", "temprature", "3"});
  CHECK(ran.status == 65);
  CHECK_THAT(ran.err, Catch::Contains("did you mean \"temperature\"?"));
  const auto far = run_pub(hub.url(), {"reading", "cpu", "3"});
  CHECK(far.status == 65);
  CHECK_THAT(far.err, !Catch::Contains("did you mean"));
}

TEST_CASE("Words that would do nothing are 64", "[sse-pub]") {
  const std::pair<std::vector<std::string>, const char*> rows[] = {
      {{"event", "-d", "x", "--rate", "5/s"}, "--rate is for lines"},
      {{"event", "-d", "x", "--batch", "5"}, "--batch is for lines"},
      {{"reading", "cpu", "3", "--summary", "json"}, "--summary is for lines"},
      {{"reading", "cpu", "3", "--rejects", "bad"}, "--rejects is for lines"},
      {{"reading", "-l", "cpu"}, "come from stdin"},
      {{"event", "-d", "x", "-W", "0"}, "at least 1ms"},
      {{"event", "hello"}, "unexpected argument \"hello\"; data goes after -d"},
      {{"list", "--print", "id"}, "--print is for what"},
      {{"load", "-", "--in-doubt", "skip"}, "--in-doubt needs --checkpoint"},
      {{"list", "--since", "5m"}, "--since is for topics and types"},
      {{"run", "--tail", "1001", "true"}, "at most 1000 lines"},
      {{"reading", "cpu", "3", "--create="}, "--create= has no FREQUENCY behind it"},
      {{"event", "-f", ""}, "is not a FILE"}};
  for (const auto& [words, text] : rows) {
    const auto ran = run_pub("127.0.0.1:1", words);
    CHECK(ran.status == 64);
    CHECK_THAT(ran.err, Catch::Contains(text));
  }
  // A variable may be meant for other commands.
  Program lines({"sse-pub", "reading", "-l"}, {{"SSE_METRIC=cpu"}, true, ""});
  lines.close_stdin();
  CHECK(lines.wait() == 0);
}

TEST_CASE("An event's data is text, a file, or stdin, with every byte", "[sse-pub]") {
  const ScriptedHttp hub({answer(201, R"({"id":"e1"})")});
  Program text({"sse-pub", "event", "-e", "deploy", "-t", "ci/api", "-d", "{\"a\": 1}"},
               at(hub.url()));
  CHECK(text.wait() == 0);
  CHECK_THAT(hub.requests().at(0),
             Catch::EndsWith(R"({"type":"deploy","topic":"ci/api","data":"{\"a\": 1}"})"));
  Program input({"sse-pub", "event", "-f", "-"}, at_with_stdin(hub.url()));
  input.write_stdin(std::string("a\0b\n", 4));
  input.close_stdin();
  CHECK(input.wait() == 0);
  CHECK_THAT(hub.requests().at(1), Catch::EndsWith(R"({"data":"a\u0000b"})"));
}

TEST_CASE("Data that is not UTF-8 is 65 and never sent", "[sse-pub]") {
  const ScriptedHttp hub({answer(201, "{}")});
  Program program({"sse-pub", "event", "-d", "\xff"}, at(hub.url()));
  CHECK(program.wait() == 65);
  CHECK(hub.requests().empty());
}

TEST_CASE("A line is published while stdin stays open", "[sse-pub]") {
  const ScriptedHttp hub({answer(200, known_metric()),
                          answer(200, R"({"accepted":1,"rejected":0,"results":[{"id":"r1"}]})")});
  Program program({"sse-pub", "reading", "-l", "--print=id"}, at_with_stdin(hub.url()));
  program.write_stdin("cpu 1\n");
  program.wait_for_out("r1\n");
  program.write_stdin("cpu\t2 1700000000\n\n\"cpu\" 3");
  program.close_stdin();
  // Both lines in one request, but the script knows one result only: no hub answers so.
  CHECK(program.wait() == 76);
  CHECK_THAT(hub.requests().back(), Catch::Contains("\"value\":3}\n"));
  CHECK_THAT(hub.requests().back(),
             Catch::Contains("\"timestamp\":\"2023-11-14T22:13:20.000000000Z\""));
}

TEST_CASE("Bad lines are reported with their number, good ones published", "[sse-pub]") {
  const ScriptedHttp hub(
      {answer(200, known_metric()),
       answer(200, R"({"accepted":2,"rejected":0,"results":[{"id":"r1"},{"id":"r2"}]})")});
  Program program({"sse-pub", "reading", "-l", "--print=id", "--batch=100,10s"},
                  at_with_stdin(hub.url()));
  program.write_stdin("cpu 1\ncpu three\ncpu\n\"cpu 1\ncpu 1 2 3\ncpu 2\n");
  program.close_stdin();
  CHECK(program.wait() == 1);
  CHECK(program.out() == "r1\nr2\n");
  for (const auto* line : {"line 2: \"three\" is not a number", "line 3: there is no value",
                           "line 4: the quote", "line 5: \"3\" is too much"}) {
    CHECK_THAT(program.err(), Catch::Contains(line));
  }
}

TEST_CASE("An event that the hub rejects makes the exit non-zero", "[sse-pub]") {
  const ScriptedHttp hub({answer(
      200, R"({"accepted":1,"rejected":1,"results":[{"id":"e1"},{"error":"too large"}]})")});
  Program program({"sse-pub", "event", "-l", "--batch=2,10s"}, at_with_stdin(hub.url()));
  program.write_stdin("a\r\n\n");
  program.close_stdin();
  CHECK(program.wait() == 1);
  CHECK(program.err() == "sse-pub: error: line 2: too large\n");
  CHECK_THAT(hub.requests().at(0), Catch::EndsWith("{\"data\":\"a\"}\n{\"data\":\"\"}\n"));
}

TEST_CASE("A metric that was deleted and made again is looked up again", "[sse-pub]") {
  const ScriptedHttp hub({answer(200, R"([{"id":"old","name":"cpu"}])"),
                          answer(200, R"({"results":[{"error":"there is no metric of that id"}]})"),
                          answer(200, R"([{"id":"new","name":"cpu"}])"),
                          answer(200, R"({"results":[{"id":"r1"}]})")});
  Program program({"sse-pub", "reading", "-l", "--print=id"}, at_with_stdin(hub.url()));
  program.write_stdin("cpu 1\n");
  program.close_stdin();
  CHECK(program.wait() == 0);
  CHECK(program.out() == "r1\n");
}

TEST_CASE("stdin is left to a surrounding loop", "[sse-pub]") {
  const ScriptedHttp hub({answer(201, "{}")});
  Program program(
      {"bash", "-c", "printf 'a\\nb\\nc\\n' | while read -r x; do \"$PUB\" event -d \"$x\"; done"},
      {{"SSE_URL=" + hub.url(), "PUB=" + program_path("sse-pub")}, false, ""});
  CHECK(program.wait() == 0);
  CHECK(hub.requests().size() == 3);
}

TEST_CASE("A stop signal lets the request in flight finish, then ends by that signal",
          "[sse-pub]") {
  const ScriptedHttp hub({answer(200, R"({"results":[{"id":"e1"}]})")});
  Program program({"sse-pub", "event", "-l", "--print=id"}, at_with_stdin(hub.url()));
  program.write_stdin("a\n");
  program.wait_for_out("e1\n");
  program.signal(SIGTERM);
  CHECK(program.wait() == 128 + SIGTERM);
}

TEST_CASE("A stop signal ends the pause between two tries", "[sse-pub]") {
  const ScriptedHttp hub({answer(503, "{}", "Retry-After: 600\r\n")});
  Program program({"sse-pub", "event", "-d", "x", "-v", "-W", "1h"}, at(hub.url()));
  program.wait_for_err("trying again in");
  program.signal(SIGINT);
  CHECK(program.wait() == 128 + SIGINT);
}

TEST_CASE("A broken stdout is not silent", "[sse-pub]") {
  const ScriptedHttp hub({answer(201, R"({"id":"e1"})")});
  Program program({"bash", "-c", "\"$PUB\" event -d x --print id > /dev/full"},
                  {{"SSE_URL=" + hub.url(), "PUB=" + program_path("sse-pub")}, false, ""});
  CHECK(program.wait() == 74);
}

TEST_CASE("Headers can come from the lines of a file", "[sse-pub]") {
  const ScriptedHttp hub({answer(201, R"({"id":"e"})")});
  const TemporaryDirectory directory;
  write_text(directory.file("headers"), "X-Key: secret\r\n\nX-Other: 1\n");
  CHECK(run_pub(hub.url(), {"event", "-d", "x", "-H", "@" + directory.file("headers")}).status ==
        0);
  CHECK_THAT(hub.requests().at(0), Catch::Contains("X-Key: secret\r\n"));
  CHECK_THAT(hub.requests().at(0), Catch::Contains("X-Other: 1\r\n"));
  CHECK(run_pub(hub.url(), {"event", "-d", "x", "-H", "@/nowhere"}).status == 66);
  write_text(directory.file("bad"), "nonsense\n");
  CHECK(run_pub(hub.url(), {"event", "-d", "x", "-H", "@" + directory.file("bad")}).status == 64);
}

TEST_CASE("The last line end of stdin is not data, that of a file is", "[sse-pub]") {
  const TemporaryDirectory directory;
  write_text(directory.file("data"), "two\nlines\n");
  const std::string file = directory.file("data");
  for (const auto& [words, sent] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"-d", "@-"}, R"("data":"two\nlines"})"},
           {{"-f", "-"}, R"("data":"two\nlines"})"},
           {{"-d", "@" + file}, R"("data":"two\nlines\n"})"},
           {{"-f", file}, R"("data":"two\nlines\n"})"}}) {
    const ScriptedHttp hub({answer(201, R"({"id":"e"})")});
    auto all = words;
    all.insert(all.begin(), "event");
    CHECK(run_pub(hub.url(), all, "two\nlines\n").status == 0);
    CHECK_THAT(hub.requests().at(0), Catch::EndsWith(sent));
  }
}

}  // namespace
}  // namespace sse::test
