// sse-pub load: what a file holds arrives once, and what is bad is kept apart.

#include <csignal>

#include "pub_lines.h"
#include "support/scripted_http.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

TEST_CASE("A compressed input is told to be one, once", "[sse-pub][load]") {
  for (const std::string start : {"\x1F\x8B\x08", "\xFD\x37zXZ", "\x28\xB5\x2F\xFD"}) {
    for (const auto& words :
         std::vector<std::vector<std::string>>{{"load", "-"}, {"event", "-l"}}) {
      const auto ran = run_pub("127.0.0.1:1", words, start + "\n\xFF\n");
      CHECK(ran.status == 66);
      CHECK(ran.err ==
            "sse-pub: error: cannot read the input: it looks compressed: zcat FILE | sse-pub load "
            "-\n");
    }
  }
}

TEST_CASE("Of many lines with bad ones among them every good one arrives once", "[sse-pub][load]") {
  const HubProgram hub(kKeepsAll);
  const TemporaryDirectory directory;
  const std::size_t count = many();
  const Lines lines = Lines::make(count, count / 1000);
  write_text(directory.file("in"), lines.text);
  const auto ran = run_pub(hub.url(), {"load", directory.file("in"), "--create", "--rejects",
                                       directory.file("bad"), "--summary=json"});
  CHECK(ran.status == 1);
  CHECK(read_text(directory.file("bad")) == lines.bad);
  CHECK_THAT(ran.out, Catch::StartsWith(counts(count, lines.good, count - lines.good) +
                                        "\"bytes\":" + std::to_string(lines.text.size())));
  CHECK_THAT(ran.out, Catch::EndsWith(",\"complete\":true}\n"));
  CHECK(lines_of(ran.err) == 11);  // the first ten, and that there are more
  CHECK_THAT(ran.err,
             Catch::EndsWith("further bad records are only counted; -v reports them all\n"));
  check_published_once(hub, lines);
}

TEST_CASE("What cannot be opened or written is said before anything is sent", "[sse-pub][load]") {
  const ScriptedHttp hub({answer(200, R"({"results":[{"id":"e"}]})")});
  const TemporaryDirectory directory;
  write_text(directory.file("in"), "{\"data\":1}\n");
  const std::string in = directory.file("in");
  CHECK(run_pub(hub.url(), {"load", directory.file("none")}).status == 66);
  CHECK(run_pub(hub.url(), {"load", directory.path()}).status == 66);
  CHECK(run_pub(hub.url(), {"load", in, "--rejects", "/nowhere/at-all"}).status == 73);
  CHECK(run_pub(hub.url(), {"load", in, "--checkpoint", "/nowhere/at-all"}).status == 73);
  CHECK(hub.requests().empty());
  const auto full = run_pub(hub.url(), {"load", in, "--print=id"}, "");
  CHECK(full.out == "e\n");
  CHECK(
      run_words({"sh", "-c", "sse-pub load " + in + " --print=id >/dev/full"}, hub.url()).status ==
      74);
  write_text(in, "bad\n{\"data\":1}\n");
  CHECK(run_pub(hub.url(), {"load", in, "--rejects", "/dev/full"}).status == 73);
}

TEST_CASE("load wants a file and values that mean something", "[sse-pub][load]") {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"load"},
                                             {"load", "x", "--input", "xml"},
                                             {"load", "x", "--as", "rows"},
                                             {"load", "x", "--columns", "metric"},
                                             {"load", "x", "--columns", "name=x"},
                                             {"load", "x", "--columns", "metric="},
                                             {"load", "x", "--dry-run", "--checkpoint", "y"}}) {
    CHECK(run_pub("", words).status == 64);
  }
}

TEST_CASE("What a line of ndjson is can be said", "[sse-pub][load]") {
  const HubProgram hub;
  const TemporaryDirectory directory;
  const std::string in = directory.file("in");
  write_text(in, "{\"data\":1}\n");
  CHECK(run_pub(hub.url(), {"load", in, "--as=events"}).status == 0);
  const auto no_reading = run_pub(hub.url(), {"load", in, "--as=readings"});
  CHECK(no_reading.status == 1);
  CHECK_THAT(no_reading.err, Catch::Contains("of an event and of a reading"));
}

TEST_CASE("A hub that is not there ends the load, and the summary says so", "[sse-pub][load]") {
  const TemporaryDirectory directory;
  write_text(directory.file("in"), "{\"data\":1}\n{\"data\":2}\n");
  const std::string no_hub = "http://127.0.0.1:" + std::to_string(closed_port());
  const std::vector<std::string> words{"load", directory.file("in"), "--summary=text"};
  auto ran = run_pub(no_hub, {words[0], words[1], words[2], "--retries=0"});
  CHECK(ran.status == 69);
  CHECK_THAT(ran.out, Catch::EndsWith("; not complete\n"));
  CHECK_THAT(ran.err, Catch::StartsWith("sse-pub: error: lines 1 to 2 not published:\n"));
  CHECK(run_pub(no_hub, {"load", directory.file("in"), "--input=graphite", "--retries=0"}).status ==
        1);  // no line is one, so there is nothing to send
  write_text(directory.file("in"), "cpu 1\n");
  ran = run_pub(no_hub, {"load", directory.file("in"), "--input=graphite", "--retries=0"});
  CHECK(ran.status == 69);
  CHECK_THAT(ran.err, Catch::StartsWith("sse-pub: error: line 1 not published:\n"));
}

TEST_CASE("A line that is too long for the hub, or for anybody, is a bad one", "[sse-pub][load]") {
  const HubProgram hub({"--max-event-size", "64k"});
  const TemporaryDirectory directory;
  const std::string for_hub = "{\"data\":\"" + std::string(100'000, 'x') + "\"}\n";
  const std::string for_request = "{\"data\":\"" + std::string(1'500'000, 'y') + "\"}\n";
  const std::string for_anybody = "{\"data\":\"" + std::string(20'000'000, 'z') + "\"}\n";
  const std::string unended = "{\"data\":\"" + std::string(9'000'000, 'u') + "\"}";
  write_text(directory.file("in"), "{\"data\":1}\n" + for_hub + "{\"data\":2}\n" + for_request +
                                       "{\"data\":3}\n" + for_anybody + "{\"data\":4}\n" + unended);
  const auto ran = run_pub(hub.url(), {"load", directory.file("in"), "--rejects",
                                       directory.file("bad"), "--summary=json"});
  CHECK(ran.status == 1);
  CHECK_THAT(ran.out, Catch::StartsWith(counts(8, 4, 4)));
  CHECK(read_text(directory.file("bad")) == for_hub + for_request + for_anybody + unended + "\n");
  CHECK_THAT(ran.err, Catch::Contains("line 6: it is longer than 8M"));
  CHECK(lines_of(events_of(hub, 4)) == 4);
}

TEST_CASE("Batches that a hub finds too large are sent in parts, in order", "[sse-pub][load]") {
  const HubProgram hub({"--max-body", "300"});
  std::string input;
  for (int i = 0; i < 100; ++i) input += "{\"data\":" + std::to_string(i) + "}\n";
  const auto ran = run_pub(hub.url(), {"load", "-", "--print=id"}, input);
  CHECK(ran.status == 0);
  CHECK(lines_of(ran.out) == 100);
  std::string expected;
  for (int i = 0; i < 100; ++i) expected += std::to_string(i) + "\n";
  CHECK(events_of(hub, 100, "data") == expected);
}

TEST_CASE("Readings and events may be mixed, and keep their order", "[sse-pub][load]") {
  const HubProgram hub;
  const auto ran = run_pub(hub.url(), {"load", "-", "--create"},
                           "{\"data\":\"1\"}\n{\"metric\":\"m\",\"value\":2}\n{\"data\":\"3\"}\n");
  CHECK(ran.status == 0);
  const auto events = events_of(hub, 4, "data");  // the metric is one of them
  CHECK(events.find("1\n") < events.find("\"value\":2"));
  CHECK(events.find("\"value\":2") < events.find("3\n"));
}

TEST_CASE("A name that the hub does not know is asked for once", "[sse-pub][load]") {
  const ScriptedHttp hub({answer(200, "[]")});
  std::string input;
  for (int i = 0; i < 1000; ++i) input += "cpu " + std::to_string(i) + "\n";
  const auto ran = run_pub(hub.url(), {"load", "-", "--input", "graphite"}, input);
  CHECK(ran.status == 1);
  CHECK(hub.requests().size() == 1);
}

TEST_CASE("A pipe is published as it flows, and ends by a signal when it is told so",
          "[sse-pub][load]") {
  const HubProgram hub;
  Program program({"sse-pub", "load", "-", "--print=json"}, {{"SSE_URL=" + hub.url()}, true, ""});
  program.write_stdin("{\"data\":1}\n");
  program.wait_for_out("{\"id\":\"");
  program.write_stdin("{\"data\":2}\n");
  wait_until([&] { return lines_of(program.out()) == 2; }, "the second id");
  program.signal(SIGTERM);
  CHECK(program.wait() == 128 + SIGTERM);
}

TEST_CASE("The bar is drawn when it is asked for, and only on stderr", "[sse-pub][load]") {
  const HubProgram hub;
  const TemporaryDirectory directory;
  write_text(directory.file("in"), "{\"data\":1}\n");
  const auto shown = run_pub(hub.url(), {"load", directory.file("in"), "--progress=always"});
  CHECK_THAT(shown.err, Catch::StartsWith("\r[########################] 100%  1  "));
  CHECK(shown.out.empty());
  CHECK(run_pub(hub.url(), {"load", directory.file("in")}).err.empty());
}

TEST_CASE("A dry run of lines is a script that publishes them", "[sse-pub][load]") {
  const HubProgram hub;
  const std::string input =
      "{\"metric\":\"it's $x\",\"value\":1}\n{\"data\":\"it's `x` \\\\ $y\"}\nbad\n";
  const auto dry = run_pub(hub.url(), {"load", "-", "--create", "--dry-run", "--print=id"}, input);
  CHECK(dry.status == 1);
  CHECK_THAT(dry.err, Catch::Contains("line 3:"));
  CHECK(run_words({"sh", "-eu"}, hub.url(), dry.out).status == 0);
  const auto lines = run_pub(hub.url(), {"reading", "-l", "-n"}, "\"it's $x\" 2\n\"it's $x\" 3\n");
  CHECK(run_words({"sh", "-eu"}, hub.url(), lines.out).status == 0);
  const std::string events = events_of(hub, 5);
  CHECK_THAT(events, Catch::Contains(R"("data":"it's `x` \\ $y")") &&
                         Catch::Contains("\"value\":1") && Catch::Contains("\"value\":3"));
}

TEST_CASE("Lines from a pipe have their bad ones kept and counted, too", "[sse-pub]") {
  const HubProgram hub;
  const TemporaryDirectory directory;
  const auto ran =
      run_pub(hub.url(),
              {"reading", "-l", "--create", "--rejects", directory.file("bad"), "--summary=json"},
              "cpu 1\r\ncpu x\r\n\ncpu 2");
  CHECK(ran.status == 1);
  CHECK_THAT(ran.out, Catch::StartsWith(counts(3, 2, 1)));
  CHECK(read_text(directory.file("bad")) == "cpu x\r\n");
}

}  // namespace
}  // namespace sse::test
