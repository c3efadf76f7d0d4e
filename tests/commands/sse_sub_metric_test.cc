// Metrics by name: -m, %{metric}, and what is the last of them.

#include <optional>
#include <string>
#include <vector>

#include "commands/pub_stage.h"
#include "commands/sub_stage.h"

namespace sse::test {
namespace {

/// A hub that can be restarted on its port.
class RestartedHub {
 public:
  RestartedHub() : hub_(std::in_place, std::vector<std::string>{"--retry=10ms"}) {}

  void restart() {
    const std::string port = std::to_string(hub_->port());
    hub_.reset();
    hub_.emplace(std::vector<std::string>{"--retry=10ms", "--port=" + port});
  }

  std::string url() const { return hub_->url(); }
  std::uint16_t port() const { return hub_->port(); }

  void read(const std::string& metric, const std::string& value) const {
    REQUIRE(run_pub(url(), {"reading", metric, value, "--create"}).status == 0);
  }
  void remove(const std::string& metric) const {
    const std::string id = run_pub(url(), {"metric", metric, "--print=id"}).out.substr(0, 36);
    REQUIRE(request(port(), "DELETE", "/metrics/" + id).status == 204);
  }

 private:
  std::optional<HubProgram> hub_;
};

Program start_sub(const RestartedHub& hub, std::vector<std::string> words) {
  words.insert(words.begin(),
               {"sse-sub", hub.url(), "--retry-min=1ms", "--retry-max=5ms", "--status=text"});
  return Program(words);
}

const std::string kShown = "--format=%{metric} %{/value}";

TEST_CASE("A metric that is followed by its name is found again after a restart",
          "[commands][sub][metric]") {
  RestartedHub hub;
  hub.read("cpu", "0");
  auto sub = start_sub(hub, {"-m", "cpu", "-e", "metric_reading_created", kShown});
  sub.wait_for_err("connected");
  hub.read("other", "9");
  hub.read("cpu", "1");
  sub.wait_for_out("cpu 1\n");
  hub.restart();
  hub.read("other", "9");
  hub.read("cpu", "2");  // another metric of that name
  sub.wait_for_out("cpu 2\n");
  hub.read("other", "9");
  hub.read("cpu", "3");
  sub.wait_for_out("cpu 3\n");
  hub.restart();
  hub.read("cpu", "4");
  sub.wait_for_out("cpu 4\n");
  CHECK(sub.out() == "cpu 1\ncpu 2\ncpu 3\ncpu 4\n");
}

TEST_CASE("A metric that is followed by its name is found again when it is made again",
          "[commands][sub][metric]") {
  const RestartedHub hub;
  hub.read("cpu", "0");
  hub.read("other", "0");
  auto sub = start_sub(hub, {"-m", "cpu", "-e", "metric_reading_created", kShown});
  sub.wait_for_err("connected");
  hub.read("cpu", "1");
  sub.wait_for_out("cpu 1\n");
  for (const std::string value : {"2", "3"}) {
    hub.remove("cpu");
    hub.read("other", "9");
    hub.read("cpu", value);
    sub.wait_for_out("cpu " + value + "\n");
  }
  CHECK(sub.out() == "cpu 1\ncpu 2\ncpu 3\n");
}

TEST_CASE("A subscriber that was away resumes with the metric of that name as it is now",
          "[commands][sub][metric]") {
  RestartedHub hub;
  const TemporaryDirectory directory;
  const std::string place = "--cursor-file=" + directory.file("place");
  hub.read("cpu", "0");
  CHECK(start_sub(hub, {"-m", "cpu", place, "-C0"}).wait() == 0);
  hub.restart();
  hub.read("cpu", "1");
  hub.read("other", "9");
  auto sub = start_sub(hub, {"-m", "cpu", place, "-C2", kShown});
  CHECK(sub.wait() == 0);
  CHECK_THAT(sub.out(), Catch::EndsWith("cpu 1\n"));
}

TEST_CASE("The name of a reading's metric is in each form", "[commands][sub][metric]") {
  const RestartedHub hub;
  hub.read("disk free", "37.7");
  const auto shown = [&](const std::vector<std::string>& words) {
    auto all = words;
    all.insert(all.end(), {"--since=-1", "-C1"});
    auto sub = start_sub(hub, all);
    CHECK(sub.wait() == 0);
    return sub.out();
  };
  CHECK(shown({"-F", "%{metric|sh}"}) == "'disk free'\n");
  CHECK_THAT(shown({"-o", "json"}), Catch::Contains("\"metric\":\"disk free\",\"data\":{"));
  CHECK_THAT(shown({"-o", "tsv"}), Catch::EndsWith("}\tdisk free\n"));
  CHECK_THAT(shown({"-o", "pretty"}), Catch::EndsWith(" disk free 37.7\n"));
  CHECK_THAT(shown({"-o", "shell"}), Catch::Contains("SSE_EVENT_METRIC='disk free'"));
  CHECK(shown({"-x", "echo \"$SSE_EVENT_METRIC\""}) == "disk free\n");
  // What sse-sub prints can still be loaded.
  CHECK(run_pub(hub.url(), {"load", "-"}, shown({"-o", "json"})).status == 0);
}

TEST_CASE("An event without a metric has no name of one", "[commands][sub][metric]") {
  const RestartedHub hub;
  REQUIRE(run_pub(hub.url(), {"event", "-d", "x"}).status == 0);
  auto sub = start_sub(hub, {"--since=-1", "-C1", "-F", "[%{metric}]"});
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "[]\n");
}

/// Five readings of nn, each with another event behind it.
void publish_pairs(const RestartedHub& hub) {
  for (const char* value : {"1", "2", "3", "4", "5"}) {
    hub.read("nn", value);
    REQUIRE(run_pub(hub.url(), {"event", "-e", "other", "-d", value}).status == 0);
  }
}

TEST_CASE("The last N are of what matches", "[commands][sub][last]") {
  const RestartedHub hub;
  publish_pairs(hub);
  const auto last = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--no-follow", "-F", "%{data|json}%{/value}"});
    auto sub = start_sub(hub, words);
    CHECK(sub.wait() == 0);
    return lines_of(sub.out());
  };
  CHECK(last({"-m", "nn", "-n", "3"}) == 3);
  CHECK(last({"-m", "nn", "--since=-3"}) == 3);
  CHECK(last({"-e", "other", "-n", "2"}) == 2);
  CHECK(last({"-e", "other", "-n", "2", "--grep", "[123]"}) == 2);
  CHECK(last({"-E", "other", "-n", "4", "--where", "/value > 1"}) == 4);
  CHECK(last({"-e", "other", "-n", "3", "--since", "1h"}) == 3);
  CHECK(last({"-e", "other", "-n", "100"}) == 5);
  CHECK(last({"-n", "0"}) == 0);
  CHECK(last({"-n", "3", "-C", "2"}) == 2);
}

TEST_CASE("The last N are followed by what comes", "[commands][sub][last]") {
  const RestartedHub hub;
  publish_pairs(hub);
  auto sub = start_sub(hub, {"-e", "other", "-n", "2", "-C3"});
  sub.wait_for_out("4\n5\n");
  REQUIRE(run_pub(hub.url(), {"event", "-e", "other", "-d", "6"}).status == 0);
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "4\n5\n6\n");
}

TEST_CASE("Fewer than the last N are not a gap", "[commands][sub][last]") {
  const HubProgram hub({"--max-log-events=2"});
  for (const char* data : {"1", "2", "3", "4"}) {
    REQUIRE(run_pub(hub.url(), {"event", "-d", data}).status == 0);
  }
  Program sub({"sse-sub", hub.url(), "-n", "4", "--no-follow", "--on-gap=fail"});
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "3\n4\n");
  CHECK(sub.err().empty());
}

TEST_CASE("A position is kept behind the last N, and not before they are out",
          "[commands][sub][last]") {
  const RestartedHub hub;
  const TemporaryDirectory directory;
  publish_pairs(hub);
  const std::string place = "--cursor-file=" + directory.file("place");
  auto first = start_sub(hub, {place, "-e", "other", "-n", "2", "-C1"});
  CHECK(first.wait() == 0);
  CHECK(first.out() == "4\n");
  auto second = start_sub(hub, {place, "-e", "other", "-n", "2", "--no-follow"});
  CHECK(second.wait() == 0);
  CHECK(second.out() == "5\n");
}

TEST_CASE("The last N twice is a usage error", "[commands][sub][last]") {
  const RestartedHub hub;
  CHECK(start_sub(hub, {"-n", "3", "--since=-5"}).wait() == 64);
}

}  // namespace
}  // namespace sse::test
