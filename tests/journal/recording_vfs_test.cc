// Whether the disk of these tests finds what it must find: on plain SQLite, where it is known what
// a power cut may take.

#include "support/recording_vfs.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <sqlite3.h>

#include "support/catch.h"
#include "support/disk_recording.h"

namespace sse::test {
namespace {

constexpr const char* kPath = "/disk/plain.db";

/// A connection whose calls the test looks at.
class Plain {
 public:
  explicit Plain(RecordingVfs& disk) {
    constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    sqlite3* opened = nullptr;
    last_ = sqlite3_open_v2(kPath, &opened, kFlags, disk.name().c_str());
    connection_.reset(opened);
  }

  bool run(const std::string& sql) {
    last_ = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    return last_ == SQLITE_OK;
  }
  std::string ask(const std::string& sql) {
    std::string answer;
    const auto take = [](void* to, int columns, char** values, char** /*names*/) {
      if (columns > 0 && values[0] != nullptr) *static_cast<std::string*>(to) = values[0];
      return 0;
    };
    last_ = sqlite3_exec(connection_.get(), sql.c_str(), take, &answer, nullptr);
    return last_ == SQLITE_OK ? answer : "error " + std::to_string(last_);
  }
  int last() const { return last_; }

 private:
  struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close(connection); }
  };
  std::unique_ptr<sqlite3, Close> connection_;
  int last_ = 0;
};

bool prepare(Plain& plain, const std::string& synchronous) {
  return plain.run("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=" +
                   synchronous + "; PRAGMA wal_autocheckpoint=0;") &&
         plain.run("CREATE TABLE IF NOT EXISTS log(first INTEGER PRIMARY KEY, chunk BLOB)");
}

bool insert(Plain& plain, int row) {
  return plain.run("INSERT INTO log VALUES(" + std::to_string(row) + ", zeroblob(" +
                   std::to_string(100 + row * 37 % 900) + "))");
}

/// Commits of one row each, with a checkpoint now and then, and how far the disk was when each had
/// been acknowledged.
std::vector<std::size_t> commits(RecordingVfs& disk, const std::string& synchronous, int count) {
  Plain plain(disk);
  REQUIRE(prepare(plain, synchronous));
  std::vector<std::size_t> acknowledged;
  for (int row = 1; row <= count; ++row) {
    REQUIRE(insert(plain, row));
    acknowledged.push_back(disk.position());
    if (row % 25 == 0) REQUIRE(plain.run("PRAGMA wal_checkpoint(TRUNCATE)"));
  }
  return acknowledged;
}

struct Lost {
  int acknowledged = 0;  ///< images without a row that had been acknowledged
  int broken = 0;        ///< images with a hole, or that SQLite calls damaged
};

/// What is lost in `images` power cuts at places of the recording.
Lost cut(const RecordingVfs& disk, const std::vector<std::size_t>& acknowledged, int images) {
  Lost lost;
  const auto recording = disk.recording();
  PowerCut power({}, recording);
  std::size_t promised = 0;
  for (int i = 0; i < images; ++i) {
    const std::size_t at =
        recording.size() * static_cast<std::size_t>(i) / static_cast<std::size_t>(images);
    power.advance(at);
    while (promised < acknowledged.size() && acknowledged[promised] <= at) ++promised;
    RecordingVfs after(power.image(static_cast<std::uint64_t>(i)));
    Plain plain(after);
    const bool is_whole = prepare(plain, "FULL") && plain.ask("PRAGMA integrity_check") == "ok" &&
                          plain.ask("SELECT count(*) = ifnull(max(first), 0) FROM log") == "1";
    if (!is_whole) ++lost.broken;
    const auto rows = plain.ask("SELECT count(*) FROM log");
    if (!is_whole || std::stoul(rows) < promised) ++lost.acknowledged;
  }
  return lost;
}

TEST_CASE("On the recording disk SQLite loses nothing with synchronous=FULL",
          "[journal][recording_vfs]") {
  RecordingVfs disk;
  const auto acknowledged = commits(disk, "FULL", 60);
  const Lost lost = cut(disk, acknowledged, 1000);
  CHECK(lost.acknowledged == 0);
  CHECK(lost.broken == 0);
}

TEST_CASE("On the recording disk SQLite loses commits with synchronous=NORMAL, and no order",
          "[journal][recording_vfs]") {
  RecordingVfs disk;
  const auto acknowledged = commits(disk, "NORMAL", 60);
  const Lost lost = cut(disk, acknowledged, 1000);
  CHECK(lost.acknowledged > 300);
  CHECK(lost.broken == 0);
}

TEST_CASE("On the recording disk SQLite loses its order with synchronous=OFF",
          "[journal][recording_vfs]") {
  RecordingVfs disk;
  const auto acknowledged = commits(disk, "OFF", 60);
  CHECK(cut(disk, acknowledged, 300).broken > 0);
}

TEST_CASE("After kill -9 every commit is there, synced or not", "[journal][recording_vfs]") {
  DiskFiles files;
  {
    RecordingVfs disk;
    Plain plain(disk);
    REQUIRE(prepare(plain, "OFF"));
    for (int row = 1; row <= 30; ++row) REQUIRE(insert(plain, row));
    files = disk.files();
  }
  RecordingVfs after(files);
  Plain plain(after);
  REQUIRE(prepare(plain, "FULL"));
  CHECK(plain.ask("SELECT count(*) FROM log") == "30");
}

TEST_CASE("A failed operation of the disk is a failed call of SQLite", "[journal][recording_vfs]") {
  const auto fault = GENERATE(DiskFault::kIo, DiskFault::kNoSpace, DiskFault::kShortWrite);
  RecordingVfs counted;
  commits(counted, "FULL", 3);
  for (std::size_t at = 0; at < counted.attempts(); ++at) {
    CAPTURE(at);
    RecordingVfs disk;
    disk.fail(at, fault);
    int done = 0;
    bool has_failed = false;
    {
      Plain plain(disk);
      has_failed = !prepare(plain, "FULL");
      for (int row = 1; row <= 3 && !has_failed; ++row) {
        has_failed = !insert(plain, row);
        if (!has_failed) done = row;
      }
    }
    RecordingVfs after(disk.files());
    Plain plain(after);
    REQUIRE(prepare(plain, "FULL"));
    const int kept = std::stoi(plain.ask("SELECT count(*) FROM log"));
    // The last one may be there although it failed; closing has its own operations, and fails mute.
    CHECK(kept >= done);
    CHECK(kept <= done + 1);
    if (done < 3) CHECK(has_failed);
  }
}

TEST_CASE("A full disk refuses what makes a file longer, until there is room",
          "[journal][recording_vfs]") {
  RecordingVfs disk;
  Plain plain(disk);
  REQUIRE(prepare(plain, "FULL"));
  REQUIRE(insert(plain, 1));
  disk.set_room([room = disk.used()] { return room; });
  int row = 2;
  while (insert(plain, row)) ++row;
  CHECK(plain.last() == SQLITE_FULL);
  CHECK(row < 30);
  disk.set_room({});
  CHECK(insert(plain, row));
}

TEST_CASE("A read that fails is told", "[journal][recording_vfs]") {
  RecordingVfs disk;
  commits(disk, "FULL", 3);
  RecordingVfs counted(disk.files());
  {
    Plain plain(counted);
    plain.ask("SELECT sum(length(chunk)) FROM log");
  }
  REQUIRE(counted.reads() > 0);
  RecordingVfs failing(disk.files());
  failing.fail_reads_from(counted.reads() - 1);
  Plain plain(failing);
  CHECK(plain.ask("SELECT sum(length(chunk)) FROM log").starts_with("error"));
}

/// Operations by hand.
struct Script {
  using Kind = DiskOperation::Kind;
  std::vector<DiskOperation> operations;

  Script& create(std::size_t file, const std::string& path) {
    return add({Kind::kCreate, file, path, 0, {}});
  }
  Script& remove(std::size_t file, const std::string& path) {
    return add({Kind::kDelete, file, path, 0, {}});
  }
  Script& write(std::size_t file, std::uint64_t at, const std::string& bytes) {
    return add({Kind::kWrite, file, {}, at, bytes});
  }
  Script& truncate(std::size_t file, std::uint64_t size) {
    return add({Kind::kTruncate, file, {}, size, {}});
  }
  Script& sync(std::size_t file) { return add({Kind::kSync, file, {}, 0, {}}); }
  Script& fail_sync(std::size_t file) { return add({Kind::kFailedSync, file, {}, 0, {}}); }
  Script& sync_directory() { return add({Kind::kSyncDirectory, 0, {}, 0, {}}); }

  Script& add(DiskOperation operation) {
    operations.push_back(std::move(operation));
    return *this;
  }

  /// What a cut at the end may leave of the file; `-` when it is not there.
  std::map<std::string, int> contents(const std::string& path, const DiskFiles& before = {}) const {
    PowerCut power(before, operations);
    power.advance(operations.size());
    std::map<std::string, int> seen;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      const DiskFiles files = power.image(seed);
      const auto found = files.find(path);
      ++seen[found == files.end() ? "-" : found->second];
    }
    return seen;
  }
};

std::vector<std::string> keys(const std::map<std::string, int>& seen) {
  std::vector<std::string> keys;
  for (const auto& [key, count] : seen) keys.push_back(key);
  return keys;
}

using Keys = std::vector<std::string>;

TEST_CASE("What was synced is there after every cut", "[journal][recording_vfs]") {
  Script script;
  script.create(0, "a").write(0, 0, "hello").write(0, 1, "a").truncate(0, 3);
  script.sync(0).sync_directory();
  CHECK(keys(script.contents("a")) == Keys{"hal"});
}

TEST_CASE("What was not synced is there, or not, or by half", "[journal][recording_vfs]") {
  Script script;
  script.write(0, 0, "NEWS");
  CHECK(keys(script.contents("a", {{"a", "olds"}})) == Keys{"NEWS", "NEds", "olds"});
}

TEST_CASE("Of two writes the second may be there alone", "[journal][recording_vfs]") {
  Script script;
  script.write(0, 0, "1").write(0, 1, "2");
  CHECK(script.contents("a", {{"a", "--"}}).contains("-2"));
}

TEST_CASE("A write is torn where sectors meet, and nowhere else", "[journal][recording_vfs]") {
  Script script;
  script.write(0, 500, std::string(24, 'x'));
  const auto seen = script.contents("a", {{"a", std::string(1024, '.')}});
  const auto made = [](std::size_t from, std::size_t count) {
    return std::string(from, '.') + std::string(count, 'x') + std::string(1024 - from - count, '.');
  };
  CHECK(seen.size() == 4);  // its half is its first sector's part
  CHECK(seen.contains(made(500, 12)));
  CHECK(seen.contains(made(512, 12)));
}

TEST_CASE("A new file may be gone until its directory is synced, a deleted one be back",
          "[journal][recording_vfs]") {
  Script created;
  created.create(0, "a");
  created.sync(0);
  CHECK(keys(created.contents("a")) == Keys{"", "-"});
  created.sync_directory();
  CHECK(keys(created.contents("a")) == Keys{""});
  Script deleted;
  deleted.remove(0, "a");
  CHECK(keys(deleted.contents("a", {{"a", "old"}})) == Keys{"-", "old"});
  deleted.sync_directory();
  CHECK(keys(deleted.contents("a", {{"a", "old"}})) == Keys{"-"});
}

TEST_CASE("What a failed sync was to keep is not made durable by the next one",
          "[journal][recording_vfs]") {
  Script script;
  script.write(0, 0, "A").fail_sync(0).write(0, 1, "B").sync(0);
  CHECK(keys(script.contents("a", {{"a", "--"}})) == Keys{"-B", "AB"});
  Script overwritten;  // what came later stays above it
  overwritten.write(0, 0, "A").fail_sync(0).write(0, 0, "B").sync(0);
  CHECK(keys(overwritten.contents("a", {{"a", "-"}})) == Keys{"B"});
}

TEST_CASE("Damage changes one place", "[journal][recording_vfs]") {
  const std::string whole(2000, 'x');
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    std::string flipped = whole;
    damage(flipped, Damage::kFlippedBit, seed);
    int different = 0;
    for (std::size_t i = 0; i < whole.size(); ++i) different += flipped[i] != whole[i] ? 1 : 0;
    CHECK(different == 1);
    std::string zeroed = whole;
    damage(zeroed, Damage::kZeroedSector, seed);
    CHECK(zeroed.size() == whole.size());
    CHECK(zeroed != whole);
    std::string cut = whole;
    damage(cut, Damage::kCutOff, seed);
    CHECK(cut.size() < whole.size());
  }
}

}  // namespace
}  // namespace sse::test
