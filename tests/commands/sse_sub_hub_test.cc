// sse-sub against the real hub.

#include <signal.h>

#include <set>
#include <sstream>

#include "commands/sub_stage.h"
#include "support/catch.h"
#include "support/raw_http.h"

using sse::test::HubStage;
using sse::test::TemporaryDirectory;

namespace {

std::string numbers(int from, int to) {
  std::string lines;
  for (int i = from; i <= to; ++i) lines += std::to_string(i) + "\n";
  return lines;
}

}  // namespace

TEST_CASE("The whole history of a hub is read from the earliest event", "[commands][sub][hub]") {
  const HubStage stage;
  stage.publish_numbers(1, 500);
  auto sub = stage.subscribe({"--since=earliest", "-C500"});
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == numbers(1, 500));
}

TEST_CASE("A subscriber that resumes sees every event once", "[commands][sub][hub]") {
  const HubStage stage;
  {
    auto first = stage.subscribe({"--resume", "-C0"});
    CHECK(first.wait() == 0);
  }
  auto live = stage.subscribe({"--resume", "-C3", "--ready-file=ready"});
  sse::test::wait_until(
      [&] { return !sse::test::read_text(stage.directory.file("ready")).empty(); },
      "the subscription");
  stage.publish_numbers(1, 10);
  CHECK(live.wait() == 0);
  auto rest = stage.subscribe({"--resume", "-C7"});
  CHECK(rest.wait() == 0);
  CHECK(live.out() + rest.out() == numbers(1, 10));
}

TEST_CASE("An empty first run has a place, and the next one misses nothing",
          "[commands][sub][hub]") {
  const HubStage stage;
  auto first = stage.subscribe({"--cursor-file=place"});
  const auto has_place = [&] {
    return !sse::test::read_text(stage.directory.file("place")).empty();
  };
  sse::test::wait_until(has_place, "the place of an empty stream");
  first.signal(SIGTERM);
  CHECK(first.wait() == 128 + SIGTERM);
  stage.publish_numbers(1, 3);
  auto second = stage.subscribe({"--cursor-file=place", "-C3"});
  CHECK(second.wait() == 0);
  CHECK(second.out() == numbers(1, 3));
}

TEST_CASE("A run that only connects marks the place for the next one", "[commands][sub][hub]") {
  const HubStage stage;
  stage.publish_numbers(1, 3);
  for (int i = 0; i < 2; ++i) {  // the second one leaves it where it is
    auto mark = stage.subscribe({"--resume=job", "-C0"});
    CHECK(mark.wait() == 0);
    CHECK(mark.out().empty());
    if (i == 0) stage.publish_numbers(4, 5);
  }
  auto next = stage.subscribe({"--resume=job", "--no-follow"});
  CHECK(next.wait() == 0);
  CHECK(next.out() == numbers(4, 5));
}

TEST_CASE("Types and topics are filtered by the hub", "[commands][sub][hub]") {
  const HubStage stage;
  stage.publish(R"({"type":"deploy","topic":"ci/api","data":"1"})");
  stage.publish(R"({"type":"deploy","topic":"ci/web/x","data":"2"})");
  stage.publish(R"({"type":"build","topic":"ci/api","data":"3"})");
  stage.publish(R"({"type":"destroy","topic":"other","data":"4"})");
  auto by_type = stage.subscribe({"--since=earliest", "-e", "de*", "-C3"});
  CHECK(by_type.wait() == 0);
  CHECK(by_type.out() == "1\n2\n4\n");
  auto by_topic = stage.subscribe({"--since=earliest", "-t", "ci/+", "-C2"});
  CHECK(by_topic.wait() == 0);
  CHECK(by_topic.out() == "1\n3\n");
  auto by_both =
      stage.subscribe({"--since=earliest", "-t", "ci/#", "-e", "deploy", "-C2", "-osse"});
  CHECK(by_both.wait() == 0);
  CHECK(by_both.out().find("event: deploy\ntopic: ci/web/x\ndata: 2\n\n") != std::string::npos);
}

TEST_CASE("A metric is followed by its name", "[commands][sub][hub]") {
  const HubStage stage;
  auto sub = stage.subscribe({"-m", "cpu", "-C1", "--wait-server", "--since=earliest", "-e",
                              "metric_reading_created", "-ojson"});
  std::string ids[2];
  for (int i = 0; i < 2; ++i) {
    const auto made = sse::test::request(
        stage.hub.port(), "POST", "/metrics",
        R"({"name":")" + std::string(i == 0 ? "memory" : "cpu") + R"(","input_frequency":"1s"})");
    REQUIRE(made.status == 201);
    ids[i] = made.body.substr(made.body.find("\"id\":\"") + 6, 36);
  }
  for (const auto& id : ids) {
    CHECK(sse::test::request(stage.hub.port(), "POST", "/metrics/readings",
                             R"({"metric_id":")" + id + R"(","value":1.5})")
              .status == 201);
  }
  CHECK(sub.wait() == 0);
  CHECK(sub.out().find("\"data\":{\"id\":") != std::string::npos);
  CHECK(sub.out().find(ids[1]) != std::string::npos);
  CHECK(sub.out().find(ids[0]) == std::string::npos);

  auto mistyped = stage.subscribe({"-m", "memori"});
  CHECK(mistyped.wait() == 65);
  CHECK(mistyped.err().find("did you mean \"memory\"?") != std::string::npos);
}

TEST_CASE("A restarted hub is another stream, and that is a gap", "[commands][sub][hub]") {
  TemporaryDirectory directory;
  const auto place = "--cursor-file=" + directory.file("place");
  {
    HubStage first;
    first.publish_numbers(1, 2);
    auto sub = first.subscribe({place, "--since=earliest", "-C2"});
    CHECK(sub.wait() == 0);
  }
  const HubStage second;
  second.publish_numbers(3, 3);
  auto strict = second.subscribe({place, "--on-gap=fail"});
  CHECK(strict.wait() == 79);
  auto sub = second.subscribe({place, "-C1", "-ojson", "--on-gap=emit"});
  CHECK(sub.wait() == 0);
  CHECK(sub.out().find("\"reason\":\"other-stream\"") != std::string::npos);
  CHECK(sub.out().find("\"data\":3,") != std::string::npos);
}

TEST_CASE("Killed at a hundred moments, what it printed has no gap", "[commands][sub][hub]") {
  constexpr int kKills = 100;
  constexpr int kPerRun = 50;
  const HubStage stage;
  {
    auto sub = stage.subscribe({"--resume", "--since=earliest", "-C1"});
    stage.publish_numbers(1, 1);
    REQUIRE(sub.wait() == 0);
  }
  std::set<int> printed{1};
  int published = 1;
  const auto collect = [&](const std::string& text) {
    std::istringstream lines(text.substr(0, text.rfind('\n') + 1));
    for (int number = 0; lines >> number;) printed.insert(number);
  };
  for (int kill = 0; kill < kKills; ++kill) {
    auto sub = stage.subscribe({"--resume"});
    stage.publish_numbers(published + 1, published + kPerRun);
    published += kPerRun;
    // Another moment each time: somewhere in what has just been published, or before it.
    const int moment = published - (kill * 37) % (kPerRun + 10);
    sub.wait_for_out(moment > published - kPerRun ? std::to_string(moment) + "\n" : "\n");
    sub.signal(SIGKILL);
    sub.wait();
    collect(sub.out());
  }
  auto rest = stage.subscribe({"--resume"});
  stage.publish_numbers(published + 1, published + 1);
  rest.wait_for_out(std::to_string(published + 1) + "\n");
  collect(rest.out());
  CHECK(printed.size() == static_cast<std::size_t>(published + 1));
}
