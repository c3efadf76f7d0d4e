// sse-sub --to: each event at another hub, once.

#include <signal.h>

#include <algorithm>
#include <set>
#include <string>

#include "commands/sub_stage.h"
#include "support/catch.h"
#include "support/scripted_http.h"

using sse::test::answer;
using sse::test::HubProgram;
using sse::test::HubStage;
using sse::test::request;
using sse::test::ScriptedAnswer;
using sse::test::ScriptedHttp;
using sse::test::SubStage;

namespace {

constexpr const char* kThree =
    "id: 1\nevent: note\ntopic: a/b\ndata: one\ndata: two\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n";

std::string header_of(const std::string& request, const std::string& name) {
  const auto at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return request.substr(begin, request.find('\r', begin) - begin);
}

}  // namespace

TEST_CASE("Each event is published as it is, under a key made from its id",
          "[commands][sub][relay]") {
  SubStage stage;
  const ScriptedHttp target({answer(201, "{}")});
  for (int round = 0; round < 2; ++round) {
    auto sub = stage.start({"-C3", "--to", target.url()});
    const auto stream = stage.server.accept_stream(kThree);
    CHECK(sub.wait() == 0);
    CHECK(sub.out().empty());
  }
  const auto requests = target.requests();
  REQUIRE(requests.size() == 6);
  CHECK_THAT(requests[0], Catch::StartsWith("POST /events HTTP/1.1\r\n"));
  CHECK_THAT(requests[0], Catch::EndsWith(R"({"type":"note","topic":"a/b","data":"one\ntwo"})"));
  CHECK_THAT(requests[1], Catch::EndsWith(R"({"data":"b"})"));
  std::set<std::string> keys;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto key = header_of(requests[i], "Idempotency-Key");
    CHECK_THAT(key, Catch::StartsWith("\"sse-sub."));
    CHECK(header_of(requests[i + 3], "Idempotency-Key") == key);
    keys.insert(key);
  }
  CHECK(keys.size() == 3);
}

TEST_CASE("Secrets of the source stay there, and the target has its own",
          "[commands][sub][relay]") {
  SubStage stage;
  stage.environment.emplace_back("SSE_TOKEN=source");
  stage.environment.emplace_back("SSE_TO_TOKEN=target");
  sse::test::write_text(stage.directory.file("token"), "file\n");
  for (const auto& [option, token] :
       {std::pair<std::string, std::string>{"", "target"}, {"--to-token-file=token", "file"}}) {
    const ScriptedHttp target({answer(201, "{}")});
    std::vector<std::string> options{"-C1", "-H", "X-Key: k", "--to", target.url()};
    if (!option.empty()) options.push_back(option);
    auto sub = stage.start(options);
    const auto stream = stage.server.accept_stream(kThree);
    CHECK(stream.header("Authorization") == "Bearer source");
    CHECK(stream.header("X-Key") == "k");
    CHECK(sub.wait() == 0);
    CHECK(header_of(target.requests().at(0), "Authorization") == "Bearer " + token);
    CHECK(header_of(target.requests().at(0), "X-Key").empty());
  }
}

TEST_CASE("The place moves when the target has accepted", "[commands][sub][relay]") {
  SubStage stage;
  const ScriptedHttp target({answer(201, "{}"), answer(422, R"({"error":"not this one"})")});
  auto sub = stage.start({"--to", target.url(), "--cursor-file=place"});
  const auto stream = stage.server.accept_stream(kThree);
  CHECK(sub.wait() == 65);
  CHECK_THAT(sub.err(),
             Catch::Contains("--to: not this one; the position stays before this event"));
  const ScriptedHttp mended({answer(201, "{}")});
  auto again = stage.start({"--to", mended.url(), "--cursor-file=place", "-C1"});
  CHECK(stage.server.accept_stream("id: 2\ndata: b\n\n").header("Last-Event-ID") == "1");
  CHECK(again.wait() == 0);
  CHECK_THAT(mended.requests().at(0), Catch::EndsWith(R"({"data":"b"})"));
}

TEST_CASE("A target that is away is waited for, once it has accepted an event",
          "[commands][sub][relay]") {
  SubStage stage;
  auto refused = stage.start(
      {"--to", "127.0.0.1:" + std::to_string(sse::test::closed_port()), "--connect-timeout=1s"});
  const auto first = stage.server.accept_stream(kThree);
  CHECK(refused.wait() == 69);

  // More refusals than one request is tried again for; the last answer is for all that follow.
  std::vector<ScriptedAnswer> script{answer(201, "{}")};
  for (int i = 0; i < 8; ++i) script.push_back(answer(500, "{}"));
  script.push_back(answer(201, "{}"));
  const ScriptedHttp target(script);
  auto sub = stage.start({"-C3", "--to", target.url()});
  const auto second = stage.server.accept_stream(kThree);
  CHECK(sub.wait() == 0);
  const auto requests = target.requests();
  REQUIRE(requests.size() == 11);
  for (std::size_t i = 2; i < 10; ++i) CHECK(requests[i] == requests[1]);
}

TEST_CASE("A stop ends the wait for a target", "[commands][sub][relay]") {
  SubStage stage;
  const ScriptedHttp target({answer(201, "{}"), answer(503, "{}", "Retry-After: 5\r\n")});
  auto sub = stage.start({"--to", target.url(), "-v", "--cursor-file=place"});
  const auto stream = stage.server.accept_stream(kThree);
  sub.wait_for_err("trying again in");
  sub.signal(SIGTERM);
  CHECK(sub.wait() == 128 + SIGTERM);
  CHECK(target.requests().size() == 2);
  auto shown = stage.start({"--show-cursor", "--cursor-file=place"});
  CHECK(shown.wait() == 0);
  CHECK_THAT(shown.out(), Catch::Contains("id 1\n"));
}

TEST_CASE("A hub takes what another one has, and nothing twice", "[commands][sub][relay]") {
  HubStage from;
  HubProgram to;
  const auto made =
      request(from.hub.port(), "POST", "/metrics", R"({"name":"cpu","input_frequency":"1s"})");
  REQUIRE(made.status == 201);
  const auto id = made.body.substr(made.body.find("\"id\":\"") + 6, 36);
  REQUIRE(request(from.hub.port(), "POST", "/metrics/readings",
                  R"({"metric_id":")" + id + R"(","value":3})")
              .status == 201);
  from.publish(R"({"type":"note","topic":"a/b","data":{"n":1}})");
  for (int round = 0; round < 2; ++round) {
    auto sub = from.subscribe({"--since=earliest", "--no-follow", "--to", to.url()});
    CHECK(sub.wait() == 0);
  }
  sse::test::Program read(
      {"sse-sub", to.url(), "--since=earliest", "--no-follow", "-F", "%{event} %{data}"});
  CHECK(read.wait() == 0);
  CHECK(std::count(read.out().begin(), read.out().end(), '\n') == 3);
  CHECK_THAT(read.out(), Catch::StartsWith("metric_created ") &&
                             Catch::Contains("\nmetric_reading_created ") &&
                             Catch::EndsWith("\nnote {\"n\":1}\n"));
  sse::test::Program metric(
      {"sse-sub", to.url(), "--since=earliest", "--no-follow", "-m", id, "-F", "%{event}"});
  CHECK(metric.wait() == 0);
  CHECK(metric.out() == "metric_created\nmetric_reading_created\n");
}

TEST_CASE("What makes no sense with --to is refused", "[commands][sub][relay]") {
  SubStage stage;
  const std::vector<std::string> rows[] = {{"--to", stage.server.url() + "/x"},
                                           {"--to", "ftp://hub"},
                                           {"--to", ":1", "-x", "true"},
                                           {"--to", ":1", "-F", "%{id}"},
                                           {"--to", ":1", "--", "true"}};
  for (const auto& row : rows) CHECK(stage.start(row).wait() == 64);
}
