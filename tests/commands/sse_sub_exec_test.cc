// A command for each event, and what becomes of its failures.

#include <signal.h>

#include <filesystem>

#include "sse/client/cursor_file.h"

#include "commands/sub_stage.h"
#include "support/catch.h"

using sse::test::read_text;
using sse::test::SubStage;
using sse::test::with_time_enough;

namespace {

constexpr const char* kThree = "id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n";

struct ExecStage : SubStage {
  std::string place = directory.file("place");

  std::string saved_id() const {
    const auto cursor = sse::client::parse_cursor(read_text(place));
    return cursor ? cursor->id : "";
  }
};

/// `pid`: as `echo $$` wrote it.
void wait_until_ended(const std::string& pid) {
  const std::string stat = "/proc/" + pid.substr(0, pid.find('\n')) + "/stat";
  const auto has_ended = [&] {
    const auto state = read_text(stat);
    return state.empty() || state.find(") Z ") != std::string::npos;
  };
  sse::test::wait_until(has_ended, "the end of process " + pid);
}

}  // namespace

TEST_CASE("A command sees the standard descriptors and no other", "[commands][sub][exec]") {
  // The one that lists them is ls's own. `localhost`, so that libcurl has a resolver and its pipes.
  SubStage stage;
  auto sub =
      stage.start({"localhost:" + std::to_string(stage.server.port()), "-C1", "--cursor-file",
                   stage.directory.file("place"), "-x", "ls /proc/self/fd | xargs"});
  const auto stream = stage.server.accept_stream(kThree);
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "0 1 2 3\n");
}

TEST_CASE("A command gets the form of -o on its stdin", "[commands][sub][exec]") {
  for (const auto& [form, input] : std::vector<std::pair<std::string, std::string>>{
           {"data", "a\n"},
           {"json",
            "{\"id\":\"1\",\"event\":\"message\",\"topic\":null,\"data\":\"a\","
            "\"time\":null,\"replay\":false}\n"},
           {"tsv", "1\t\tmessage\t\ta\t\n"},
           {"sse", "id: 1\ndata: a\n\n"}}) {
    SubStage stage;
    auto sub = stage.start({"-C1", "-o", form, "-x", "cat"});
    const auto stream = stage.server.accept_stream(kThree);
    CHECK(sub.wait() == 0);
    CHECK(sub.out() == input);
  }
}

TEST_CASE("A command whose output is read no more ends sse-sub by SIGPIPE",
          "[commands][sub][exec]") {
  ExecStage stage;
  auto sub = stage.start({"-x", "cat", "--cursor-file", stage.place});
  auto stream = stage.server.accept_stream("id: 1\ndata: a\n\n");
  sub.wait_for_out("a\n");
  sub.close_stdout();
  stream.send("id: 2\ndata: b\n\n");
  CHECK(sub.wait() == 128 + SIGPIPE);
  CHECK(stage.saved_id() == "1");
}

TEST_CASE("What a file says of printing does not stand in the way of a command",
          "[commands][sub][exec]") {
  SubStage stage;
  sse::test::write_text(stage.directory.file("config"),
                        "[sub]\nformat = '%{id}'\noutput = 'json'\nto = 'h:1'\n");
  auto sub = stage.start({"-C1", "--config", "config", "-x", "cat"});
  const auto stream = stage.server.accept_stream(kThree);
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "a\n");
}

TEST_CASE("A command is tried again as often as was said", "[commands][sub][exec]") {
  for (const int retries : {0, 1, 5}) {
    SubStage stage;
    auto sub = stage.start({"-x", "printf .; exit 1", "--exec-retries", std::to_string(retries)});
    const auto stream = stage.server.accept_stream(kThree);
    CHECK(sub.wait() == 1);
    CHECK(sub.out() == std::string(static_cast<std::size_t>(retries) + 1, '.'));
  }
}

TEST_CASE("An event whose command fails is skipped, and that is told at the end",
          "[commands][sub][exec]") {
  ExecStage stage;
  auto sub = stage.start({"-x", "read d; echo $d; test $d != b", "--on-exec-fail=skip",
                          "--exec-retries=1", "-C3", "--cursor-file", stage.place});
  const auto stream = stage.server.accept_stream(kThree);
  CHECK(sub.wait() == 1);
  CHECK(sub.out() == "a\nb\nb\nc\n");
  CHECK(sub.err().find("status 1 at event 2; this event is skipped") != std::string::npos);
  CHECK(sub.err().find("1 events were skipped") != std::string::npos);
  CHECK(stage.saved_id() == "3");
}

TEST_CASE("A command is retried without end, until it works", "[commands][sub][exec]") {
  ExecStage stage;
  auto sub = stage.start({"-x", "printf x >>tries; test $(wc -c <tries) -gt 12",
                          "--on-exec-fail=retry", "-C1", "--cursor-file", stage.place});
  const auto stream = stage.server.accept_stream(kThree);
  CHECK(sub.wait() == 0);
  CHECK(read_text(stage.directory.file("tries")) == std::string(13, 'x'));
  CHECK(stage.saved_id() == "1");
}

TEST_CASE("A signal ends the retries, and the place stays before the event",
          "[commands][sub][exec]") {
  ExecStage stage;
  auto sub = stage.start(
      {"-x", "read d; test $d != b", "--on-exec-fail=retry", "--cursor-file", stage.place});
  const auto stream = stage.server.accept_stream(kThree);
  sub.wait_for_err("trying again");
  sub.signal(SIGTERM);
  CHECK(sub.wait() == 128 + SIGTERM);
  CHECK(stage.saved_id() == "1");
}

TEST_CASE("The second signal does not wait for the command, and ends it", "[commands][sub][exec]") {
  const SubStage stage;
  auto sub = stage.start({"-x", "echo $$ >child; echo started; exec sleep 600"});
  const auto stream = stage.server.accept_stream(kThree);
  sub.wait_for_out("started\n");
  sub.signal(SIGINT);
  sub.signal(SIGTERM);
  const int status = sub.wait();  // which of the two came second is the kernel's choice
  CHECK((status == 128 + SIGTERM || status == 128 + SIGINT));
  wait_until_ended(read_text(stage.directory.file("child")));
}

TEST_CASE("A command that takes too long is ended with all it started, and has failed",
          "[commands][sub][exec]") {
  with_time_enough([](const std::string& limit) {
    const SubStage stage;
    auto sub = stage.start(
        {"-x", "sleep 600 & echo $! >child; wait", "--exec-timeout", limit, "--exec-retries=0"});
    const auto stream = stage.server.accept_stream(kThree);
    CHECK(sub.wait() == 1);
    CHECK_THAT(sub.err(), Catch::Contains("took longer than ") && Catch::Contains("at event 1"));
    const std::string child = read_text(stage.directory.file("child"));
    if (child.empty()) return false;
    wait_until_ended(child);
    return true;
  });
}

TEST_CASE("A command that does not heed TERM is killed", "[commands][sub][exec]") {
  with_time_enough([](const std::string& limit) {
    const SubStage stage;
    auto sub = stage.start({"-x", "trap '' TERM; >deaf; while :; do sleep 600; done",
                            "--exec-timeout", limit, "--exec-retries=0"});
    const auto stream = stage.server.accept_stream(kThree);
    CHECK(sub.wait() == 1);
    return std::filesystem::exists(stage.directory.file("deaf"));
  });
}

TEST_CASE("A command that does not read cannot keep its time from running out",
          "[commands][sub][exec]") {
  SubStage stage;
  auto sub = stage.start({"-x", "sleep 600", "--exec-timeout=50ms", "--exec-retries=0"});
  const auto stream = stage.server.accept();
  stream.send(sse::test::kStreamHead);
  stream.send("data: " + std::string(500'000, 'x') + "\n\n");
  CHECK(sub.wait() == 1);
}

TEST_CASE("The place can move before the command runs, so that nothing is done twice",
          "[commands][sub][exec]") {
  ExecStage stage;
  auto sub = stage.start({"--commit=before", "-x", "grep '^id' place; kill -KILL $PPID",
                          "--cursor-file", stage.place});
  const auto stream = stage.server.accept_stream(kThree);
  CHECK(sub.wait() == 128 + SIGKILL);
  CHECK(sub.out() == "id 1\n");
  auto next = stage.start(
      {"--commit=before", "-x", "exit 3", "--exec-retries=0", "--cursor-file", stage.place});
  const auto second = stage.server.accept_stream("id: 2\ndata: b\n\n");
  CHECK(second.header("Last-Event-ID") == "1");
  CHECK(next.wait() == 1);
  CHECK(next.err().find("the position is behind this event") != std::string::npos);
  CHECK(stage.saved_id() == "2");
}

TEST_CASE("Options of commands need a command, and printing is something else",
          "[commands][sub][exec]") {
  const std::pair<std::vector<std::string>, const char*> rows[] = {
      {{"--exec-timeout=1s"}, "needs a command"},
      {{"--exec-timeout=0", "-x", "true"}, "at least 1ms"},
      {{"-x", "true", "-F", "%{id}"}, "one of them"},
      {{"--exec-retries=-1", "-x", "true"}, "whole number"},
      {{"--on-exec-fail=never", "-x", "true"}, "stop, skip or retry"}};
  for (const auto& [options, text] : rows) {
    CAPTURE(text);
    SubStage stage;
    auto sub = stage.start(options);
    CHECK(sub.wait() == 64);
    CHECK(sub.err().find(text) != std::string::npos);
  }
}
