// sse-pub run: a command between two events.

#include <csignal>
#include <string>

#include "pub_stage.h"
#include "support/catch.h"
#include "support/scripted_http.h"

namespace sse::test {
namespace {

std::string nowhere() {
  return "http://127.0.0.1:" + std::to_string(closed_port());
}

TEST_CASE("A command runs between two events that say what it was and how it went",
          "[sse-pub][run]") {
  const HubProgram hub;
  const auto ran = run_pub(
      hub.url(), {"run", "-t", "cron/x", "--", "sh", "-c", "cat; echo oops >&2; exit 3"}, "a\nb");
  CHECK(ran.status == 3);
  CHECK(ran.out == "a\nb");
  CHECK(ran.err == "oops\n");
  const std::string events = events_of(hub, 2);
  CHECK_THAT(events,
             Catch::Contains(R"("event":"run.started","topic":"cron/x","data":)"
                             R"({"argv":["sh","-c","cat; echo oops >&2; exit 3"],"run":")"));
  CHECK_THAT(events, Catch::Contains(R"(,"host":")"));
  CHECK_THAT(events,
             Catch::Contains(R"("event":"run.finished","topic":"cron/x","data":)"
                             R"({"argv":["sh","-c","cat; echo oops >&2; exit 3"],"run":")"));
  CHECK_THAT(events, Catch::Contains(R"(,"ok":false,"exit":3,"seconds":0.)"));
}

TEST_CASE("A command that dies by a signal is published so, and died of so", "[sse-pub][run]") {
  const HubProgram hub;
  CHECK(run_pub(hub.url(), {"run", "--", "sh", "-c", "kill -KILL $$"}).status == 128 + SIGKILL);
  CHECK_THAT(events_of(hub, 2), Catch::Contains(R"("ok":false,"exit":137,"signal":9,"seconds":)"));
}

TEST_CASE("Both events of a run have one id, and another run has another", "[sse-pub][run]") {
  const HubProgram hub;
  for (int i = 0; i < 2; ++i) REQUIRE(run_pub(hub.url(), {"run", "--", "true"}).status == 0);
  const auto ids =
      run_words({"sse-sub", "--since=earliest", "-C4", "-F", "%{/run} %{/ok}"}, hub.url());
  const auto id = [&](std::size_t n) {
    std::size_t at = 0;
    for (std::size_t k = 0; k < n; ++k) at = ids.out.find('\n', at) + 1;
    return ids.out.substr(at, 36);
  };
  CHECK(id(0) == id(1));
  CHECK(id(2) == id(3));
  CHECK(id(0) != id(2));
  CHECK_THAT(ids.out, Catch::Contains(id(1) + " true\n"));
}

TEST_CASE("Only failures, or long runs, are published when that is asked for", "[sse-pub][run]") {
  const HubProgram hub;
  const auto run = [&](std::vector<std::string> options, const std::string& script) {
    options.insert(options.begin(), "run");
    options.insert(options.end(), {"--", "sh", "-c", script});
    run_pub(hub.url(), options);
  };
  run({"--on-failure"}, "exit 0");
  run({"--on-failure"}, "exit 3");
  run({"--longer-than=1h"}, "exit 4");
  run({"--longer-than=0"}, "exit 0");
  run({"--longer-than=1h", "--on-failure"}, "exit 5");
  REQUIRE(run_pub(hub.url(), {"event", "-d", "{\"exit\":9}"}).status == 0);
  CHECK(
      run_words({"sse-sub", "--since=earliest", "-C4", "-F", "%{event} %{/exit}"}, hub.url()).out ==
      "run.finished 3\nrun.finished 0\nrun.finished 5\nmessage 9\n");
}

TEST_CASE("Signals are for the command, however often they come", "[sse-pub][run]") {
  const HubProgram hub;
  Program program({"sse-pub", "run", "--", "bash", "-c",
                   "trap 'echo usr1' USR1; trap 'echo term; n=$((n+1))' TERM; echo ready; "
                   "until [ \"$n\" = 2 ]; do sleep 0.01; done; exit 7"},
                  {{"SSE_URL=" + hub.url()}, false, ""});
  program.wait_for_out("ready\n");
  program.signal(SIGUSR1);
  program.wait_for_out("usr1\n");
  program.signal(SIGTERM);
  program.wait_for_out("term\n");
  program.signal(SIGTERM);
  program.wait_for_out("term\nterm\n");
  CHECK(program.wait() == 7);
}

TEST_CASE("A hub that is down, or says no, is a warning and no more", "[sse-pub][run]") {
  const auto down =
      run_pub(nowhere(), {"run", "--retries=0", "--", "sh", "-c", "echo done; exit 4"});
  CHECK(down.status == 4);
  CHECK(down.out == "done\n");
  CHECK_THAT(down.err, Catch::StartsWith("sse-pub: warning: run.started not published: "));
  CHECK_THAT(down.err, Catch::Contains("sse-pub: warning: run.finished not published: "));
  CHECK(run_pub(nowhere(), {"run", "-q", "--retries=0", "--", "true"}).err.empty());
  const ScriptedHttp no({answer(403, R"({"error":"no"})")});
  CHECK(run_pub(no.url(), {"run", "--", "true"}).status == 0);
}

TEST_CASE("A hub that hangs does not hold the command up", "[sse-pub][run]") {
  const ScriptedHttp hub({{"", ScriptedAnswer::Then::kHang}});
  Program program({"sse-pub", "run", "-W", "1s", "--", "sh", "-c", "echo first"},
                  {{"SSE_URL=" + hub.url()}, false, ""});
  program.wait_for_out("first\n");
  CHECK(program.err().empty());
  CHECK(program.wait() == 0);
}

TEST_CASE("A hub that comes up during the command gets both events, in order", "[sse-pub][run]") {
  // The pause after the first try would be 10 minutes: the end of the command cuts it short.
  const ScriptedHttp slow({answer(503, "{}", "Retry-After: 600\r\n"),
                           answer(200, R"({"results":[{"id":"e1"},{"id":"e2"}]})")});
  Program program({"sse-pub", "run", "-v", "-W", "1h", "--", "cat"},
                  {{"SSE_URL=" + slow.url()}, true, ""});
  program.wait_for_err("trying again in");
  program.close_stdin();
  CHECK(program.wait() == 0);
  REQUIRE(slow.requests().size() == 2);
  CHECK_THAT(slow.requests().at(1), Catch::Contains("run.started"));
  CHECK_THAT(slow.requests().at(1), Catch::Contains("run.finished"));
}

TEST_CASE("A command that is not there is 127, one that cannot run 126, and both are published",
          "[sse-pub][run]") {
  const HubProgram hub;
  const auto missing = run_pub(hub.url(), {"run", "--", "/nowhere/at-all"});
  CHECK(missing.status == 127);
  CHECK_THAT(missing.err, Catch::StartsWith("sse-pub: error: cannot run \"/nowhere/at-all\""));
  CHECK(run_pub(hub.url(), {"run", "--", "/"}).status == 126);
  CHECK_THAT(events_of(hub, 4), Catch::Contains("\"exit\":127") && Catch::Contains("\"exit\":126"));
}

TEST_CASE("run without a command is 64", "[sse-pub][run]") {
  for (const auto& words : std::vector<std::vector<std::string>>{{"run"}, {"run", "--"}}) {
    CHECK(run_pub(nowhere(), words).status == 64);
  }
}

TEST_CASE("run needs no dashes before its command, whose options are its own", "[sse-pub][run]") {
  const HubProgram hub;
  const auto ran =
      run_pub(hub.url(), {"run", "-t", "a/b", "sh", "-c", "echo \"$0 $1\"", "-q", "--help"});
  CHECK(ran.status == 0);
  CHECK(ran.out == "-q --help\n");
  CHECK_THAT(events_of(hub, 2), Catch::Contains(R"("argv":["sh","-c")"));
}

TEST_CASE("The last lines of output are published, and all of it is passed on", "[sse-pub][run]") {
  const HubProgram hub;
  const std::string script = "seq 100000; printf 'no end'; exit 3";
  const auto ran = run_pub(hub.url(), {"run", "--tail", "3", "sh", "-c", script});
  CHECK(ran.status == 3);
  CHECK(ran.out.size() == 588895 + 6);
  CHECK(ran.out.ends_with("100000\nno end"));
  CHECK_THAT(events_of(hub, 2), Catch::Contains(R"("tail":["99999","100000","no end"])"));
}

TEST_CASE("Lines of stdout and stderr are kept, long ones cut, and all of them bounded",
          "[sse-pub][run]") {
  const HubProgram hub;
  const auto both = run_pub(hub.url(), {"run", "--tail=2", "sh", "-c", "echo out; echo err >&2"});
  CHECK(both.out == "out\n");
  CHECK(both.err == "err\n");
  CHECK_THAT(events_of(hub, 2), Catch::Contains("\"out\"") && Catch::Contains("\"err\""));
  const std::string bytes = "head -c 2000000 /dev/zero | tr '\\0' '\\377' | fold -b -w 5000";
  const auto ran = run_pub(hub.url(), {"-W60s", "run", "--tail", "1000", "sh", "-c", bytes});
  CHECK(ran.status == 0);
  CHECK(ran.err.empty());  // the event was published: it is below --max-event-size
}

TEST_CASE("What a command has left behind does not hold up run --tail", "[sse-pub][run]") {
  const HubProgram hub;
  const auto ran = run_pub(
      hub.url(), {"run", "--tail=1", "sh", "-c", "(trap '' TERM; exec sleep 600) & echo $!"});
  CHECK(ran.status == 0);
  ::kill(std::stoi(ran.out), SIGKILL);
}

TEST_CASE("A command whose output is read no more ends by SIGPIPE, with --tail too",
          "[sse-pub][run]") {
  const HubProgram hub;
  Program run({"sse-pub", "--url", hub.url(), "run", "--tail=1", "yes"});
  run.wait_for_out("y\n");
  run.close_stdout();
  CHECK(run.wait() == 128 + SIGPIPE);
}

}  // namespace
}  // namespace sse::test
