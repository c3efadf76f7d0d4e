#include "sse/client/cursor_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "sse/client/cursor_path.h"

#include "support/catch.h"
#include "support/temporary_directory.h"

using sse::ErrorCode;
using sse::client::Cursor;
using sse::client::CursorFile;
using sse::client::LoadedCursor;
using State = sse::client::LoadedCursor::State;
using sse::test::read_text;
using sse::test::write_text;

namespace {

/// A disk that is full from some call on.
class FullDisk final : public sse::client::FileCalls {
 public:
  explicit FullDisk(int calls_until_full) : calls_(calls_until_full) {}

  ssize_t write(int fd, const void* bytes, std::size_t size) override {
    if (is_full()) return -1;
    return FileCalls::write(fd, bytes, size / 2 + 1);  // short writes are not an end
  }
  int fdatasync(int fd) override { return is_full() ? -1 : FileCalls::fdatasync(fd); }
  int rename(const char* from, const char* to) override {
    return is_full() ? -1 : FileCalls::rename(from, to);
  }

 private:
  bool is_full() {
    errno = ENOSPC;
    return calls_-- <= 0;
  }
  int calls_;
};

Cursor sample(std::string id = "0190-a/b c%") {
  Cursor cursor;
  cursor.id = std::move(id);
  cursor.url = "http://127.0.0.1:8089/events/watch?type=a%20b";
  cursor.stream = "2f1a9c0";
  cursor.time = sse::WallTime(std::chrono::milliseconds(1'800'000'000'250));
  cursor.count = 4711;
  return cursor;
}

struct Place {
  sse::test::TemporaryDirectory directory;
  std::string path = directory.file("state/sub.cursor");
  sse::client::FileCalls calls;
  CursorFile file{path, calls};

  Place() { REQUIRE(file.lock()); }
};

}  // namespace

TEST_CASE("A saved cursor is found again, with everything in it", "[client][cursor]") {
  Place place;
  CHECK(place.file.load()->state == State::kFirstRun);
  REQUIRE(place.file.save(sample("1")));
  REQUIRE(place.file.save(sample()));
  const auto loaded = *place.file.load();
  CHECK(loaded.state == State::kFound);
  CHECK(loaded.cursor == sample());
  CHECK(loaded.warning.empty());
}

TEST_CASE("A cursor is for its owner's eyes only", "[client][cursor]") {
  Place place;
  REQUIRE(place.file.save(sample()));
  struct stat found {};
  REQUIRE(::stat(place.path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777U) == 0600);
  REQUIRE(::stat(place.directory.file("state").c_str(), &found) == 0);
  CHECK((found.st_mode & 0777U) == 0700);
}

TEST_CASE("A cursor cut off at any byte is damaged and never another place", "[client][cursor]") {
  const std::string whole = sse::client::format_cursor(sample());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const auto parsed = sse::client::parse_cursor(std::string_view(whole).substr(0, size));
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::kInvalid);
  }
}

TEST_CASE("A cursor with any bit flipped is not taken for another id", "[client][cursor]") {
  const std::string whole = sse::client::format_cursor(sample());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1U << bit));
      CHECK_FALSE(sse::client::parse_cursor(flipped));
    }
  }
}

TEST_CASE("A damaged cursor falls back on its backup", "[client][cursor]") {
  for (const char* damage : {"", "version 1\nid 2\n", "\xFF\xFE garbage", "version 1"}) {
    Place place;
    REQUIRE(place.file.save(sample("1")));
    REQUIRE(place.file.save(sample("2")));
    write_text(place.path, damage);
    const auto loaded = *place.file.load();
    CHECK(loaded.state == State::kFound);
    CHECK(loaded.cursor.id == "1");
  }
}

TEST_CASE("A damaged cursor without a backup is a gap and not a first run", "[client][cursor]") {
  Place place;
  write_text(place.path, "");
  CHECK(place.file.load()->state == State::kDamaged);
  CHECK(place.file.load()->warning.find("cut off") != std::string::npos);
  write_text(place.path + ".bak", "also not one");
  CHECK(place.file.load()->state == State::kDamaged);
}

TEST_CASE("A crash between the two renames leaves the backup to find", "[client][cursor]") {
  Place place;
  REQUIRE(place.file.save(sample("1")));
  std::filesystem::rename(place.path, place.path + ".bak");
  CHECK(place.file.load()->cursor.id == "1");
}

TEST_CASE("A file with one bare id is a cursor", "[client][cursor]") {
  CHECK(sse::client::parse_cursor("0190-abc")->id == "0190-abc");
  CHECK(sse::client::parse_cursor("0190-abc\n")->id == "0190-abc");
  CHECK_FALSE(sse::client::parse_cursor("two words\n"));
  CHECK_FALSE(sse::client::parse_cursor("two\nlines\n"));
  CHECK_FALSE(sse::client::parse_cursor("\n"));
}

TEST_CASE("A cursor of a newer version is refused and kept", "[client][cursor]") {
  Place place;
  REQUIRE(place.file.save(sample("1")));
  REQUIRE(place.file.save(sample("2")));
  write_text(place.path, "version 2\nplace somewhere\ncrc 0\n");
  const auto loaded = place.file.load();
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == ErrorCode::kConflict);
  CHECK(loaded.error().text.find("version 2") != std::string::npos);
}

TEST_CASE("A disk that is full at any call loses no cursor", "[client][cursor]") {
  bool has_succeeded = false;
  for (int calls = 0; !has_succeeded; ++calls) {
    CAPTURE(calls);
    Place place;
    REQUIRE(place.file.save(sample("1")));
    FullDisk disk(calls);
    CursorFile file(place.path, disk);
    const auto saved = file.save(sample("2"));
    has_succeeded = saved.has_value();
    const auto loaded = *file.load();
    CHECK(loaded.state == State::kFound);
    CHECK(loaded.cursor.id == (has_succeeded ? "2" : "1"));
    if (!has_succeeded) {
      CHECK(saved.error().code == ErrorCode::kIo);
      CHECK(saved.error().text.find("No space") != std::string::npos);
    }
  }
}

TEST_CASE("A cursor that is forgotten leaves a first run", "[client][cursor]") {
  Place place;
  REQUIRE(place.file.forget());
  REQUIRE(place.file.save(sample("1")));
  REQUIRE(place.file.save(sample("2")));
  REQUIRE(place.file.forget());
  CHECK(place.file.load()->state == State::kFirstRun);
}

TEST_CASE("Two processes cannot share a cursor", "[client][cursor]") {
  Place place;
  sse::client::FileCalls calls;
  CursorFile second(place.path, calls);
  const auto locked = second.lock();
  REQUIRE_FALSE(locked);
  CHECK(locked.error().code == ErrorCode::kConflict);
  CHECK(locked.error().text.find("process " + std::to_string(::getpid()) + ";") !=
        std::string::npos);
}

TEST_CASE("A place where nothing can be written says so, and can be read", "[client][cursor]") {
  sse::test::TemporaryDirectory directory;
  write_text(directory.file("not-a-directory"), "");
  sse::client::FileCalls calls;
  CursorFile file(directory.file("not-a-directory/sub.cursor"), calls);
  CHECK(file.lock().error().code == ErrorCode::kIo);
  CHECK(file.load()->state == State::kFirstRun);
  CHECK(file.save(sample()).error().code == ErrorCode::kIo);
}

TEST_CASE("Each name, hub and filter has a cursor of its own", "[client][cursor]") {
  const auto hub = *sse::client::Endpoint::parse("http://hub:1/events/watch");
  auto filtered = hub;
  filtered.add_query("type", "a");
  const auto environment = [](const char* name) -> std::optional<std::string> {
    if (std::string_view(name) == "HOME") return "/home/me";
    return std::nullopt;
  };
  const auto path = *sse::client::cursor_path("default", hub, environment);
  CHECK(path.rfind("/home/me/.local/state/sse/default@hub_1-", 0) == 0);
  CHECK(path != *sse::client::cursor_path("default", filtered, environment));
  CHECK(path != *sse::client::cursor_path("other", hub, environment));
  CHECK(path == *sse::client::cursor_path("default", hub, environment));
  for (const char* name : {"", "a/b", "..", "a\nb"}) {
    CHECK(sse::client::cursor_path(name, hub, environment).error().code == ErrorCode::kInvalid);
  }
}

TEST_CASE("The state directory is chosen from the environment in order", "[client][cursor]") {
  const auto hub = *sse::client::Endpoint::parse("http://hub:1/");
  std::vector<std::pair<std::string, std::string>> variables{{"SSE_STATE_DIR", "/a"},
                                                             {"STATE_DIRECTORY", "/b:/b2"},
                                                             {"XDG_STATE_HOME", "/c"},
                                                             {"HOME", "/d"}};
  const auto environment = [&](const char* name) -> std::optional<std::string> {
    for (const auto& [key, value] : variables) {
      if (key == name) return value;
    }
    return std::nullopt;
  };
  for (const char* directory : {"/a/", "/b/", "/c/sse/", "/d/.local/state/sse/"}) {
    CHECK(
        sse::client::cursor_path("n", hub, environment)->rfind(directory + std::string("n@"), 0) ==
        0);
    variables.erase(variables.begin());
  }
  CHECK(sse::client::cursor_path("n", hub, environment).error().code == ErrorCode::kNotFound);
}

TEST_CASE("A cursor under the same name with other filters, or of another hub, is noticed",
          "[client][cursor]") {
  sse::test::TemporaryDirectory directory;
  const auto environment = [&](const char*) { return std::optional(directory.path()); };
  auto hub = *sse::client::Endpoint::parse("http://hub:1/");
  const auto path = *sse::client::cursor_path("n", hub, environment);
  write_text(path, "1");
  using sse::client::SiblingCursor;
  CHECK(sse::client::sibling_cursor(path) == SiblingCursor::kNone);
  hub.add_query("type", "a");
  const auto filtered = *sse::client::cursor_path("n", hub, environment);
  CHECK(sse::client::sibling_cursor(filtered) == SiblingCursor::kOtherFilters);
  const auto other = *sse::client::Endpoint::parse("http://other:1/");
  const auto elsewhere = *sse::client::cursor_path("n", other, environment);
  CHECK(sse::client::sibling_cursor(elsewhere) == SiblingCursor::kOtherHub);
  const auto unnamed = *sse::client::cursor_path("nn", other, environment);
  CHECK(sse::client::sibling_cursor(unnamed) == SiblingCursor::kNone);
}
