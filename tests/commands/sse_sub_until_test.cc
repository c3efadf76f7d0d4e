// Streams with an end: --until-type, and the position that says so.

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "commands/sub_stage.h"
#include "support/catch.h"

using sse::test::HubStage;
using sse::test::Program;
using sse::test::read_text;
using sse::test::SubStage;

namespace {

constexpr char kFirst[] = "01890000-0000-7000-8000-000000000001";
constexpr char kLast[] = "01890000-0000-7000-8000-000000000002";

std::string block(const std::string& id, const std::string& type, const std::string& data) {
  return "id: " + id + "\nevent: " + type + "\ndata: " + data + "\n\n";
}

void publish(const HubStage& stage, const std::string& type, const std::string& data) {
  stage.publish(R"({"type":")" + type + R"(","topic":"jobs/42","data":")" + data + "\"}");
}

/// The place that a run of sse-sub has left.
std::string place(const HubStage& stage) {
  auto shown = stage.subscribe({"--cursor-file=place", "--show-cursor", "-o", "json"});
  CHECK(shown.wait() == 0);
  return shown.out();
}

}  // namespace

TEST_CASE("A reader of a stream with an end prints all of it, ends with 0, and stays at the end",
          "[commands][sub][until]") {
  HubStage stage;
  publish(stage, "piece", "one");
  publish(stage, "done", "end");
  publish(stage, "piece", "later");
  const std::vector<std::string> options{"--since=earliest", "-tjobs/42", "--until-type=done",
                                         "--cursor-file=place"};
  auto first = stage.subscribe(options);
  CHECK(first.wait() == 0);
  CHECK(first.out() == "one\nend\n");
  CHECK(place(stage).find("/done\"") != std::string::npos);
  stage.hub.program().signal(SIGKILL);
  auto again = stage.subscribe(options);
  CHECK(again.wait() == 0);
  CHECK(again.out().empty());
  CHECK(again.err().empty());
}

TEST_CASE("The last events of a stream with an end stay at the end, too",
          "[commands][sub][until]") {
  HubStage stage;
  publish(stage, "piece", "one");
  publish(stage, "piece", "two");
  publish(stage, "done", "end");
  const std::vector<std::string> options{"-n2", "--no-follow", "-tjobs/42", "--until-type=done",
                                         "--cursor-file=place"};
  auto sub = stage.subscribe(options);
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "two\nend\n");
  CHECK(place(stage).find("/done\"") != std::string::npos);
}

TEST_CASE("The end is waited for, over a stop in the middle", "[commands][sub][until]") {
  const HubStage stage;
  const std::vector<std::string> options{"--since=earliest", "--until-type=do?e",
                                         "--cursor-file=place"};
  auto first = stage.subscribe(options);
  publish(stage, "piece", "one");
  first.wait_for_out("one\n");
  first.signal(SIGTERM);
  CHECK(first.wait() == 128 + SIGTERM);
  publish(stage, "piece", "two");
  auto rest = stage.subscribe(options);
  rest.wait_for_out("two\n");
  publish(stage, "done", "end");
  CHECK(rest.wait() == 0);
  CHECK(rest.out() == "two\nend\n");
}

TEST_CASE("The types that end a stream pass --type, and the hub is asked for both",
          "[commands][sub][until]") {
  SubStage stage;
  auto sub = stage.start(
      {"-epiece", "--until-type=done", "--until-type=fail*", "--since=each", "--every=500ms"});
  const auto stream = stage.server.accept_stream(block(kFirst, "done", "x"));
  CHECK(stream.target() ==
        "/events/watch?type=piece&type=done&type=fail%2A&until_type=done&until_type=fail%2A"
        "&since=each&every=500ms");
  CHECK(sub.wait() == 0);
}

TEST_CASE("A hub that does not know of ends is left at the event that is one",
          "[commands][sub][until]") {
  SubStage stage;
  auto sub = stage.start({"--until-type=done", "--cursor-file=place", "-ojson"});
  const auto stream = stage.server.accept_stream(
      block(kFirst, "piece", "1") + block(kLast, "done", "2") + block(kFirst, "piece", "3"));
  CHECK(sub.wait() == 0);
  CHECK(sub.out().find(R"("data":3)") == std::string::npos);
  CHECK(sub.out().find(R"("id":")" + std::string(kLast) + "\"") != std::string::npos);
  CHECK(read_text(stage.directory.file("place")).find(std::string(kLast) + "%2Fdone\n") !=
        std::string::npos);
}

TEST_CASE("The id of the last event is shown without its end", "[commands][sub][until]") {
  SubStage stage;
  // The URL says where the end is, and the program is not told.
  auto sub =
      stage.start({stage.server.url() + "/x?until_type=done", "--cursor-file=place", "-ojson"});
  const auto stream = stage.server.accept_stream(
      "id: " + std::string(kLast) + "\nevent: done\ndata: 2\nid: " + kLast + "/done\n\n");
  CHECK(sub.wait() == 0);
  CHECK(sub.out().find(R"("id":")" + std::string(kLast) + "\"") != std::string::npos);
  CHECK(sub.out().find("/done") == std::string::npos);
  CHECK(read_text(stage.directory.file("place")).find(std::string(kLast) + "%2Fdone\n") !=
        std::string::npos);
}

TEST_CASE("Another server's ids may end in /done", "[commands][sub][until]") {
  SubStage stage;
  auto sub = stage.start({"--until-type=done", "--cursor-file=place"});
  {
    const auto stream = stage.server.accept_stream(block("tasks/done", "piece", "1") +
                                                   block("tasks/7", "done", "2"));
    CHECK(sub.wait() == 0);
  }
  CHECK(sub.out() == "1\n2\n");
  auto next = stage.start({"--until-type=done", "--cursor-file=place"});
  const auto stream = stage.server.accept_stream(block("tasks/8", "done", "3"));
  CHECK(stream.header("Last-Event-ID") == "tasks/7");
  CHECK(next.wait() == 0);
}

TEST_CASE("An end that is said with an id alone is asked about once more",
          "[commands][sub][until]") {
  SubStage stage;
  auto sub = stage.start({"--cursor-file=place"});
  const std::string done = std::string(kLast) + "/done";
  stage.server.accept_stream(block(kLast, "done", "2") + "id: " + done +
                             "\n\nretry: 1\nevent: sse.closing\ndata: {\"reason\":\"done\"}\n\n");
  const auto asked = stage.server.accept();
  CHECK(asked.header("Last-Event-ID") == done);
  asked.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "2\n");
}

TEST_CASE("Whatever becomes of the last event, the stream ends there", "[commands][sub][until]") {
  const HubStage stage;
  publish(stage, "piece", "1");
  publish(stage, "piece", "2");
  publish(stage, "done", "3");
  publish(stage, "piece", "4");
  const auto ends = [&](std::vector<std::string> options) {
    options.insert(options.end(), {"--since=earliest", "--until-type=done", "--cursor-file=place",
                                   "--reset-cursor"});
    auto sub = stage.subscribe(std::move(options));
    CHECK(sub.wait() == 0);
    CHECK(place(stage).find("/done\"") != std::string::npos);
    return sub.out();
  };
  CHECK(ends({"--exclude=done"}) == "1\n2\n");
  CHECK(ends({"--where", "== 1"}) == "1\n");
  CHECK(ends({"-n2"}) == "2\n3\n");
  CHECK(ends({"-n9", "--exclude=done"}) == "1\n2\n");
  CHECK(ends({"-C3"}) == "1\n2\n3\n");
  CHECK(ends({"-x", "cat"}) == "1\n2\n3\n");
  CHECK(ends({"-x", "cat", "--commit=before"}) == "1\n2\n3\n");
  CHECK(ends({"--commit=before"}) == "1\n2\n3\n");
}

TEST_CASE("A stream on stdin ends at a type as well", "[commands][sub][until]") {
  const SubStage stage;
  auto sub = start_shell(stage,
                         "printf 'event: a\\ndata: 1\\n\\nevent: b\\ndata: 2\\n\\nevent: a\\n"
                         "data: 3\\n\\n' | \"$SUB\" - --until-type b");
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "1\n2\n");
}

TEST_CASE("Of a metric that is not there, the hub is not told where the stream ends",
          "[commands][sub][until]") {
  const HubStage stage;
  const auto create = [&](const std::string& name) {
    const auto made = sse::test::request(stage.hub.port(), "POST", "/metrics",
                                         R"({"name":")" + name + R"(","input_frequency":"1s"})");
    REQUIRE(made.status == 201);
    return made.body.substr(made.body.find("\"id\":\"") + 6, 36);
  };
  const auto remove = [&](const std::string& id) {
    CHECK(sse::test::request(stage.hub.port(), "DELETE", "/metrics/" + id, "").status == 204);
  };
  const auto first = create("cpu");
  auto sub = stage.subscribe(
      {"-mcpu", "--until-type=metric_reading_created", "--ready-file=ready", "-F%{event}"});
  sse::test::wait_until([&] { return !read_text(stage.directory.file("ready")).empty(); },
                        "the stream to be open");
  remove(first);
  sub.wait_for_out("metric_deleted\n");
  const auto record = [&](const std::string& id) {
    CHECK(sse::test::request(stage.hub.port(), "POST", "/metrics/readings",
                             R"({"metric_id":")" + id + R"(","value":1})")
              .status == 201);
  };
  record(create("other"));
  record(create("cpu"));
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "metric_deleted\nmetric_created\nmetric_reading_created\n");
}

TEST_CASE("What --until-type and --every take is checked before the hub is asked",
          "[commands][sub][until]") {
  const SubStage stage;
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"--until-type="},
                                                {"--every=often"},
                                                {"--every=0s"},
                                                {"--since=eac"},
                                                {"-", "--every=1s"}}) {
    CAPTURE(wrong);
    auto sub = stage.start(wrong);
    CHECK(sub.wait() == 64);
  }
}

namespace {

/// examples/token-stream.sh, with a hub, a writer and readers that are stopped.
struct TokenStage : HubStage {
  struct Reader {
    std::unique_ptr<Program> run;
    std::string text;  // of all runs
    int stops = 0;
    int status = -1;
  };

  Program::Options options(bool stdin_pipe) const {
    return {{"SSE_URL=" + hub.url(), "PATH=" + sse::test::program_path("") + ":/usr/bin:/bin"},
            stdin_pipe,
            directory.path()};
  }
  std::string ready_file(std::size_t index) const {
    return directory.file("ready" + std::to_string(index));
  }

  void start(std::size_t index) {
    std::remove(ready_file(index).c_str());
    const std::vector<std::string> words{kExample, "read", "42",
                                         "--cursor-file=reader" + std::to_string(index),
                                         "--ready-file=" + ready_file(index)};
    readers[index].run = std::make_unique<Program>(words, options(false));
  }
  void finish(std::size_t index) {
    Reader& reader = readers[index];
    reader.status = reader.run->wait();
    reader.text += reader.run->out();
    reader.run.reset();
  }
  /// Not before its stream is open: a program that has only begun has no handler for the signal.
  void stop(std::size_t index) {
    Reader& reader = readers[index];
    sse::test::wait_until(
        [&] { return reader.run->has_ended() || ::access(ready_file(index).c_str(), F_OK) == 0; },
        "the stream to be open");
    reader.run->signal(SIGTERM);
    finish(index);
    ++reader.stops;
  }

  inline static const std::string kExample =
      std::string(SSE_SOURCE_DIR) + "/examples/token-stream.sh";
  std::vector<Reader> readers{10};
  Program writer{{kExample, "write", "42", "--batch=5,1ms"}, options(true)};
};

}  // namespace

TEST_CASE("Ten readers of a token stream, stopped at random places, each print the text once",
          "[commands][sub][until]") {
  TokenStage stage;
  auto& readers = stage.readers;
  std::mt19937 random(Catch::rngSeed());
  std::string text;
  for (int piece = 0; piece < 500; ++piece) text += "piece " + std::to_string(piece) + "\n";
  // Half of the readers are there from the start, others come later, and the last after the end.
  for (std::size_t i = 0; i < readers.size() / 2; ++i) stage.start(i);
  constexpr std::size_t kRounds = 40;
  for (std::size_t round = 0; round < kRounds; ++round) {
    const std::size_t from = text.size() * round / kRounds;
    stage.writer.write_stdin(text.substr(from, text.size() * (round + 1) / kRounds - from));
    const std::size_t i = random() % readers.size();
    if (readers[i].run != nullptr) {
      stage.stop(i);
      if (random() % 3 > 0) stage.start(i);
    } else if (round > kRounds / 4 && i + 2 < readers.size()) {
      stage.start(i);
    }
  }
  stage.writer.close_stdin();
  CHECK(stage.writer.wait() == 0);
  int stops = 0;
  for (std::size_t i = 0; i < readers.size(); ++i) {
    CAPTURE(i, readers[i].stops);
    if (readers[i].run == nullptr) stage.start(i);
    stage.finish(i);
    CHECK(readers[i].status == 0);
    CHECK(readers[i].text == text);
    stops += readers[i].stops;
    stage.start(i);  // it is over for good
    stage.finish(i);
    CHECK(readers[i].status == 0);
    CHECK(readers[i].text == text);
  }
  CHECK(stops > 5);
}
