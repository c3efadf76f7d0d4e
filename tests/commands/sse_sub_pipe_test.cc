// sse-sub at the ends and in the middle of pipes.

#include <signal.h>

#include "commands/sub_stage.h"
#include "support/catch.h"

using sse::test::HubStage;
using sse::test::Program;
using sse::test::read_text;
using sse::test::start_shell;
using sse::test::SubStage;
using sse::test::TemporaryDirectory;
using sse::test::write_text;

namespace {

/// sse-sub decoding `bytes` from stdin, to their end.
struct Decoded {
  int status = 0;
  std::string out;
  std::string err;
};

Decoded decode(const std::string& bytes, std::vector<std::string> options = {}) {
  options.insert(options.begin(), {"sse-sub", "-"});
  Program sub(options, {{}, true, {}});
  sub.write_stdin(bytes);
  sub.close_stdin();
  const int status = sub.wait();
  return {status, sub.out(), sub.err()};
}

std::string numbers(int from, int to) {
  std::string lines;
  for (int i = from; i <= to; ++i) lines += std::to_string(i) + "\n";
  return lines;
}

}  // namespace

TEST_CASE("jq sees each event when it happens", "[commands][sub][pipe]") {
  SubStage stage;
  auto shell = start_shell(stage, "$SUB -o json | jq --unbuffered .data.n");
  auto stream = stage.server.accept_stream("data: {\"n\":1}\n\n");
  shell.wait_for_out("1\n");
  stream.send("data: {\"n\":2}\n\ndata: {\"n\"");
  shell.wait_for_out("1\n2\n");
  stream.send(":3}\n\n");
  shell.wait_for_out("1\n2\n3\n");
  stream.close();
  stage.server.answer("204 No Content");
  CHECK(shell.wait() == 0);
}

TEST_CASE("A reader that has enough ends it, and its place is behind what was written",
          "[commands][sub][pipe]") {
  SubStage stage;
  auto shell = start_shell(stage, "$SUB --cursor-file place | head -3; echo ${PIPESTATUS[0]}");
  std::string events;
  for (int i = 1; i <= 100; ++i) {
    events += "id: " + std::to_string(i) + "\ndata: " + std::to_string(i) + "\n\n";
  }
  const auto stream = stage.server.accept_stream(events);
  CHECK(shell.wait() == 0);
  CHECK(shell.out() == "1\n2\n3\n141\n");
  // They went into the pipe in one piece; who wants the fourth next time says -C3.
  CHECK(read_text(stage.directory.file("place")).find("\nid 100\n") != std::string::npos);
}

TEST_CASE("A stdout that does not block loses nothing", "[commands][sub][pipe]") {
  SubStage stage;
  // The flag is of the pipe, which the next program shares.
  auto shell = start_shell(stage, R"({ perl -MFcntl -e 'fcntl(STDOUT, F_SETFL, O_NONBLOCK) or die';
                                       $SUB -C 20000; } | { sleep 0.2; sha1sum; })");
  std::string events;
  std::string expected;
  for (int i = 0; i < 20000; ++i) {
    const std::string text = std::to_string(i) + std::string(100, 'x');
    events += "data: " + text + "\n\n";
    expected += text + "\n";
  }
  const auto stream = stage.server.accept_stream(events);
  CHECK(shell.wait() == 0);
  write_text(stage.directory.file("expected"), expected);
  auto sum = start_shell(stage, "sha1sum <expected");
  CHECK(sum.wait() == 0);
  CHECK(shell.out() == sum.out());
  CHECK(shell.err().empty());
}

TEST_CASE("A closed stdout is 74, and no socket takes its number", "[commands][sub][pipe]") {
  SubStage stage;
  auto shell = start_shell(stage, "$SUB --cursor-file place >&-; echo $? >&2");
  const auto stream = stage.server.accept_stream("id: 1\ndata: a\n\n");
  CHECK(shell.wait() == 0);
  CHECK(shell.err() == "sse-sub: error: cannot write to stdout: Bad file descriptor\n74\n");
  CHECK(stream.is_closed_by_peer());
  CHECK(read_text(stage.directory.file("place")).empty());

  auto silent = start_shell(stage, "$SUB -o none -C1 >&- 2>&- <&-; echo $?");
  const auto next = stage.server.accept_stream("id: 1\ndata: a\n\n");
  CHECK(silent.wait() == 0);
  CHECK(silent.out() == "0\n");
}

TEST_CASE("stdin is never read unless it is asked for", "[commands][sub][pipe]") {
  SubStage stage;
  auto shell = start_shell(stage, R"(printf 'one\ntwo\n' | while read -r line; do
    $SUB -C1 -F "$line %{data}"; done)");
  for (const char* data : {"data: 1\n\n", "data: 2\n\n"}) stage.server.accept_stream(data);
  CHECK(shell.wait() == 0);
  CHECK(shell.out() == "one 1\ntwo 2\n");
}

TEST_CASE("A stream on stdin is decoded to its end", "[commands][sub][pipe]") {
  const auto all = decode(
      "retry: 5\n: hello\n\nid: 1\nevent: deploy\ndata: {\"n\":1}\r\n\r\n"
      "data: b\ndata: c\n\ndata: cut off",
      {"-o", "json"});
  CHECK(all.status == 0);
  CHECK(all.err.empty());
  CHECK(all.out ==
        "{\"id\":\"1\",\"event\":\"deploy\",\"topic\":null,\"data\":{\"n\":1},\"time\":null,"
        "\"replay\":false}\n"
        "{\"id\":\"1\",\"event\":\"message\",\"topic\":null,\"data\":\"b\\nc\",\"time\":null,"
        "\"replay\":false}\n");
  CHECK(decode("").status == 0);
  CHECK(decode("", {"--fail-if-none"}).status == 1);
  CHECK(decode("data: a\n\n", {"--no-follow"}).out == "a\n");
  CHECK(decode("data: a\n\ndata: b\n\n", {"-C1"}).out == "a\n");
  CHECK(decode("event: sse.gap\ndata: {\"missed\":2}\n\n", {"--on-gap=fail"}).status == 79);
}

TEST_CASE("A stream on stdin is filtered as a server does it", "[commands][sub][pipe]") {
  const std::string events =
      "event: deploy\ntopic: ci/api\ndata: 1\n\nevent: build\ntopic: ci/api\ndata: 2\n\n"
      "event: deploy\ntopic: other\ndata: 3\n\n";
  CHECK(decode(events, {"-e", "de*"}).out == "1\n3\n");
  CHECK(decode(events, {"-e", "de*", "-t", "ci/#"}).out == "1\n");
  CHECK(decode(events, {"-E", "build", "--where", "> 1"}).out == "3\n");
  const auto wrong = decode("", {"-t", "ci/"});
  CHECK(wrong.status == 64);
  CHECK(wrong.err.find("topic filter 'ci/'") != std::string::npos);
}

TEST_CASE("An event on stdin is shown when it comes", "[commands][sub][pipe]") {
  Program sub({"sse-sub", "-"}, {{}, true, {}});
  sub.write_stdin("data: a\n\ndata:");
  sub.wait_for_out("a\n");
  sub.write_stdin(" b\n\n");
  sub.wait_for_out("a\nb\n");
  sub.signal(SIGTERM);
  CHECK(sub.wait() == 128 + SIGTERM);
}

TEST_CASE("What only a server can do is not done with stdin", "[commands][sub][pipe]") {
  for (const char* option : {"--resume", "--cursor-file=f", "--since=5m", "-n3",
                             "--last-event-id=1", "-mcpu", "--wait-server"}) {
    CAPTURE(option);
    const auto refused = decode("data: a\n\n", {option});
    CHECK(refused.status == 64);
    CHECK(refused.err.find("needs a server") != std::string::npos);
  }
}

TEST_CASE("What a file says for servers does not stand in the way of stdin",
          "[commands][sub][pipe]") {
  const TemporaryDirectory directory;
  write_text(directory.file("config"),
             "[sub]\nresume = true\nsince = '5m'\nmetric = ['cpu']\nwait-server = true\n");
  Program sub({"sse-sub", "--config", directory.file("config"), "-"}, {{}, true, {}});
  sub.write_stdin("data: a\n\n");
  sub.close_stdin();
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "a\n");
}

TEST_CASE("A stdin that cannot be read is 66", "[commands][sub][pipe]") {
  SubStage stage;
  auto directory = start_shell(stage, "$SUB - <.; echo $?; $SUB - <&-; echo $?");
  CHECK(directory.wait() == 0);
  CHECK(directory.out() == "66\n66\n");
  CHECK(directory.err().find("cannot read stdin: Is a directory") != std::string::npos);
}

TEST_CASE("A stream goes through a pipe unchanged", "[commands][sub][pipe]") {
  const std::string events =
      "id: 1\ndata: {\"value\":1.50}\n\n"
      "id: 2\nevent: deploy\ntopic: ci/api\ndata: two\ndata: \ndata: lines\ndata: \n\n"
      "id: 3\ndata: \n\n";
  CHECK(decode(events, {"-o", "sse"}).out == events);
}

TEST_CASE("curl and sse-sub decode the same hub alike", "[commands][sub][pipe]") {
  const HubStage stage;
  stage.publish_numbers(1, 50);
  auto shell = Program(
      {"bash", "-c",
       "curl -sN \"$HUB/events/watch?since=earliest\" | \"$SUB\" - -C50 --status=text 2>status"},
      {{"HUB=" + stage.hub.url(), "SUB=" + sse::test::program_path("sse-sub")},
       false,
       stage.directory.path()});
  CHECK(shell.wait() == 0);
  CHECK(shell.out() == numbers(1, 50));
}
