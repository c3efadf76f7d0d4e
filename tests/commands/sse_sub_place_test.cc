// sse-sub keeps its place on disk: a crash repeats, and never loses.

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "sse/client/cursor_file.h"

#include "commands/sub_stage.h"
#include "support/catch.h"

using sse::test::read_text;
using sse::test::SubStage;
using sse::test::wait_until;
using sse::test::write_text;

namespace {

std::string saved_id(const std::string& path) {
  const auto cursor = sse::client::parse_cursor(read_text(path));
  return cursor ? cursor->id : "";
}

std::string numbered(int from, int to) {
  std::string events;
  for (int i = from; i <= to; ++i) {
    events += "id: " + std::to_string(i) + "\ndata: " + std::to_string(i) + "\n\n";
  }
  return events;
}

struct PlaceStage : SubStage {
  std::string cursor = directory.file("cursor");
};

}  // namespace

TEST_CASE("After three of a hundred buffered events the saved place is the third",
          "[commands][sub][place]") {
  PlaceStage stage;
  auto sub = stage.start({"--cursor-file", stage.cursor, "-C3"});
  const auto stream = stage.server.accept_stream(numbered(1, 100));
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "1\n2\n3\n");
  CHECK(saved_id(stage.cursor) == "3");
}

TEST_CASE("The next run goes on where the last one stopped", "[commands][sub][place]") {
  SubStage stage;
  for (int run = 0; run < 3; ++run) {
    auto sub = stage.start({"--resume=work", "-C2"});
    const auto stream = stage.server.accept_stream(numbered(2 * run + 1, 2 * run + 2));
    CHECK(stream.header("Last-Event-ID") == (run == 0 ? "" : std::to_string(2 * run)));
    CHECK(sub.wait() == 0);
  }
}

TEST_CASE("An id that comes without an event is a place too", "[commands][sub][place]") {
  PlaceStage stage;
  auto sub = stage.start({"--cursor-file", stage.cursor});
  const auto stream = stage.server.accept_stream("id: 9\n\n");
  wait_until([&] { return saved_id(stage.cursor) == "9"; }, "the place to be saved");
}

TEST_CASE("A quiet stream's place is saved within the second", "[commands][sub][place]") {
  PlaceStage stage;
  auto sub = stage.start({"--cursor-file", stage.cursor});
  const auto stream = stage.server.accept_stream(numbered(1, 1));
  wait_until([&] { return saved_id(stage.cursor) == "1"; }, "the first save");
  stream.send(numbered(2, 2));
  wait_until([&] { return saved_id(stage.cursor) == "2"; }, "the second save");
}

TEST_CASE("Killed at any moment, it has printed everything before its place",
          "[commands][sub][place]") {
  PlaceStage stage;
  std::string all;
  for (int run = 0; run < 20; ++run) {
    auto sub = stage.start({"--cursor-file", stage.cursor});
    const auto stream = stage.server.accept();
    const std::string id = stream.header("Last-Event-ID");
    const int next = id.empty() ? 1 : std::stoi(id) + 1;
    // Everything up to the place must have been printed by the runs before.
    if (next > 1) {
      CHECK(all.find("\n" + std::to_string(next - 1) + "\n") != std::string::npos);
    }
    stream.send(std::string(sse::test::kStreamHead) + numbered(next, next + 4));
    sub.wait_for_out(std::to_string(next + run % 5) + "\n");
    // A slow machine may kill every run before its first save.
    if (run == 0) wait_until([&] { return saved_id(stage.cursor) != ""; }, "a place");
    sub.signal(SIGKILL);
    sub.wait();
    all += "\n" + sub.out();
  }
  // Between two renames only the backup is there, so the file alone says nothing.
  sse::client::FileCalls calls;
  const auto loaded = sse::client::CursorFile(stage.cursor, calls).load();
  CHECK(loaded->state == sse::client::LoadedCursor::State::kFound);
}

TEST_CASE("A signal saves the place before it kills", "[commands][sub][place]") {
  PlaceStage stage;
  auto sub = stage.start({"--cursor-file", stage.cursor});
  const auto stream = stage.server.accept_stream(numbered(1, 1));
  wait_until([&] { return saved_id(stage.cursor) == "1"; }, "the first save");
  stream.send(numbered(2, 5));
  sub.wait_for_out("5\n");
  sub.signal(SIGTERM);
  CHECK(sub.wait() == 128 + SIGTERM);
  CHECK(saved_id(stage.cursor) == "5");
}

TEST_CASE("The place moves only behind what the command has done", "[commands][sub][place]") {
  PlaceStage stage;
  auto sub = stage.start({"--cursor-file", stage.cursor, "-x", "read n; test $n -lt 4"});
  const auto stream = stage.server.accept_stream(numbered(1, 10));
  CHECK(sub.wait() == 1);
  CHECK(saved_id(stage.cursor) == "3");
}

TEST_CASE("Two subscribers cannot share a place", "[commands][sub][place]") {
  PlaceStage stage;
  auto first = stage.start({"--cursor-file", stage.cursor});
  const auto stream = stage.server.accept_stream(numbered(1, 1));
  first.wait_for_out("1\n");
  auto second = stage.start({"--cursor-file", stage.cursor});
  CHECK(second.wait() == 75);
  CHECK(second.err().find("in use by process " + std::to_string(first.pid())) != std::string::npos);
}

TEST_CASE("A damaged place is a gap, and what is there is read from the start",
          "[commands][sub][place]") {
  PlaceStage stage;
  write_text(stage.cursor, "");
  auto sub = stage.start({"--cursor-file", stage.cursor, "-C1"});
  const auto stream = stage.server.accept_stream(numbered(7, 7));
  CHECK(stream.target() == "/events/watch?since=earliest");
  CHECK(sub.wait() == 0);
  CHECK(sub.err().find("events may be lost") != std::string::npos);
  CHECK(saved_id(stage.cursor) == "7");

  write_text(stage.cursor, "");
  std::filesystem::remove(stage.cursor + ".bak");
  auto strict = stage.start({"--cursor-file", stage.cursor, "--on-gap=fail"});
  CHECK(strict.wait() == 79);
}

TEST_CASE("A place of a newer version is refused with 78", "[commands][sub][place]") {
  PlaceStage stage;
  write_text(stage.cursor, "version 9\ncrc 0\n");
  auto sub = stage.start({"--cursor-file", stage.cursor});
  CHECK(sub.wait() == 78);
  CHECK(sub.err().find("version 9") != std::string::npos);
}

TEST_CASE("A place that cannot be written is warned of, and 73 at the end",
          "[commands][sub][place]") {
  PlaceStage stage;
  write_text(stage.directory.file("file"), "");
  auto sub = stage.start({"--cursor-file", stage.directory.file("file/cursor"), "-C2"});
  const auto stream = stage.server.accept_stream(numbered(1, 2));
  CHECK(sub.wait() == 73);
  CHECK(sub.out() == "1\n2\n");
  CHECK(sub.err().find("without saving") != std::string::npos);
}

TEST_CASE("Other filters are another place, and that is said", "[commands][sub][place]") {
  SubStage stage;
  auto first = stage.start({"--resume", "-C1"});
  const auto stream = stage.server.accept_stream(numbered(1, 1));
  CHECK(first.wait() == 0);
  auto filtered = stage.start({"--resume", "-C1", "-e", "deploy"});
  const auto other = stage.server.accept_stream(numbered(2, 2));
  CHECK(other.header("Last-Event-ID").empty());
  CHECK(filtered.wait() == 0);
  CHECK(filtered.err().find("other filters") != std::string::npos);
}

TEST_CASE("Another hub is another place, and that is said of a place with a name",
          "[commands][sub][place]") {
  for (const bool has_name : {true, false}) {
    PlaceStage stage;
    const std::string resume = has_name ? "--resume=job" : "--resume";
    auto first = stage.start({resume, "-C1"});
    const auto stream = stage.server.accept_stream(numbered(1, 1));
    CHECK(first.wait() == 0);
    sse::test::ScriptedServer other;
    auto elsewhere = stage.start({resume, "-C1", "--url", other.url()});
    const auto second = other.accept_stream(numbered(2, 2));
    CHECK(second.header("Last-Event-ID").empty());
    CHECK(elsewhere.wait() == 0);
    CHECK((elsewhere.err().find("another hub") != std::string::npos) == has_name);
  }
}
