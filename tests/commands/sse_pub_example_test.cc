// The examples that publish, as people would run them.

#include <csignal>

#include "pub_stage.h"
#include "support/catch.h"
#include "support/scripted_http.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

std::string example(const std::string& name) {
  return std::string(SSE_SOURCE_DIR) + "/examples/" + name;
}

/// With our programs on the PATH and a HOME of its own.
std::vector<std::string> with_programs(const TemporaryDirectory& home,
                                       std::vector<std::string> words) {
  const std::string sse_pub = program_path("sse-pub");
  words.insert(words.begin(),
               {"/usr/bin/env", "HOME=" + home.path(), "XDG_STATE_HOME=" + home.path(),
                "PATH=" + sse_pub.substr(0, sse_pub.rfind('/')) + ":/usr/bin:/bin"});
  return words;
}

TEST_CASE("Example: this machine's figures come as readings", "[sse-pub][examples]") {
  const HubProgram hub;
  const TemporaryDirectory home;
  Program metrics(with_programs(home, {example("host-metrics.sh"), "0.2"}),
                  {{"SSE_URL=" + hub.url()}, false, ""});
  wait_until([&] { return lines_of(run_pub(hub.url(), {"list"}).out) == 5; }, "five metrics");
  metrics.signal(SIGTERM);
  metrics.wait();
}

TEST_CASE("Examples that lack an argument say how they are used", "[sse-pub][examples]") {
  const TemporaryDirectory home;
  for (const std::string name : {"alert.sh", "bridge.sh", "cron-job.sh", "work-queue.sh"}) {
    Program bare(with_programs(home, {example(name)}));
    CHECK(bare.wait() == 64);
    CHECK_THAT(bare.err(), Catch::StartsWith("usage: examples/" + name));
  }
}

TEST_CASE("Example: a bridge carries events to another hub, and goes on where it was stopped",
          "[sse-pub][examples]") {
  const HubProgram from;
  const HubProgram to;
  const TemporaryDirectory home;
  const auto publish = [&](const std::string& data) {
    return run_pub(from.url(), {"event", "-e", "note", "-t", "a/b", "-d", data}).status;
  };
  const auto bridge = with_programs(home, {example("bridge.sh"), from.url(), to.url(), "-v"});
  CHECK(publish("before the first run") == 0);
  {
    Program first(bridge);
    first.wait_for_err("connected");
    CHECK(publish("one\ntwo \"x\"") == 0);
    CHECK_THAT(events_of(to, 1),
               Catch::Contains(R"("event":"note","topic":"a/b","data":"one\ntwo \"x\"")"));
    first.signal(SIGTERM);
    CHECK(first.wait() == 128 + SIGTERM);
  }
  CHECK(publish("three") == 0);
  Program second(bridge);
  CHECK(events_of(to, 2, "data") == "one\ntwo \"x\"\nthree\n");
  second.signal(SIGTERM);
  second.wait();
}

TEST_CASE("Example: a cron job tells how it went, and ends as it did", "[sse-pub][examples]") {
  const HubProgram hub;
  const auto ran =
      run_words({example("cron-job.sh"), "backup", "sh", "-c", "echo done; exit 5"}, hub.url());
  CHECK(ran.status == 5);
  CHECK(ran.out == "done\n");
  CHECK_THAT(events_of(hub, 2),
             Catch::Contains("\"topic\":\"cron/backup\"") && Catch::Contains("\"exit\":5"));
  const auto without_hub = run_words({example("cron-job.sh"), "backup", "sh", "-c", "exit 5"},
                                     "127.0.0.1:" + std::to_string(closed_port()));
  CHECK(without_hub.status == 5);
}

}  // namespace
}  // namespace sse::test
