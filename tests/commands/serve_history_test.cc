// sse-serve --data-dir: what is there again, and how it ends where the directory cannot be used.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

std::string ask(const HubProgram& hub, const std::vector<std::string>& words,
                const std::string& state = "/nonexistent") {
  Program program(words, {{"SSE_URL=" + hub.url(), "XDG_STATE_HOME=" + state}, false, ""});
  const int status = program.wait();
  CAPTURE(program.err());
  CHECK(status == 0);
  return program.out();
}

std::string metrics_of(const HubProgram& hub) {
  return request(hub.port(), "GET", "/metrics?with_readings=true").body;
}

TEST_CASE("A hub that is killed comes back with all that it had said", "[serve][history]") {
  const TemporaryDirectory directory;
  const auto data = "--data-dir=" + directory.file("data");
  const auto sub = [&](const HubProgram& hub, std::vector<std::string> more) {
    std::vector<std::string> words{"sse-sub",       "-t",          "ci", "--since=5m",
                                   "--resume=mine", "--no-follow", "-o", "json"};
    words.insert(words.end(), more.begin(), more.end());
    return ask(hub, words, directory.path());
  };
  std::string metrics;
  std::uint16_t port = 0;
  const int signal = GENERATE(SIGKILL, SIGTERM);
  {
    HubProgram hub({data});
    ask(hub, {"sse-pub", "metric", "cpu", "--every", "1s", "--unit", "°C"});
    ask(hub, {"sse-pub", "reading", "cpu", "0.5"});
    for (const char* text : {"1", "2", "3"}) ask(hub, {"sse-pub", "event", "-t", "ci", "-d", text});
    CHECK_THAT(sub(hub, {"--count=1"}), Catch::Contains("\"data\":1"));
    ask(hub, {"sse-pub", "event", "-t", "ci", "-d", "4"});
    metrics = metrics_of(hub);
    CHECK_THAT(metrics, Catch::Contains(R"(,"unit":"°C",)"));
    port = hub.port();
    hub.program().signal(signal);
    hub.program().wait();
  }
  HubProgram hub({data, "--port=" + std::to_string(port)});  // positions are of an address
  hub.program().wait_for_err("history: 6 events");
  CHECK(metrics_of(hub) == metrics);
  const auto rest = sub(hub, {});
  CHECK_THAT(rest, !Catch::Contains("\"data\":1,") && Catch::Contains("\"data\":2,") &&
                       Catch::Contains("\"data\":3,") && Catch::Contains("\"data\":4,"));
  ask(hub, {"sse-pub", "reading", "cpu", "0.75"});
  CHECK_THAT(metrics_of(hub), Catch::Contains("0.5,") && Catch::Contains("0.75,"));
}

TEST_CASE("What does not fit memory stays on the disk, and a start says so", "[serve][history]") {
  const TemporaryDirectory directory;
  const auto data = "--data-dir=" + directory.file("data");
  constexpr int kEvents = 800;
  {
    HubProgram hub({data, "--sync=off", "--max-log-bytes=256k"});
    std::string lines;
    for (int i = 0; i < kEvents; ++i) {
      lines += R"({"topic":"t","data":")" + std::to_string(i) + std::string(1000, '.') + "\"}\n";
    }
    const auto answer =
        request(hub.port(), "POST", "/events", lines, "Content-Type: application/x-ndjson\r\n");
    CHECK(answer.status == 200);
    hub.program().signal(SIGTERM);
    hub.program().wait();
  }
  HubProgram hub({data, "--max-log-bytes=256k"});
  hub.program().wait_for_err(" older events (");
  const auto texts =
      ask(hub, {"sse-sub", "--since=earliest", "--no-follow", "-o", "data"}, directory.path());
  CHECK(std::count(texts.begin(), texts.end(), '\n') == kEvents);
  CHECK(texts.starts_with("0."));
}

TEST_CASE("A repeated key gets its first answer from a hub that was killed", "[serve][history]") {
  const TemporaryDirectory directory;
  const auto data = "--data-dir=" + directory.file("data");
  using Post = std::pair<std::string, std::string>;  // path, body
  std::vector<RawAnswer> first;
  std::string metrics;
  const auto post = [](const HubProgram& hub, const Post& what, std::size_t key) {
    return request(hub.port(), "POST", what.first, what.second,
                   "Content-Type: application/json\r\nIdempotency-Key: k" + std::to_string(key) +
                       "\r\nIdempotency-Key-Age: 1\r\n");
  };
  std::vector<Post> posts{{"/metrics", R"({"name":"cpu","input_frequency":"1s","unit":"%"})"},
                          {"/events", R"({"data":1})"},
                          {"/events", R"([{"data":2},{"type":"sse.no","data":3}])"}};
  {
    HubProgram hub({data});
    wait_until(
        [&] {
          return post(hub, {"/events", R"({"data":0})"}, 99).status == 201;
        },
        "a key to be older than the hub");
    first.push_back(post(hub, posts[0], 0));
    REQUIRE(first[0].status == 201);
    const auto id = first[0].body.substr(first[0].body.find("\"id\":\"") + 6, 36);
    posts.emplace_back("/metrics/readings", R"({"metric_id":")" + id + R"(","value":1})");
    posts.emplace_back("/metrics/readings", R"([{"metric_id":")" + id + R"(","value":2}])");
    for (std::size_t i = 1; i < posts.size(); ++i) first.push_back(post(hub, posts[i], i));
    metrics = metrics_of(hub);
    hub.program().signal(SIGKILL);
    hub.program().wait();
  }
  HubProgram hub({data});
  for (std::size_t i = 0; i < posts.size(); ++i) {
    CAPTURE(posts[i].first, posts[i].second);
    const auto again = post(hub, posts[i], i);
    CHECK(again.status == first[i].status);
    CHECK(again.body == first[i].body);
    CHECK(again.header("SSE-Event-Id") == first[i].header("SSE-Event-Id"));
    CHECK(again.header("Content-Type") == first[i].header("Content-Type"));
    CHECK(again.header("Idempotency-Replayed") == "true");
  }
  CHECK(metrics_of(hub) == metrics);
  // One that was never asked is done, though it is older than this hub.
  CHECK(post(hub, {"/events", R"({"data":9})"}, 50).status == 201);
}

TEST_CASE("A directory that another hub has is 75, with its process", "[serve][history]") {
  const TemporaryDirectory directory;
  const auto data = "--data-dir=" + directory.file("data");
  HubProgram hub({data});
  const auto [status, err] = end_of({data});
  CHECK(status == 75);
  CHECK_THAT(err, Catch::Contains("process " + std::to_string(hub.program().pid())));
}

TEST_CASE("A directory that cannot be made is 73, a damaged one 65, a newer one 78",
          "[serve][history]") {
  const TemporaryDirectory directory;
  CHECK(end_of({"--data-dir=" + directory.file("no/where")}).first == 73);

  const auto damaged = directory.file("damaged");
  REQUIRE(::mkdir(damaged.c_str(), 0700) == 0);
  write_text(damaged + "/log.db", std::string(10'000, 'x'));
  const auto [status, err] = end_of({"--data-dir=" + damaged});
  CHECK(status == 65);
  CHECK_THAT(err, Catch::Contains("sqlite3 " + damaged + "/log.db .recover"));

  const auto newer = directory.file("newer");
  CHECK(end_of({"--data-dir=" + newer}).first == 0);
  // user_version is at byte 60 of an SQLite file (https://sqlite.org/fileformat.html).
  auto bytes = read_text(newer + "/log.db");
  REQUIRE(bytes.size() > 64);
  bytes[63] = 9;
  write_text(newer + "/log.db", bytes);
  ::unlink((newer + "/log.db-wal").c_str());
  const auto [newer_status, newer_err] = end_of({"--data-dir=" + newer});
  CHECK(newer_status == 78);
  CHECK_THAT(newer_err, Catch::Contains("newer version"));
}

TEST_CASE("How history is kept is said by --check-config, which touches nothing",
          "[serve][history]") {
  const TemporaryDirectory directory;
  const auto data = directory.file("data");
  Program hub({"sse-serve", "--check-config", "--data-dir=" + data, "--sync=100ms"});
  CHECK(hub.wait() == 0);
  CHECK_THAT(hub.err(), Catch::Contains("history: in " + data) &&
                            Catch::Contains("may lose the newest 100ms") &&
                            Catch::Contains("--max-pending") && Catch::Contains("--history-cache"));
  CHECK(::access(data.c_str(), F_OK) != 0);
  CHECK(end_of({"--data-dir=" + data, "--sync=sometimes"}).first == 64);
  CHECK(end_of({"--data-dir=" + data, "--max-pending=1k"}).first == 64);
  CHECK(end_of({"--data-dir=" + data, "--max-disk-bytes=1M"}).first == 64);
  CHECK(end_of({"--data-dir=" + data, "--history-cache=1k"}).first == 64);
  for (const char* option : {"--sync=off", "--max-disk-bytes=0", "--history-cache=8M",
                             "--max-pending=64M", "--commit-timeout=10s", "--data-reserve=0"}) {
    const auto [status, err] = end_of({"--check-config", option});
    CHECK(status == 64);
    const std::string name(option, std::string_view(option).find('='));
    CHECK_THAT(err, Catch::Contains(name + " needs --data-dir"));
  }
  Program shown({"sse-serve", "--show-config", "--data-dir=" + data});
  CHECK(shown.wait() == 0);
  CHECK_THAT(shown.out(), Catch::Contains("ttl = \"24h\"") || Catch::Contains("ttl = \"1d\""));
}

}  // namespace
}  // namespace sse::test
