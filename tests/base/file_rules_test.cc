#include "sse/base/file_rules.h"

#include "support/catch.h"

namespace sse {
namespace {

constexpr uid_t kUs = 990;
constexpr uid_t kOther = 1'000;

struct stat file_of(uid_t owner, mode_t mode) {
  struct stat file {};
  file.st_uid = owner;
  file.st_mode = S_IFREG | mode;
  return file;
}

bool is_taken(const struct stat& file, FileSecrecy secrecy = FileSecrecy::kHashes) {
  return check_file("tokens.toml", file, kUs, secrecy).has_value();
}

TEST_CASE("A file of root or of ours, which only its owner may write, is taken", "[auth][file]") {
  for (const mode_t mode : {0600U, 0400U, 0640U, 0644U, 0444U, 0755U}) {
    CAPTURE(mode);
    CHECK(is_taken(file_of(0, mode)));
    CHECK(is_taken(file_of(kUs, mode)));
  }
}

TEST_CASE("A file that another user may write is refused: that user could give out tokens",
          "[auth][file]") {
  CHECK_FALSE(is_taken(file_of(kOther, 0600)));
  for (const mode_t mode : {0620U, 0602U, 0660U, 0666U, 0777U}) {
    CAPTURE(mode);
    CHECK_FALSE(is_taken(file_of(0, mode)));
    CHECK_FALSE(is_taken(file_of(kUs, mode)));
  }
}

TEST_CASE("A file of secrets is not for others to read, the group may", "[auth][file]") {
  CHECK(is_taken(file_of(0, 0640), FileSecrecy::kSecrets));
  CHECK(is_taken(file_of(kUs, 0400), FileSecrecy::kSecrets));
  CHECK_FALSE(is_taken(file_of(0, 0644), FileSecrecy::kSecrets));
  CHECK_FALSE(is_taken(file_of(0, 0604), FileSecrecy::kSecrets));
}

TEST_CASE("Only a regular file is one, and the error says what to do", "[auth][file]") {
  auto directory = file_of(0, 0700);
  directory.st_mode = S_IFDIR | 0700;
  CHECK_FALSE(is_taken(directory));
  const auto refused = check_file("tokens.toml", file_of(0, 0664), kUs, FileSecrecy::kHashes);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kNotAllowed);
  CHECK(refused.error().text ==
        "tokens.toml: its group or others may write it; chmod go-w mends that");
}

TEST_CASE("A file that was replaced, written or cut is another version", "[auth][file]") {
  auto file = file_of(0, 0600);
  file.st_ino = 7;
  file.st_size = 100;
  file.st_mtim = {1'800'000'000, 5};
  const auto version = FileVersion::of(file);
  CHECK(version == FileVersion::of(file));
  auto other = file;
  other.st_ino = 8;
  CHECK_FALSE(version == FileVersion::of(other));
  other = file;
  other.st_size = 99;
  CHECK_FALSE(version == FileVersion::of(other));
  other = file;
  other.st_mtim.tv_nsec = 6;
  CHECK_FALSE(version == FileVersion::of(other));
  other = file;
  other.st_dev = 9;
  CHECK_FALSE(version == FileVersion::of(other));
  other = file;
  other.st_atim.tv_sec = 1;
  CHECK(version == FileVersion::of(other));
}

}  // namespace
}  // namespace sse
