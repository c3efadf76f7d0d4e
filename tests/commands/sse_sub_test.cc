// What sse-sub prints, runs and exits with.

#include <signal.h>

#include <algorithm>
#include <filesystem>

#include "commands/sub_stage.h"
#include "support/catch.h"

using sse::test::Program;
using sse::test::read_text;
using sse::test::start_shell;
using sse::test::SubStage;
using sse::test::with_time_enough;

namespace {

constexpr const char* kThree =
    "id: 1\ndata: {\"value\":1.50}\n\n"
    "id: 2\nevent: deploy\ntopic: ci/api\ndata: two\ndata: lines\n\n"
    "id: 019bbf0e-6400-7000-8000-000000000001\ndata: \"x\\u001b\"\n\n";

/// Everything that is printed with these options for three events.
std::string printed(std::vector<std::string> options) {
  SubStage stage;
  options.emplace_back("-C3");
  auto sub = stage.start(options);
  const auto stream = stage.server.accept_stream(kThree);
  CHECK(sub.wait() == 0);
  return sub.out();
}

}  // namespace

TEST_CASE("Each output form shows the same events", "[commands][sub]") {
  CHECK(printed({}) == "{\"value\":1.50}\ntwo\nlines\n\"x\\u001b\"\n");
  CHECK(printed({"-odata"}) == printed({}));
  CHECK(printed({"-o", "none"}).empty());
  CHECK(printed({"--output=sse"}) == kThree);
  CHECK(printed({"-ojson"}) ==
        "{\"id\":\"1\",\"event\":\"message\",\"topic\":null,\"data\":{\"value\":1.50},"
        "\"time\":null,\"replay\":false}\n"
        "{\"id\":\"2\",\"event\":\"deploy\",\"topic\":\"ci/api\",\"data\":\"two\\nlines\","
        "\"time\":null,\"replay\":false}\n"
        "{\"id\":\"019bbf0e-6400-7000-8000-000000000001\",\"event\":\"message\",\"topic\":null,"
        "\"data\":\"x\\u001b\",\"time\":\"2026-01-15T00:29:10.016Z\",\"replay\":false}\n");
}

TEST_CASE("Events up to the head of the stream are replay", "[commands][sub]") {
  SubStage stage;
  auto sub = stage.start({"-ojson", "-C3"});
  const auto connection = stage.server.accept();
  const std::string id = "019bbf0e-6400-7000-8000-00000000000";
  connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nSSE-Head: " + id +
                  "2\r\n\r\n");
  for (const char* digit : {"1", "2", "3"}) {
    connection.send("id: " + id + digit + "\ndata: x\n\n");
  }
  CHECK(sub.wait() == 0);
  std::vector<bool> replays;
  for (std::size_t at = 0; (at = sub.out().find("\"replay\":", at)) != std::string::npos; ++at) {
    replays.push_back(sub.out().compare(at + 9, 4, "true") == 0);
  }
  CHECK(replays == std::vector<bool>{true, true, false});
}

TEST_CASE("An event is shown when it happens, not when more follow", "[commands][sub]") {
  SubStage stage;
  auto sub = stage.start({});
  const auto stream = stage.server.accept_stream("data: a\n\ndata: b");
  sub.wait_for_out("a\n");
  stream.send("\n\n");
  sub.wait_for_out("a\nb\n");
}

TEST_CASE("Counting to zero confirms the connection", "[commands][sub]") {
  SubStage stage;
  auto sub = stage.start({"-C0"});
  const auto stream = stage.server.accept_stream("data: a\n\n");
  CHECK(sub.wait() == 0);
  CHECK(sub.out().empty());
}

TEST_CASE("The ready file appears whole when the subscription is live", "[commands][sub]") {
  SubStage stage;
  const auto path = stage.directory.file("ready");
  auto sub = stage.start({"--ready-file", path});
  const auto connection = stage.server.accept();
  CHECK_FALSE(std::filesystem::exists(path));
  connection.send(sse::test::kStreamHead);
  sse::test::wait_until([&] { return std::filesystem::exists(path); }, "the ready file");
  CHECK(read_text(path) == std::to_string(sub.pid()) + "\n");
}

TEST_CASE("A ready file that cannot be written ends with 73", "[commands][sub]") {
  SubStage stage;
  auto sub = stage.start({"--ready-file", "/dev/null/ready"});
  const auto stream = stage.server.accept_stream();
  CHECK(sub.wait() == 73);
  CHECK(sub.err().find("/dev/null/ready") != std::string::npos);
}

TEST_CASE("A reader that goes away ends it at once on a quiet stream", "[commands][sub]") {
  SubStage stage;
  auto shell = start_shell(stage, R"($SUB | head -1; echo "sub ${PIPESTATUS[0]}")");
  const auto stream = stage.server.accept_stream("data: a\n\n");
  CHECK(shell.wait() == 0);
  CHECK(shell.out() == "a\nsub 141\n");
  CHECK(stream.is_closed_by_peer());
}

TEST_CASE("Output that cannot be written is 74, said once", "[commands][sub]") {
  SubStage stage;
  auto shell = start_shell(stage, R"($SUB --cursor-file place >/dev/full; echo "sub $?")");
  const auto stream = stage.server.accept_stream("id: 1\ndata: a\n\n");
  CHECK(shell.wait() == 0);
  CHECK(shell.out() == "sub 74\n");
  CHECK(shell.err() == "sse-sub: error: cannot write to stdout: No space left on device\n");
  CHECK(read_text(stage.directory.file("place")).empty());
}

TEST_CASE("The first signal ends it, and that signal is what killed it", "[commands][sub]") {
  for (const int number : {SIGINT, SIGTERM}) {
    SubStage stage;
    auto sub = stage.start({"--resume"});
    const auto stream = stage.server.accept_stream("id: 1\ndata: a\n\n");
    sub.wait_for_out("a\n");
    sub.signal(number);
    CHECK(sub.wait() == 128 + number);
  }
}

TEST_CASE("A user who asks for more is told of connections, and never of secrets",
          "[commands][sub]") {
  SubStage stage;
  stage.environment.emplace_back("SSE_TOKEN=sesame");
  auto sub = stage.start({"-vv", "-C1", "-H", "Cookie: sesame=1"});
  const auto stream = stage.server.accept_stream("data: a\n\n");
  CHECK(sub.wait() == 0);
  CHECK_THAT(sub.err(), Catch::Contains("Authorization") && Catch::Contains("Cookie") &&
                            !Catch::Contains("sesame"));
}

TEST_CASE("The timeout covers every state", "[commands][sub]") {
  SECTION("connected, quiet") {
    with_time_enough([](const std::string& limit) {
      SubStage stage;
      auto sub = stage.start({"-W" + limit, "--status=text"});
      const auto stream = stage.server.accept_unless([&] { return sub.has_ended(); });
      if (stream) stream->try_send(sse::test::kStreamHead);
      CHECK(sub.wait() == 124);
      return sub.err().find("connected") != std::string::npos;
    });
  }
  SECTION("no answer") {
    with_time_enough([](const std::string& limit) {
      SubStage stage;
      auto sub = stage.start({"-W" + limit});
      const auto silent = stage.server.accept_unless([&] { return sub.has_ended(); });
      CHECK(sub.wait() == 124);
      return silent.has_value();
    });
  }
  SECTION("between two connections") {
    with_time_enough([](const std::string& limit) {
      SubStage stage;
      stage.server.stop();
      auto sub = stage.start(
          {"-W" + limit, "--wait-server", "--retry-min=1h", "--retry-max=1h", "--status=text"});
      CHECK(sub.wait() == 124);
      return sub.err().find("waiting") != std::string::npos;
    });
  }
  SECTION("looking a metric up") {
    with_time_enough([](const std::string& limit) {
      SubStage stage;
      auto sub = stage.start({"-W" + limit, "-m", "cpu"});
      const auto silent = stage.server.accept_unless([&] { return sub.has_ended(); });
      CHECK(sub.wait() == 124);
      if (silent) CHECK(silent->target() == "/metrics?name=cpu");
      return silent.has_value();
    });
  }
  SECTION("writing to a program that does not read") {
    with_time_enough([](const std::string& limit) {
      SubStage stage;
      auto shell = start_shell(stage, "mkfifo f; exec 3<>f; $SUB -W " + limit +
                                          " >f; echo \"sub $?\"; read -t 0 -u 3 && echo written");
      const auto stream = stage.server.accept_unless([&] { return shell.has_ended(); });
      if (stream) {
        stream->try_send(std::string(sse::test::kStreamHead) +
                         "data: " + std::string(200'000, 'x') + "\n\n");
      }
      shell.wait();
      CHECK(shell.out().find("sub 124\n") == 0);
      return shell.out().find("written") != std::string::npos;
    });
  }
  SECTION("in a command") {
    with_time_enough([](const std::string& limit) {
      SubStage stage;
      auto sub = stage.start({"-W" + limit, "-x", "echo started; exec sleep 600"});
      const auto stream = stage.server.accept_unless([&] { return sub.has_ended(); });
      if (stream) stream->try_send(std::string(sse::test::kStreamHead) + "data: a\n\n");
      CHECK(sub.wait() == 124);
      return sub.out() == "started\n";
    });
  }
}

TEST_CASE("A command gets the data on its stdin and the rest in its environment",
          "[commands][sub]") {
  SubStage stage;
  auto sub = stage.start({"-C3", "--", "sh", "-c",
                          "cat; echo $SSE_EVENT_ID $SSE_EVENT_TYPE [$SSE_EVENT_TOPIC] "
                          "$SSE_EVENT_TIME $SSE_EVENT_REPLAY \"$SSE_EVENT_DATA\""});
  const auto stream = stage.server.accept_stream(kThree);
  CHECK(sub.wait() == 0);
  CHECK(sub.out() ==
        "{\"value\":1.50}\n1 message [] false {\"value\":1.50}\n"
        "two\nlines\n2 deploy [ci/api] false two\nlines\n"
        "\"x\\u001b\"\n019bbf0e-6400-7000-8000-000000000001 message [] "
        "2026-01-15T00:29:10.016Z false \"x\\u001b\"\n");
}

TEST_CASE("A command that reads nothing of a large event is not at fault", "[commands][sub]") {
  SubStage stage;
  auto sub = stage.start({"-C1", "-x", "echo ${#SSE_EVENT_DATA}"});
  const auto stream = stage.server.accept();
  stream.send(sse::test::kStreamHead);
  stream.send("data: " + std::string(500'000, 'x') + "\n\n");
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "0\n");
}

TEST_CASE("A command that fails is tried again, then it ends with 1", "[commands][sub]") {
  SubStage stage;
  auto sub = stage.start({"-x", "echo $SSE_EVENT_DATA; exit 7"});
  const auto stream = stage.server.accept_stream("data: a\n\ndata: b\n\n");
  CHECK(sub.wait() == 1);
  CHECK(sub.out() == "a\na\na\na\n");
  CHECK(sub.err().find("status 7") != std::string::npos);
}

TEST_CASE("A command that is not there ends with 127", "[commands][sub]") {
  SubStage stage;
  auto sub = stage.start({"--", "/nonexistent/command"});
  const auto stream = stage.server.accept_stream("data: a\n\n");
  CHECK(sub.wait() == 127);
}

TEST_CASE("Wrong usage is 64 and says what was meant", "[commands][sub]") {
  const std::pair<std::vector<std::string>, const char*> rows[] = {
      {{"--metrc", "x"}, "did you mean --metric"},
      {{"ftp://hub"}, "expected http://host:port/path"},
      {{"-H", "no colon"}, "expected 'Name: value'"},
      {{"--since", "tomorrow"}, "expected earliest"},
      {{"-o", "xml"}, "pretty or none"},
      {{"-x", "a", "--", "b"}, "not both"},
      {{"--resume=a/b"}, "without '/'"},
      {{"--resume="}, "--resume= has no NAME behind it; is a variable not set?"},
      {{"8089"}, "\"8089\" is not a URL of a hub; did you mean :8089?"},
      {{"-o", "pretty", "-x", "cat"}, "a command gets data, json, tsv or sse (-o) on its stdin"},
      {{"-0", "-x", "cat"}, "-0 ends records that are printed"},
      {{"--to", "h:1", "-o", "json"}, "-o is for what is printed"},
      {{"--exec-retries", "2"}, "--exec-retries needs a command: -x, or after --"},
      {{"--on-exec-fail", "skip"}, "--on-exec-fail needs a command"},
      {{"--to-token-file", "f"}, "--to-token-file needs --to"},
      {{"--commit", "before"}, "--commit needs --resume or --cursor-file"},
      {{"--resume", "--last-event-id", "1"}, "--last-event-id"},
      {{"-C", "many"}, "\"many\" is not a whole number; expected 0 or more"},
      {{"-t", "a/#/b"}, "topic filter 'a/#/b': # or ** stands for the rest"},
      {{"-e", ""}, "type filter '': it is empty"},
      {{"--cursor-file", ""}, "--cursor-file: \"\" is not a FILE; is a variable not set?"},
      {{"-x", ""}, "--exec: \"\" is not a SHELL"},
      {{"http://hub", "-C1", "more"}, "unexpected argument \"more\"; usage: sse-sub"}};
  for (const auto& [options, text] : rows) {
    CAPTURE(text);
    SubStage stage;
    auto sub = stage.start(options);
    CHECK(sub.wait() == 64);
    CHECK(sub.err().find(text) != std::string::npos);
    CHECK(sub.out().empty());
  }
}

TEST_CASE("Help goes to stdout and ends with three examples", "[commands][sub]") {
  SubStage stage;
  auto sub = stage.start({"--help"});
  CHECK(sub.wait() == 0);
  const auto& help = sub.out();
  const auto examples = help.find("Examples:\n");
  REQUIRE(examples != std::string::npos);
  CHECK(std::count(help.begin() + static_cast<std::ptrdiff_t>(examples), help.end(), '\n') == 4);
}
