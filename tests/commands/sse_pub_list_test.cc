// What a hub knows, by sse-pub list.

#include <string>
#include <vector>

#include "pub_stage.h"
#include "support/catch.h"

namespace sse::test {
namespace {

struct ListStage {
  HubProgram hub;

  ListStage() {
    const std::vector<std::string> events[] = {{"-e", "deploy", "-t", "ci/web", "-d", "1"},
                                               {"-e", "deploy", "-t", "ci/api", "-d", R"({"v":2})"},
                                               {"-e", "build", "-t", "ci/api", "-d", "two\nlines"},
                                               {"-d", "no topic"}};
    for (const auto& event : events) {
      std::vector<std::string> words{"event"};
      words.insert(words.end(), event.begin(), event.end());
      REQUIRE(run_pub(hub.url(), words).status == 0);
    }
    REQUIRE(run_pub(hub.url(), {"reading", "cpu", "3", "--create"}).status == 0);
  }

  std::string list(std::vector<std::string> words) const {
    words.insert(words.begin(), "list");
    const auto ran = run_pub(hub.url(), words);
    CHECK(ran.status == 0);
    return ran.out;
  }
};

TEST_CASE("Topics and types of what a hub keeps are listed by name", "[sse-pub][list]") {
  const ListStage stage;
  CHECK(stage.list({"topics"}) == "ci/api\nci/web\n");
  CHECK(stage.list({"types"}) ==
        "build\ndeploy\nmessage\nmetric_created\nmetric_reading_created\n");
  CHECK(stage.list({"metrics"}) == "cpu\n");
  CHECK(stage.list({}) == "cpu\n");
  CHECK(stage.list({"topics", "--since", "2261-01-01T00:00:00Z"}).empty());
  CHECK(stage.list({"topics", "--since", "1h"}) == "ci/api\nci/web\n");
}

TEST_CASE("A list of topics has the number of events and the newest one", "[sse-pub][list]") {
  const ListStage stage;
  const std::string tsv = stage.list({"topics", "-o", "tsv"});
  CHECK_THAT(tsv, Catch::StartsWith("ci/api\t2\t20") && Catch::Contains("Z\nci/web\t1\t20"));
  const std::string json = stage.list({"topics", "-o", "json"});
  CHECK_THAT(json, Catch::StartsWith(R"({"topic":"ci/api","events":2,"id":")"));
  CHECK_THAT(json, Catch::Contains(R"(Z","event":"build","data":"two\nlines"})"));
  CHECK_THAT(json, Catch::Contains(R"(Z","event":"deploy","data":1})"));
  CHECK_THAT(stage.list({"types", "-o", "json"}),
             Catch::Contains(R"(,"topic":"ci/api","data":{"v":2}})") &&
                 Catch::Contains(R"(,"topic":null,"data":"no topic"})"));
  CHECK_THAT(stage.list({"topics", "-o", "table"}), Catch::StartsWith("ci/api  2  "));
}

TEST_CASE("A list of topics takes as many pages as there are", "[sse-pub][list]") {
  const HubProgram hub;
  std::string lines;
  for (int i = 0; i < 25'000; ++i) {
    lines += R"({"type":"t","topic":"n/)" + std::to_string(i % 100) + "\",\"data\":0}\n";
  }
  REQUIRE(run_pub(hub.url(), {"load", "-"}, lines).status == 0);
  const auto ran = run_pub(hub.url(), {"list", "types", "-o", "tsv"});
  CHECK_THAT(ran.out, Catch::StartsWith("t\t25000\t"));
  const std::string topics = run_pub(hub.url(), {"list", "topics"}).out;
  CHECK(std::count(topics.begin(), topics.end(), '\n') == 100);
}

TEST_CASE("What can be listed is completed, and shown by --dry-run", "[sse-pub][list]") {
  CHECK(run_pub("", {"__complete", "list", ""}).out == "metrics\t\ntopics\t\ntypes\t\n");
  CHECK_THAT(run_pub("http://h", {"list", "topics", "--dry-run"}).out,
             Catch::Contains("/events?limit=10000&since=earliest"));
  CHECK(run_pub("", {"list", "everything"}).status == 64);
}

}  // namespace
}  // namespace sse::test
