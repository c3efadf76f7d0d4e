// The programs on machines that refuse them something, and what signals do to them.

#include <csignal>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "commands/pub_stage.h"
#include "commands/sub_stage.h"
#include "support/catch.h"
#include "support/program.h"

namespace sse::test {
namespace {

using Words = std::vector<std::string>;

/// Each program with a command that ends with 3, pointed at `hub`; sse-sub gives 1 for that.
struct WithCommand {
  Words words;
  int status;
};

std::vector<WithCommand> programs_with_command(const HubProgram& hub) {
  return {
      {{program_path("sse-serve"), "-q", "--port=0", "--", "sh", "-c", "exit 3"}, 3},
      {{program_path("sse-pub"), "--url", hub.url(), "-W1s", "run", "--", "sh", "-c", "exit 3"}, 3},
      {{program_path("sse-sub"), hub.url(), "--since=-1", "-C1", "--exec-retries=0", "-x",
        "exit 3"},
       1}};
}

/// How the programs end when a system call of theirs always fails.
int status_without(const std::string& call, const std::string& error, const Words& words) {
  Words all{program_path("failing-call"), call, error};
  all.insert(all.end(), words.begin(), words.end());
  Program program(all);
  const int status = program.wait();
  if (status != 0 && status < 128 && status > 3) CHECK_FALSE(program.err().empty());
  return status;
}

TEST_CASE("A kernel without pidfd_open() runs commands as well", "[commands][process]") {
  const HubProgram hub;
  REQUIRE(run_pub(hub.url(), {"event", "-d", "x"}).status == 0);
  for (const std::string error : {"ENOSYS", "EPERM", "EMFILE"}) {
    for (const auto& program : programs_with_command(hub)) {
      CAPTURE(error, program.words.front());
      CHECK(status_without("pidfd_open", error, program.words) == program.status);
    }
  }
}

TEST_CASE("A system call that always fails is an error, never a hang", "[commands][process]") {
  if (kIsSanitized) return;  // a sanitizer makes these calls itself
  const HubProgram hub;
  REQUIRE(run_pub(hub.url(), {"event", "-d", "x"}).status == 0);
  for (const std::string call :
       {"eventfd2", "pipe2", "signalfd4", "waitid", "wait4", "setrlimit", "epoll_create1",
        "epoll_ctl", "timerfd_create", "timerfd_settime"}) {
    for (const std::string error : {"EPERM", "EMFILE", "EIO"}) {
      for (const auto& program : programs_with_command(hub)) {
        CAPTURE(call, error, program.words.front());
        CHECK(status_without(call, error, program.words) < 128);
      }
    }
  }
}

Program start_bash(const std::string& script, const std::string& url = {}) {
  const std::string path = program_path("sse-pub");
  return Program({"bash", "-c", "PATH=" + path.substr(0, path.rfind('/')) + ":$PATH; " + script},
                 {{"SSE_URL=" + url}, false, ""});
}

TEST_CASE("A command has the limit of descriptors that the hub was started with",
          "[commands][process]") {
  auto hub = start_bash("ulimit -Sn 512; exec sse-serve -q --port 0 -- sh -c 'ulimit -Sn'");
  CHECK(hub.wait() == 0);
  CHECK(hub.out() == "512\n");
}

TEST_CASE("A low limit of descriptors lowers the defaults, with a warning", "[commands][process]") {
  auto hub = start_bash(
      "ulimit -n 256; exec sse-serve --threads 1 --port 0 -- sh -c 'sse-pub event -d x'");
  CHECK(hub.wait() == 0);
  CHECK_THAT(hub.err(), Catch::Contains("--max-clients is 96 and --max-connections 47 here: the "
                                        "hard limit of descriptors (ulimit -Hn) is 256"));
}

TEST_CASE("The configuration shown is what the limit of descriptors leaves",
          "[commands][process]") {
  auto shown = start_bash("ulimit -n 256; exec sse-serve --threads 1 --show-config");
  CHECK(shown.wait() == 0);
  CHECK_THAT(shown.out(), Catch::Contains("\nmax-clients = 96  # default\n"));
  CHECK_THAT(shown.out(), Catch::Contains("\nmax-connections = 47  # default\n"));
  auto refused = start_bash("ulimit -n 256; exec sse-serve --max-clients 97 --show-config");
  CHECK(refused.wait() == 0);
  CHECK_THAT(refused.out(), Catch::Contains("\nmax-clients = 97  # command line\n"));
}

TEST_CASE("Limits that were given and do not fit are refused, with the bound",
          "[commands][process]") {
  for (const auto& [words, bound] : std::vector<std::pair<std::string, std::string>>{
           {"--max-clients 97",
            "--max-clients 97 needs more descriptors than the hard limit of 256 "
            "allows: expected at most 96"},
           {"--max-connections 500", "expected at most 142"}}) {
    auto hub = start_bash("ulimit -n 256; exec sse-serve --threads 1 --port 0 " + words);
    CHECK(hub.wait() == 78);
    CHECK_THAT(hub.err(), Catch::Contains(bound));
  }
  auto tiny = start_bash("ulimit -n 64; exec sse-serve --threads 1 --port 0");
  CHECK(tiny.wait() == 78);
  CHECK_THAT(tiny.err(), Catch::Contains("only 64 descriptors are allowed"));
}

TEST_CASE("HUP and QUIT end sse-sub as TERM does, with its position saved", "[commands][process]") {
  for (const int signal : {SIGHUP, SIGQUIT, SIGTERM, SIGINT}) {
    SubStage stage;
    auto sub = stage.start({"--cursor-file=place", "--cursor-interval=1h"});
    const auto stream = stage.server.accept_stream("id: 1\ndata: a\n\nid: 2\ndata: b\n\n");
    sub.wait_for_out("a\nb\n");
    sub.signal(signal);
    CHECK(sub.wait() == 128 + signal);
    CHECK_THAT(read_text(stage.directory.file("place")), Catch::Contains("id 2\n"));
  }
}

TEST_CASE("HUP and QUIT drain the hub", "[commands][process]") {
  for (const int signal : {SIGHUP, SIGQUIT}) {
    HubProgram hub;
    hub.program().signal(signal);
    CHECK(hub.program().wait() == 0);
  }
}

TEST_CASE("A second TERM ends the hub and its command", "[commands][process]") {
  Program hub(
      {"sse-serve", "-q", "--port=0", "--", "bash", "-c",
       "trap 'echo first; trap - TERM' TERM; echo up; while :; do read -t 0.01 <> <(:); done"});
  hub.wait_for_out("up\n");
  hub.signal(SIGTERM);
  hub.wait_for_out("first\n");
  hub.signal(SIGTERM);
  CHECK(hub.wait() == 128 + SIGTERM);  // waits for the end of its output, so for the command's
}

TEST_CASE("HUP ends sse-pub as TERM does", "[commands][process]") {
  const HubProgram hub;
  Program pub({"sse-pub", "event", "-l", "--print=id"}, {{"SSE_URL=" + hub.url()}, true, ""});
  pub.write_stdin("x\n");
  pub.wait_for_out("\n");
  pub.signal(SIGHUP);
  CHECK(pub.wait() == 128 + SIGHUP);
}

TEST_CASE("A HUP that nohup ignores stays ignored", "[commands][process]") {
  const HubProgram hub;
  auto sub = start_bash("trap '' HUP; exec sse-sub", hub.url());
  auto published = [&] { return run_pub(hub.url(), {"event", "-d", "x"}).status == 0; };
  wait_until([&] { return published() && !sub.out().empty(); }, "an event");
  sub.signal(SIGHUP);
  const auto before = sub.out().size();
  wait_until([&] { return published() && sub.out().size() > before; }, "an event after HUP");
  sub.signal(SIGTERM);
  CHECK(sub.wait() == 128 + SIGTERM);
}

TEST_CASE("A standard stream that is closed is not a socket's number", "[commands][process]") {
  const HubProgram hub;
  CHECK(start_bash("sse-pub event -l <&-", hub.url()).wait() == 66);
  CHECK(start_bash("sse-pub event -d x --print id >&-", hub.url()).wait() == 74);
  CHECK(start_bash("sse-pub event -d x 2>&-", hub.url()).wait() == 0);
  CHECK(start_bash("sse-sub --since=-1 -C1 <&-", hub.url()).wait() == 0);
  CHECK(start_bash("sse-sub --since=-1 -C1 >&-", hub.url()).wait() == 74);
  CHECK(start_bash("sse-sub --since=-1 -C1 2>&-", hub.url()).wait() == 0);
  CHECK(start_bash("sse-serve -q --port 0 -- true <&-").wait() == 0);
  CHECK(start_bash("sse-serve -q --port 0 --print-url -- true >&-").wait() != 0);
  CHECK(start_bash("sse-serve -q --port 0 -- true 2>&-").wait() == 0);
}

TEST_CASE("A command does not get a stream that we were started without", "[commands][process]") {
  auto hub = start_bash("sse-serve -q --port 0 -- sh -c '[ ! -e /proc/self/fd/0 ]' <&-");
  CHECK(hub.wait() == 0);
}

const Words kNamespace{"unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"};

/// Whether this user may make namespaces.
bool has_namespaces() {
  Words trial = kNamespace;
  trial.emplace_back("true");
  if (Program(trial).wait() == 0) return true;
  WARN("no namespaces here: process 1 is not tried");
  return false;
}

/// How a hub ends that is process 1 of a container and runs this script.
int status_as_process_1(const std::string& script) {
  Words words = kNamespace;
  for (const std::string word : {"-q", "--port=0", "--", "bash", "-c"}) words.push_back(word);
  words.insert(words.begin() + static_cast<std::ptrdiff_t>(kNamespace.size()),
               program_path("sse-serve"));
  words.push_back(script);
  return Program(words).wait();
}

TEST_CASE("Process 1 reaps orphans", "[commands][process]") {
  if (!has_namespaces()) return;
  CHECK(status_as_process_1("(true &)\n"
                            "while grep -q '^State:.Z' /proc/[0-9]*/status; do :; done\n"
                            "exit 5") == 5);
}

TEST_CASE("A second TERM ends process 1", "[commands][process]") {
  if (!has_namespaces()) return;
  CHECK(status_as_process_1("trap '' TERM; while kill -TERM 1; do :; done") == 128 + SIGTERM);
}

TEST_CASE("One TERM drains process 1", "[commands][process]") {
  if (!has_namespaces()) return;
  CHECK(status_as_process_1("trap 'exit 6' TERM; kill -TERM 1; while :; do :; done") == 6);
}

}  // namespace
}  // namespace sse::test
