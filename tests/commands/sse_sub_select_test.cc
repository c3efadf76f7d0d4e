// Which events sse-sub takes, and the forms it gives them.

#include <csignal>

#include "sse/client/cursor_file.h"

#include "commands/sub_stage.h"
#include "support/catch.h"

using sse::test::read_text;
using sse::test::start_shell;
using sse::test::SubStage;
using sse::test::wait_until;

namespace {

constexpr const char* kReadings =
    "id: 1\nevent: reading\ndata: {\"value\":50}\n\n"
    "id: 2\nevent: reading\ndata: {\"value\":95.50}\n\n"
    "id: 3\nevent: log\ndata: disk is full\n\n"
    "id: 4\nevent: reading\ndata: {\"value\":\"99\"}\n\n";

std::string taken(std::vector<std::string> options) {
  SubStage stage;
  options.emplace_back("--no-reconnect");
  auto sub = stage.start(options);
  stage.server.accept_stream(kReadings);
  CHECK(sub.wait() == 69);  // the stream has an end
  return sub.out();
}

std::string saved_id(const std::string& path) {
  const auto cursor = sse::client::parse_cursor(read_text(path));
  return cursor ? cursor->id : "";
}

}  // namespace

TEST_CASE("What is filtered here is not shown", "[commands][sub][select]") {
  CHECK(taken({"--where", "/value > 90"}) == "{\"value\":95.50}\n");
  CHECK(taken({"--where", "/value", "--where", "/value != 50"}) ==
        "{\"value\":95.50}\n{\"value\":\"99\"}\n");
  CHECK(taken({"-E", "read*"}) == "disk is full\n");
  CHECK(taken({"-E", "log", "-E", "x", "--grep", "9[0-9]\\."}) == "{\"value\":95.50}\n");
  CHECK(taken({"--grep=(?i)DISK"}) == "disk is full\n");
  CHECK(taken({"--where", "/value == 50 || /value == \"99\""}) ==
        "{\"value\":50}\n{\"value\":\"99\"}\n");
  CHECK(taken({"--where", "/value == \"a || b\" || /value > 90"}) == "{\"value\":95.50}\n");
}

TEST_CASE("A topic can be left out", "[commands][sub][select]") {
  SubStage stage;
  auto sub = stage.start({"--exclude-topic", "ci/#", "--exclude-topic", "x", "-C2"});
  const auto stream = stage.server.accept_stream(
      "topic: ci/api\ndata: 1\n\ntopic: other\ndata: 2\n\ntopic: x\ndata: 3\n\ndata: 4\n\n");
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "2\n4\n");
}

TEST_CASE("An event that matches can be the last", "[commands][sub][select]") {
  SubStage stage;
  auto sub = stage.start({"--until-match", "^\\[DONE\\]$"});
  const auto stream =
      stage.server.accept_stream("data: a [DONE]\n\ndata: [DONE]\n\ndata: more\n\n");
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "a [DONE]\n[DONE]\n");
}

TEST_CASE("USR1 writes the counts and ends nothing", "[commands][sub][select]") {
  SubStage stage;
  auto sub = stage.start({"-C2", "--status=json"});
  const auto stream = stage.server.accept_stream("data: 1\n\n");
  sub.wait_for_out("1\n");
  for (const char* times : {"first", "second"}) {
    CAPTURE(times);
    const auto before = sub.err().size();
    sub.signal(SIGUSR1);
    wait_until([&] { return sub.err().find("\"events\":1,", before) != std::string::npos; },
               "the counts");
  }
  stream.send("data: 2\n\n");
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "1\n2\n");
}

TEST_CASE("What is filtered here is not counted, and moves the place", "[commands][sub][select]") {
  SubStage stage;
  const auto place = stage.directory.file("place");
  auto sub = stage.start({"--cursor-file", place, "--where", "/value == 50", "-C2"});
  const auto stream = stage.server.accept_stream(kReadings);
  wait_until([&] { return saved_id(place) == "4"; }, "the place behind what was left out");
  CHECK_FALSE(sub.has_ended());
  stream.send("id: 5\ndata: {\"value\":50.0}\n\n");
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "{\"value\":50}\n{\"value\":50.0}\n");
  CHECK(saved_id(place) == "5");
}

TEST_CASE("A command is not run for what is filtered here, and the place moves",
          "[commands][sub][select]") {
  SubStage stage;
  const auto place = stage.directory.file("place");
  auto sub = stage.start({"--cursor-file", place, "-E", "reading", "-x", "cat"});
  const auto stream = stage.server.accept_stream(kReadings);
  wait_until([&] { return saved_id(place) == "4"; }, "the place behind what was left out");
  CHECK(sub.out() == "disk is full\n");
}

TEST_CASE("Filters and templates that are wrong are 64, with the column",
          "[commands][sub][select]") {
  const std::pair<std::vector<std::string>, const char*> rows[] = {
      {{"--where", "/value >> 3"}, "--where: \"/value >> 3\": column 9"},
      {{"--where", "value > 3"}, "column 1"},
      {{"--grep", "("}, "--grep: \"(\" is not a regular expression"},
      {{"-E", ""}, "--exclude: type filter ''"},
      {{"-F", "%{tpye}"}, "--format: \"%{tpye}\": column 3"},
      {{"-F", "%{id}", "-o", "json"}, "--output and --format cannot be used together"},
      {{"-0", "-o", "sse"}, "-0 ends the records of"}};
  for (const auto& [options, text] : rows) {
    CAPTURE(text);
    SubStage stage;
    auto sub = stage.start(options);
    CHECK(sub.wait() == 64);
    CHECK(sub.err().find(text) != std::string::npos);
  }
}

TEST_CASE("A template prints a line for each event", "[commands][sub][select]") {
  CHECK(taken({"-F", "%{id}\\t%{event}: %{/value}"}) ==
        "1\treading: 50\n2\treading: 95.50\n3\tlog: \n4\treading: 99\n");
  CHECK(taken({"-0", "-F", "%{id}"}) == std::string("1\0002\0003\0004\0", 8));
  CHECK(taken({"-0", "-E*a*"}) == std::string("disk is full\0", 13));
}

TEST_CASE("The form for eval survives hostile data in sh", "[commands][sub][select]") {
  SubStage stage;
  auto shell = start_shell(stage, R"(exec dash -c '
    $SUB -C4 -o shell | while IFS= read -r line; do
      eval "$line"
      printf "<%s>" "$SSE_EVENT_DATA"
    done')");
  const auto stream = stage.server.accept_stream(
      "data: '; echo owned; '\n\n"
      "data: $(echo owned) `echo owned` \"\\\n\n"
      "data: a'\ndata: echo owned #\ndata: %s\\012\ndata: \n\n"
      "data: SSE_EVENT_DATA=$(printf -- '\ndata: ');echo owned\n\n");
  CHECK(shell.wait() == 0);
  CHECK(shell.err().empty());
  CHECK(shell.out() ==
        "<'; echo owned; '>"
        "<$(echo owned) `echo owned` \"\\>"
        "<a'\necho owned #\n%s\\012\n>"
        "<SSE_EVENT_DATA=$(printf -- '\n');echo owned>");
}

TEST_CASE("Colour is for terminals, or asked for", "[commands][sub][select]") {
  CHECK(taken({"-o", "pretty", "-E", "reading"}) == "--:--:--.--- log disk is full\n");
  CHECK(taken({"-o", "pretty", "-E", "reading", "--color", "always"}) ==
        "\x1B[2m--:--:--.---\x1B[0m \x1B[1;36mlog\x1B[0m disk is full\n");

  SubStage stage;
  auto shell = start_shell(stage, "script -qec '$SUB -C1 -o pretty' /dev/null");
  const auto stream = stage.server.accept_stream("data: a\x1B[2J\n\n");
  CHECK(shell.wait() == 0);
  CHECK(shell.out().find("\x1B[1;36mmessage\x1B[0m a\\x1b[2J") != std::string::npos);
}
