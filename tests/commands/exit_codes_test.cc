// Each row of the table of exit codes, by a real program.

#include <csignal>
#include <functional>
#include <map>

#include "cli/exit_code.h"
#include "commands/sub_stage.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/scripted_http.h"

namespace sse::test {
namespace {

using cli::ExitCode;
using Words = std::vector<std::string>;

int run(const Words& words) {
  return Program(words).wait();
}

/// sse-sub when the server's only answer is this.
int follow(std::string_view status, std::string_view headers = {}) {
  const SubStage stage;
  auto sub = stage.start({});
  stage.server.answer(status, headers);
  return sub.wait();
}

/// sse-sub with these options, on a stream of these bytes.
int follow_stream(const Words& options, std::string_view bytes) {
  const SubStage stage;
  auto sub = stage.start(options);
  const auto stream = stage.server.accept_stream(bytes);
  return sub.wait();
}

/// sse-pub when the hub answers everything so.
int publish(const ScriptedAnswer& answered, Words words = {"event", "-d", "x"}) {
  const ScriptedHttp hub({answered});
  words.insert(words.begin(), "sse-pub");
  words.emplace_back("--retries=0");
  return Program(words, {{"SSE_URL=" + hub.url()}, false, ""}).wait();
}

int publish_bad_line() {
  const ScriptedHttp hub({answer(200, "[]")});
  Program program({"sse-pub", "reading", "-l"}, {{"SSE_URL=" + hub.url()}, true, ""});
  program.write_stdin("nonsense\n");
  program.close_stdin();
  return program.wait();
}

/// `program` with a configuration file that is larger than the memory it may have.
Program start_without_memory(const std::string& program, const TemporaryDirectory& directory) {
  write_text(directory.file("large"), "");
  std::filesystem::resize_file(directory.file("large"), std::uintmax_t{200} << 20U);
  return Program({"bash", "-c",
                  "ulimit -v 300000; exec " + program_path(program) + " --config " +
                      directory.file("large") + (program == "sse-pub" ? " list" : "")});
}

int run_without_memory() {
  const TemporaryDirectory directory;
  return start_without_memory("sse-pub", directory).wait();
}

int with_full_stdout() {
  const SubStage stage;
  auto shell = start_shell(stage, "exec $SUB >/dev/full");
  const auto stream = stage.server.accept_stream("data: a\n\n");
  return shell.wait();
}

/// How a program comes to end with each code.
const std::map<ExitCode, std::function<int()>>& rows() {
  static const std::map<ExitCode, std::function<int()>> kRows{
      {ExitCode::kDone, [] { return follow("204 No Content"); }},
      {ExitCode::kNotAsWanted, publish_bad_line},
      {ExitCode::kUsage,
       [] {
         return run({"sse-serve", "--prot", "1"});
       }},
      {ExitCode::kBadInput, [] { return publish(answer(400, "{}")); }},
      {ExitCode::kNoInput,
       [] {
         return run({"sse-pub", "event", "-f", "/nonexistent/file"});
       }},
      {ExitCode::kNoHost,
       [] {
         return run({"sse-sub", "http://name.invalid"});
       }},
      {ExitCode::kUnavailable, [] { return publish(answer(500, "{}")); }},
      {ExitCode::kInternal, run_without_memory},
      {ExitCode::kCannotCreate,
       [] {
         return follow_stream({"--ready-file", "/dev/null/ready"}, "");
       }},
      {ExitCode::kOutputFailed, with_full_stdout},
      {ExitCode::kTryLater, [] { return publish(answer(429, "{}")); }},
      {ExitCode::kProtocol, [] { return follow("200 OK", "Content-Type: text/html\r\n"); }},
      {ExitCode::kNotAllowed, [] { return follow("401 Unauthorized"); }},
      {ExitCode::kConfig,
       [] {
         return run({"sse-sub", "--config", "/nonexistent/file"});
       }},
      {ExitCode::kGap,
       [] {
         return follow_stream({"--on-gap", "fail", "--last-event-id", "1"},
                              "event: sse.gap\ndata: {\"requested\":\"1\",\"oldest\":null,"
                              "\"missed\":null,\"reason\":\"unknown\"}\n\n");
       }},
      {ExitCode::kTimeout,
       [] {
         return run({"sse-sub", "-W50ms", "--wait-server", "--retry-min=1h", "http://127.0.0.1:1"});
       }},
      {ExitCode::kCannotRun,
       [] {
         return run({"sse-serve", "--port", "0", "--", "/"});
       }},
      {ExitCode::kCommandNotFound,
       [] {
         return run({"sse-serve", "--port", "0", "--", "/nonexistent/command"});
       }},
  };
  return kRows;
}

bool is_sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;  // its shadow memory is larger than any limit
#else
  return false;
#endif
}

TEST_CASE("Each row of the table of exit codes happens", "[commands][exit]") {
  for (const auto& meaning : cli::kExitTable) {
    CAPTURE(meaning.text);
    const auto row = rows().find(meaning.code);
    REQUIRE(row != rows().end());
    if (meaning.code == ExitCode::kInternal && is_sanitized()) continue;
    CHECK(row->second() == cli::status(meaning.code));
  }
}

TEST_CASE("An unexpected failure is 70 and a line on stderr, whichever program it is",
          "[commands][exit]") {
  if (is_sanitized()) return;
  for (const std::string name : {"sse-serve", "sse-pub", "sse-sub"}) {
    const TemporaryDirectory directory;
    auto program = start_without_memory(name, directory);
    CHECK(program.wait() == cli::status(ExitCode::kInternal));
    CHECK(program.err() == name + ": internal error: out of memory\n");
    CHECK(program.out().empty());
  }
}

TEST_CASE("A program that a signal kills is seen to be killed by it", "[commands][exit]") {
  const SubStage stage;
  auto sub = stage.start({});
  const auto stream = stage.server.accept_stream("data: a\n\n");
  sub.wait_for_out("a\n");
  sub.signal(SIGTERM);
  CHECK(sub.wait() == 128 + SIGTERM);
}

TEST_CASE("A token file is the same for both that send one", "[commands][headers]") {
  const TemporaryDirectory directory;
  write_text(directory.file("token"), "secret\n");
  const ScriptedHttp hub({answer(201, "{}")});
  Program publish({"sse-pub", "event", "-d", "x", "--token-file", directory.file("token")},
                  {{"SSE_URL=" + hub.url()}, false, ""});
  CHECK(publish.wait() == 0);
  CHECK(hub.requests().front().find("Authorization: Bearer secret\r\n") != std::string::npos);
  const SubStage stage;
  auto sub = stage.start({"-C0", "--token-file", directory.file("token")});
  const auto stream = stage.server.accept_stream();
  CHECK(stream.header("Authorization") == "Bearer secret");
  CHECK(sub.wait() == 0);
  CHECK(run({"sse-sub", "--token-file", "/nonexistent/token"}) == 66);
}

TEST_CASE("Messages are text or JSON, on stderr", "[commands]") {
  for (const Words& words :
       {Words{"sse-pub", "event", "-d", "x", "--retries=0"}, Words{"sse-sub"}}) {
    Words json = words;
    json.insert(json.end(), {"--url", "http://127.0.0.1:1", "--log-format", "json"});
    Program program(json);
    CHECK(program.wait() == 69);
    CHECK(program.out().empty());
    CHECK_THAT(program.err(), Catch::StartsWith("{\"time\":\"") && Catch::EndsWith("\"}\n") &&
                                  Catch::Contains("\"program\":\"" + words.front() + "\""));
  }
}

TEST_CASE("What cannot be written to stdout is 74 in each program", "[commands][exit]") {
  for (const std::string words :
       {"sse-serve --help", "sse-serve --version", "sse-serve --show-config", "sse-sub --help",
        "sse-pub --version", "sse-serve -q --port 0 --print-url -- true"}) {
    const auto name = words.substr(0, words.find(' '));
    Program program({"bash", "-c", program_path(name) + words.substr(name.size()) + " >/dev/full"});
    CAPTURE(words);
    CHECK(program.wait() == 74);
    CHECK_FALSE(program.err().empty());
  }
}

TEST_CASE("Help is not wider than 80 where there is no terminal", "[commands][help]") {
  for (const std::string name : {"sse-serve", "sse-sub"}) {
    Program program({name, "--help"});
    REQUIRE(program.wait() == 0);
    const std::string text = program.out().substr(0, program.out().find("Examples:"));
    std::size_t longest = 0;
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos;
         at = end + 1) {
      longest = std::max(longest, end - at);
    }
    CHECK(longest <= 80);
  }
}

}  // namespace
}  // namespace sse::test
