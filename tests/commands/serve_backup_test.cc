// sse-serve check and sse-serve backup, with the real programs.

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

struct Ended {
  int status = 0;
  std::string out;
  std::string err;
};

Ended run(const std::vector<std::string>& words) {
  Program program(words);
  const int status = program.wait();
  return {status, program.out(), program.err()};
}

void publish(const HubProgram& hub, int count) {
  for (int i = 0; i < count; ++i) {
    REQUIRE(request(hub.port(), "POST", "/events", R"({"topic":"ci","data":"text"})").status ==
            201);
  }
}

void make_metric(const HubProgram& hub) {
  REQUIRE(request(hub.port(), "POST", "/metrics", R"({"name":"cpu"})").status == 201);
}

/// A directory that a killed hub has left.
void leave_history(const std::string& data, int events) {
  HubProgram hub({"--data-dir=" + data});
  make_metric(hub);
  publish(hub, events);
  hub.program().signal(SIGKILL);
  hub.program().wait();
}

TEST_CASE("sse-serve check reads all of a directory, and changes nothing", "[serve][check]") {
  const TemporaryDirectory directory;
  const auto data = directory.file("data");
  leave_history(data, 5);
  const auto database = read_text(data + "/log.db");
  const auto wal = read_text(data + "/log.db-wal");
  const auto [status, out, err] = run({"sse-serve", "check", data});
  CHECK(status == 0);
  CHECK_THAT(out, Catch::Contains("6 events (1 to 6)") && Catch::Contains("1 metric") &&
                      Catch::EndsWith("in order\n"));
  CHECK(err.empty());
  CHECK(read_text(data + "/log.db") == database);
  CHECK(read_text(data + "/log.db-wal") == wal);
}

TEST_CASE("sse-serve check finds a flipped bit, and an end that is lost", "[serve][check]") {
  const TemporaryDirectory directory;
  const auto data = directory.file("data");
  {
    HubProgram hub({"--data-dir=" + data});
    publish(hub, 20);
    hub.program().signal(SIGTERM);  // a clean end moves all into log.db
    hub.program().wait();
  }
  auto database = read_text(data + "/log.db");
  const auto at = database.find("data: text");
  REQUIRE(at != std::string::npos);
  SECTION("a flipped bit") {
    database[at + 7] = 'u';
    write_text(data + "/log.db", database);
    const auto [status, out, err] = run({"sse-serve", "check", data});
    CHECK(status == 65);
    CHECK_THAT(out, Catch::Contains("chunk ") && Catch::Contains("1 problem\n"));
  }
  SECTION("an end that is lost") {
    {
      HubProgram hub({"--data-dir=" + data});
      publish(hub, 1);
      hub.program().signal(SIGTERM);
      hub.program().wait();
    }
    write_text(data + "/log.db", database);
    ::unlink((data + "/log.db-wal").c_str());
    const auto [status, out, err] = run({"sse-serve", "check", data});
    CHECK(status == 65);
    CHECK_THAT(out, Catch::Contains("event 21 was shown, and the log ends at 20"));
  }
}

TEST_CASE("sse-serve check ends as its table says where there is nothing to read",
          "[serve][check]") {
  const TemporaryDirectory directory;
  CHECK(run({"sse-serve", "check", directory.file("none")}).status == 66);
  write_text(directory.file("text"), std::string(5000, 'x'));
  CHECK(run({"sse-serve", "check", directory.file("text")}).status == 65);
  CHECK(run({"sse-serve", "check"}).status == 64);
  HubProgram hub({"--data-dir=" + directory.file("data")});
  const auto used = run({"sse-serve", "check", directory.file("data")});
  CHECK(used.status == 75);
  CHECK_THAT(used.err, Catch::Contains("process " + std::to_string(hub.program().pid())));
}

TEST_CASE("sse-serve backup copies a hub that runs, and the copy begins a new epoch",
          "[serve][backup]") {
  const TemporaryDirectory directory;
  const auto copy = directory.file("copy.db");
  HubProgram hub(
      {"--data-dir=" + directory.file("data"), "--data-reserve=1M", "--commit-timeout=20s"});
  make_metric(hub);
  publish(hub, 300);
  const auto metrics = request(hub.port(), "GET", "/metrics?with_readings=true").body;
  const auto made = run({"sse-serve", "backup", "--url", hub.url(), copy});
  CAPTURE(made.err);
  REQUIRE(made.status == 0);
  publish(hub, 5);
  struct stat found {};
  REQUIRE(::stat(copy.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  CHECK(::access((directory.file("data") + "/backup.db").c_str(), F_OK) != 0);
  const auto checked = run({"sse-serve", "check", copy});
  CHECK(checked.status == 0);
  CHECK_THAT(checked.out, Catch::Contains("301 events (1 to 301)") && Catch::Contains("a backup"));
  CHECK(::access((copy + "-wal").c_str(), F_OK) != 0);

  const auto restored = directory.file("restored");
  REQUIRE(::mkdir(restored.c_str(), 0700) == 0);
  REQUIRE(::rename(copy.c_str(), (restored + "/log.db").c_str()) == 0);
  HubProgram again({"--data-dir=" + restored});
  again.program().wait_for_err("restored backup");
  CHECK_THAT(again.program().err(), !Catch::Contains("error"));
  CHECK(request(again.port(), "GET", "/metrics?with_readings=true").body == metrics);
  // The ids of the five that were published after the copy are not given again.
  const auto id_of = [](const HubProgram& of) {
    return request(of.port(), "POST", "/events", R"({"data":1})").header("SSE-Event-Id");
  };
  const auto newest = id_of(again);
  publish(hub, 1);
  CHECK(newest.size() == 36);
  CHECK(newest.substr(15, 8) != id_of(hub).substr(15, 8));  // the epoch
}

TEST_CASE("sse-serve backup says why there is none", "[serve][backup]") {
  const TemporaryDirectory directory;
  const HubProgram in_memory;
  const auto none = run({"sse-serve", "backup", "--url", in_memory.url(), directory.file("copy")});
  CHECK(none.status == 69);
  CHECK_THAT(none.err, Catch::Contains("--data-dir"));
  CHECK(run({"sse-serve", "backup", "--url", "http://127.0.0.1:1", directory.file("c")}).status ==
        69);
  // The same variable says where the hub is as for the clients.
  const auto by_variable = run({"env", "SSE_URL=" + in_memory.url(), program_path("sse-serve"),
                                "backup", directory.file("c")});
  CHECK(by_variable.status == 69);
  CHECK_THAT(by_variable.err, Catch::Contains(in_memory.url()));
  HubProgram hub({"--data-dir=" + directory.file("data")});
  const auto refused =
      request(hub.port(), "POST", "/-/backup", {}, "X-Forwarded-For: 10.0.0.1\r\n");
  CHECK(refused.status == 403);
  const auto nowhere =
      run({"sse-serve", "backup", "--url", hub.url(), directory.file("no/where/copy")});
  CHECK(nowhere.status == 73);
}

/// Whether this user may make mounts that no other process sees; says so loudly when not.
bool may_mount() {
  Program probe({"unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/mnt"});
  if (probe.wait() == 0) return true;
  WARN("SKIPPED: this needs the right to mount (root): " << probe.err());
  return false;
}

TEST_CASE("On a full disk the oldest events give way, and every new one is taken",
          "[serve][history]") {
  if (!may_mount()) return;
  const TemporaryDirectory directory;
  const auto script =
      "mount -t tmpfs -o size=14m tmpfs " + directory.path() + " && exec " +
      program_path("sse-serve") +
      " --port=0 --print-url --data-reserve=2M --data-dir=" + directory.file("data");
  Program hub({"unshare", "-m", "sh", "-c", script});
  hub.wait_for_out("\n");
  const auto url = hub.out();
  const auto port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  std::string lines;
  for (int i = 0; i < 20; ++i) lines += R"({"data":")" + std::string(4000, 'x') + "\"}\n";
  for (int round = 0; round < 300; ++round) {
    const auto answer =
        request(port, "POST", "/events", lines, "Content-Type: application/x-ndjson\r\n");
    REQUIRE(answer.status == 200);
    REQUIRE(answer.body.find("\"error\"") == std::string::npos);
  }
  CHECK_THAT(hub.err(), Catch::Contains("the disk is full; the oldest events are deleted"));
  hub.signal(SIGTERM);
  CHECK(hub.wait() == 0);
}

}  // namespace
}  // namespace sse::test
