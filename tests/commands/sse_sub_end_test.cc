// When sse-sub has enough, or has waited long enough.

#include <chrono>

#include "sse/base/time_text.h"

#include "commands/sub_stage.h"
#include "support/catch.h"

using sse::test::HubStage;
using sse::test::kStreamHead;
using sse::test::read_text;
using sse::test::SubStage;
using sse::test::with_time_enough;

namespace {

std::string now() {
  return sse::format_rfc3339(sse::SystemClock().now().wall);
}

}  // namespace

TEST_CASE("Without following, the whole replay is read and nothing else", "[commands][sub][end]") {
  const HubStage stage;
  stage.publish_numbers(1, 300);
  auto all = stage.subscribe({"--since=earliest", "--no-follow"});
  CHECK(all.wait() == 0);
  CHECK(all.out().find("300\n") == all.out().size() - 4);
  auto last = stage.subscribe({"-n3", "--no-follow"});
  CHECK(last.wait() == 0);
  CHECK(last.out() == "298\n299\n300\n");
  auto none = stage.subscribe({"-n0", "--no-follow", "--fail-if-none"});
  CHECK(none.wait() == 1);
  CHECK(none.err().find("--fail-if-none") != std::string::npos);
  auto filtered = stage.subscribe({"--since=earliest", "--no-follow", "--where", "== 7"});
  CHECK(filtered.wait() == 0);
  CHECK(filtered.out() == "7\n");
}

TEST_CASE("An empty hub has an empty replay", "[commands][sub][end]") {
  const HubStage stage;
  auto sub = stage.subscribe({"--since=earliest", "--no-follow", "--cursor-file=place"});
  CHECK(sub.wait() == 0);
  stage.publish_numbers(1, 2);
  auto next = stage.subscribe({"--no-follow", "--cursor-file=place"});
  CHECK(next.wait() == 0);
  CHECK(next.out() == "1\n2\n");
}

TEST_CASE("A server that does not tell its head cannot say where the replay ends",
          "[commands][sub][end]") {
  SubStage stage;
  auto sub = stage.start({"--no-follow"});
  const auto stream = stage.server.accept_stream("data: a\n\n");
  CHECK(sub.wait() == 76);
  CHECK(sub.err().find("SSE-Head") != std::string::npos);
}

TEST_CASE("Until a time that has passed is the history up to it", "[commands][sub][end]") {
  const HubStage stage;
  stage.publish_numbers(1, 2);
  const std::string until = now();
  // An id says milliseconds: the next events are of a later one.
  const auto millisecond = [] {
    return std::chrono::floor<std::chrono::milliseconds>(sse::SystemClock().now().wall);
  };
  const auto before = millisecond();
  while (millisecond() <= before) {
  }
  auto quiet = stage.subscribe({"--since=earliest", "--until", until, "--cursor-file=place"});
  CHECK(quiet.wait() == 0);
  CHECK(quiet.out() == "1\n2\n");
  stage.publish_numbers(3, 4);
  auto sub = stage.subscribe({"--since=earliest", "--until", until});
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "1\n2\n");
  auto rest = stage.subscribe({"--cursor-file=place", "--no-follow"});
  CHECK(rest.wait() == 0);
  CHECK(rest.out() == "3\n4\n");
}

TEST_CASE("A duration and a silence are ends like any other", "[commands][sub][end]") {
  for (const std::string option : {"--duration=", "--idle="}) {
    CAPTURE(option);
    with_time_enough([&](const std::string& limit) {
      const SubStage stage;
      auto sub = stage.start({option + limit, "--cursor-file", stage.directory.file("place")});
      const auto stream = stage.server.accept_stream("id: 1\ndata: a\n\n");
      CHECK(sub.wait() == 0);
      if (sub.out() != "a\n") return false;
      CHECK_THAT(read_text(stage.directory.file("place")), Catch::Contains("\nid 1\n"));
      return true;
    });
    const SubStage stage;
    auto none = stage.start({option + "50ms", "--fail-if-none"});
    const auto quiet = stage.server.accept_stream();
    CHECK(none.wait() == 1);
  }
}

TEST_CASE("A duration does not begin before the first connection", "[commands][sub][end]") {
  SubStage stage;
  auto sub = stage.start({"--duration=1ms", "--wait-server"});
  for (int i = 0; i < 10; ++i) stage.server.answer("503 Service Unavailable");
  const auto stream = stage.server.accept_stream();
  CHECK(sub.wait() == 0);
}

TEST_CASE("A silence while no hub is there is not an end", "[commands][sub][end]") {
  SubStage stage;
  auto sub = stage.start({"--idle=1m", "-C1"});
  stage.server.accept_stream(":\n\n");
  stage.server.answer("503 Service Unavailable");
  const auto stream = stage.server.accept_stream("data: a\n\n");
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "a\n");
}

TEST_CASE("An event that is overdue is 124, in every state", "[commands][sub][end]") {
  SECTION("connected, with other events") {
    with_time_enough([](const std::string& limit) {
      const SubStage stage;
      auto sub = stage.start({"--expect-every", limit, "-E", "noise", "--status=text"});
      const auto stream = stage.server.accept_unless([&] { return sub.has_ended(); });
      if (stream) stream->try_send(std::string(kStreamHead) + "event: noise\ndata: a\n\n");
      CHECK(sub.wait() == 124);
      CHECK_THAT(sub.err(), Catch::Contains("no event came for "));
      return sub.err().find("connected") != std::string::npos;
    });
  }
  SECTION("no answer") {
    with_time_enough([](const std::string& limit) {
      const SubStage stage;
      auto sub = stage.start({"--expect-every", limit});
      const auto silent = stage.server.accept_unless([&] { return sub.has_ended(); });
      CHECK(sub.wait() == 124);
      return silent.has_value();
    });
  }
  SECTION("between two connections") {
    with_time_enough([](const std::string& limit) {
      SubStage stage;
      stage.server.stop();
      auto sub = stage.start({"--expect-every", limit, "--wait-server", "--retry-min=1h",
                              "--retry-max=1h", "--status=text"});
      CHECK(sub.wait() == 124);
      return sub.err().find("waiting") != std::string::npos;
    });
  }
}

TEST_CASE("An outage ends when it was told to", "[commands][sub][end]") {
  SubStage stage;
  auto sub = stage.start({"--max-outage=50ms"});
  stage.server.accept_stream("data: a\n\n");
  stage.server.stop();
  CHECK(sub.wait() == 69);
  CHECK(sub.out() == "a\n");
}

TEST_CASE("Status lines tell a script what happens, statistics how much", "[commands][sub][end]") {
  SubStage stage;
  auto sub = stage.start({"--status=json", "--stats", "-C1", "-E", "noise"});
  {
    const auto connection = stage.server.accept();
    connection.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nSSE-Stream: \"x\"\r\n\r\n"
        "event: sse.gap\ndata: {\"missed\":3,\"reason\":\"expired\"}\n\n"
        "event: noise\ndata: a\n\n"
        "event: sse.closing\ndata: {\"reason\":\"slow\"}\n\n");
  }
  const auto stream = stage.server.accept_stream("data: abc\n\n");
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "abc\n");
  for (const char* part :
       {"{\"status\":\"connecting\",\"time\":\"",
        ",\"url\":\"http://127.0.0.1:", "{\"status\":\"connected\",", ",\"stream\":\"\\\"x\\\"\"",
        "{\"status\":\"gap\",", ",\"missed\":3,\"reason\":\"expired\"}\n",
        "{\"status\":\"closing\",", ",\"reason\":\"slow\"}\n", "{\"status\":\"waiting\",",
        "{\"status\":\"stats\",", ",\"events\":1,\"left_out\":1,\"bytes\":3,\"connections\":2,",
        "{\"status\":\"ended\",", ",\"code\":0,\"events\":1}\n"}) {
    CAPTURE(part);
    CHECK(sub.err().find(part) != std::string::npos);
  }
}

TEST_CASE("Statistics come while it runs, and a blocked stderr stops nothing",
          "[commands][sub][end]") {
  SubStage stage;
  auto sub = stage.start({"--stats=5ms", "--status=text"});
  const auto stream = stage.server.accept_stream("data: abc\n\n");
  sub.wait_for_err("sse-sub: stats: events=1 left_out=0 bytes=3 connections=1 ");
  CHECK(sub.err().find("sse-sub: connected:") != std::string::npos);

  auto shell = start_shell(stage,
                           "mkfifo f; exec 3<>f; head -c 65536 /dev/zero >&3;"
                           "exec $SUB --stats=1ms --status=json -C1 2>&3");
  const auto next = stage.server.accept_stream("data: a\n\n");
  CHECK(shell.wait() == 0);
  CHECK(shell.out() == "a\n");
}

TEST_CASE("A ready descriptor gets a line and its end when the subscription is live",
          "[commands][sub][end]") {
  SubStage stage;
  auto shell = start_shell(stage, R"($SUB -C1 3>&1 >events --ready-fd 3 | { read -r pid; cat;
                                       echo "ready $pid"; })");
  const auto connection = stage.server.accept();
  CHECK(shell.out().empty());
  connection.send(sse::test::kStreamHead);
  shell.wait_for_out("ready ");
  connection.send("data: a\n\n");
  CHECK(shell.wait() == 0);
  CHECK(sse::test::read_text(stage.directory.file("events")) == "a\n");

  auto closed = stage.start({"--ready-fd=77"});
  CHECK(closed.wait() == 64);
  CHECK(closed.err().find("descriptor that is open") != std::string::npos);
}
