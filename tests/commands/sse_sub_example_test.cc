// The examples that people copy, as they are.

#include "commands/sub_stage.h"
#include "support/catch.h"

using sse::test::HubStage;
using sse::test::Program;
using sse::test::read_text;

namespace {

struct ExampleStage : HubStage {
  /// `arguments[0]` is a file of examples/.
  Program run(std::vector<std::string> arguments) const {
    arguments[0] = SSE_SOURCE_DIR "/examples/" + arguments[0];
    return start(arguments);
  }
  /// A shell, with the examples' directory as $0.
  Program shell(const std::string& script) const {
    return start({"bash", "-c", script, SSE_SOURCE_DIR "/examples"});
  }

 private:
  Program start(const std::vector<std::string>& arguments) const {
    const std::string programs = sse::test::program_path("");
    return Program(arguments, {{"SSE_URL=" + hub.url(), "SSE_STATE_DIR=" + directory.path(),
                                "PATH=" + programs + ":/usr/bin:/bin"},
                               false,
                               directory.path()});
  }
};

}  // namespace

TEST_CASE("The alert example tells of readings above the limit", "[commands][sub][example]") {
  const ExampleStage stage;
  const auto made = sse::test::request(stage.hub.port(), "POST", "/metrics",
                                       R"({"name":"cpu load","input_frequency":"1s"})");
  REQUIRE(made.status == 201);
  const auto id = made.body.substr(made.body.find("\"id\":\"") + 6, 36);
  for (const char* value : {"50", "90", "95.50", "9", "91"}) {
    CHECK(sse::test::request(stage.hub.port(), "POST", "/metrics/readings",
                             R"({"metric_id":")" + id + R"(","value":)" + value + "}")
              .status == 201);
  }
  auto alert = stage.run({"alert.sh", "cpu load", "90", "--since=earliest", "-C2"});
  CHECK(alert.wait() == 0);
  CHECK(alert.out() == "cpu load is 95.5, above 90\ncpu load is 91, above 90\n");
  auto events =
      stage.subscribe({"-ealert", "--since=earliest", "--no-follow", "-F", "%{topic}: %{data}"});
  CHECK(events.wait() == 0);
  CHECK(events.out() ==
        "alerts/cpu load: cpu load is 95.5, above 90\nalerts/cpu load: cpu load is 91, above 90\n");
  auto usage = stage.run({"alert.sh"});
  CHECK(usage.wait() == 64);
}

TEST_CASE("The token stream example gives early and late readers the whole output, and its end",
          "[commands][sub][example]") {
  const ExampleStage stage;
  auto early = stage.run({"token-stream.sh", "read", "42"});
  auto writer = stage.shell(R"(printf 'one\ntwo\n' | "$0/token-stream.sh" write 42)");
  CHECK(writer.wait() == 0);
  CHECK(early.wait() == 0);
  CHECK(early.out() == "one\ntwo\n");
  auto late = stage.run({"token-stream.sh", "read", "42", "-0"});
  CHECK(late.wait() == 0);
  CHECK(late.out() == std::string("one\0two\0", 8));
  auto usage = stage.run({"token-stream.sh", "listen", "42"});
  CHECK(usage.wait() == 64);
}

TEST_CASE("The work queue example does each job once, and goes on after a failure",
          "[commands][sub][example]") {
  const ExampleStage stage;
  for (int job = 1; job <= 4; ++job) {
    stage.publish(R"({"type":"job","data":{"n":)" + std::to_string(job) + "}}");
  }
  // The third job fails for good; the worker's operator mends it.
  const std::string command =
      "n=$(jq .n); test $n != 3 || test -e mended || exit 1; echo $n >>done";
  auto worker = stage.run({"work-queue.sh", command, "--exec-retries=0"});
  CHECK(worker.wait() == 1);
  CHECK(read_text(stage.directory.file("done")) == "1\n2\n");
  sse::test::write_text(stage.directory.file("mended"), "");
  auto again = stage.run({"work-queue.sh", command, "-C2"});
  CHECK(again.wait() == 0);
  CHECK(read_text(stage.directory.file("done")) == "1\n2\n3\n4\n");
  auto usage = stage.run({"work-queue.sh"});
  CHECK(usage.wait() == 64);
}
