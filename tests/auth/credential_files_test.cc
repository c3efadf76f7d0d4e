#include "sse/auth/credential_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "auth/signing.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

namespace sse::auth {
namespace {

using Catch::Contains;

const std::string kRow = "[[token]]\nid = \"ci\"\nsha256 = \"" + std::string(64, 'a') + "\"\n";

void write(const std::string& path, const std::string& text, mode_t mode = 0600) {
  std::ofstream(path) << text;
  REQUIRE(::chmod(path.c_str(), mode) == 0);
}

struct Files {
  test::TemporaryDirectory directory;
  CredentialSources sources{directory.file("tokens.toml"), {}, "", "", {}};
};

TEST_CASE("Tokens are read from their file, and a change of it is noticed", "[auth]") {
  Files files;
  write(files.sources.tokens, kRow);
  CredentialFiles read(files.sources);
  CHECK(read.have_changed());  // nothing was read yet
  const auto loaded = read.load();
  REQUIRE(loaded);
  CHECK(loaded->credentials->tokens()->rows().size() == 1);
  CHECK_FALSE(read.have_changed());
  write(files.sources.tokens, "");
  CHECK(read.have_changed());
  REQUIRE(read.load());
  CHECK_FALSE(read.have_changed());
  std::filesystem::remove(files.sources.tokens);
  CHECK(read.have_changed());
  CHECK_FALSE(read.load());
  CHECK_FALSE(read.have_changed());  // it was seen that it is not there
}

TEST_CASE("A secret that is replaced behind a link is a change", "[auth]") {
  Files files;
  const auto in = [&](const std::string& name) { return files.directory.file(name); };
  for (const auto* version : {"..v1", "..v2"}) {
    std::filesystem::create_directory(in(version));
    write(in(version) + "/tokens", kRow);
  }
  std::filesystem::create_symlink("..v1", in("..data"));
  std::filesystem::create_symlink("..data/tokens", files.sources.tokens);
  CredentialFiles read(files.sources);
  REQUIRE(read.load());
  CHECK_FALSE(read.have_changed());
  std::filesystem::create_symlink("..v2", in("..new"));
  std::filesystem::rename(in("..new"), in("..data"));
  CHECK(read.have_changed());
}

TEST_CASE("A file that others may write is refused, and one with secrets that others may read",
          "[auth]") {
  Files files;
  write(files.sources.tokens, kRow, 0620);
  CHECK_THAT(CredentialFiles(files.sources).load().error().text, Contains("chmod go-w"));
  write(files.sources.tokens, kRow, 0644);
  CHECK(CredentialFiles(files.sources).load());
  files.sources.keys = {files.directory.file("keys.json")};
  const auto keys = issuer::key_set({issuer::secret_jwk(std::string(32, 's'))});
  write(files.sources.keys.front(), keys, 0644);
  CHECK_THAT(CredentialFiles(files.sources).load().error().text, Contains("chmod o-r"));
  write(files.sources.keys.front(), keys, 0640);
  CHECK(CredentialFiles(files.sources).load());
}

TEST_CASE("What cannot be read, and what never ends, is an error that names it", "[auth]") {
  Files files;
  CHECK_THAT(CredentialFiles(files.sources).load().error().text,
             Contains(files.sources.tokens + ": No such file"));
  REQUIRE(::mkfifo(files.sources.tokens.c_str(), 0600) == 0);
  CHECK_THAT(CredentialFiles(files.sources).load().error().text, Contains(files.sources.tokens));
  std::filesystem::remove(files.sources.tokens);
  write(files.sources.tokens, "nonsense");
  CHECK_THAT(CredentialFiles(files.sources).load().error().text,
             Contains(files.sources.tokens + ":1:"));
}

TEST_CASE("Revocations are read from their file", "[auth]") {
  Files files;
  write(files.sources.tokens, kRow);
  files.sources.revoked = files.directory.file("revoked");
  write(files.sources.revoked, "id token:ci\n");
  const auto loaded = CredentialFiles(files.sources).load();
  REQUIRE(loaded);
  CHECK(loaded->credentials->is_revoked(*loaded->credentials->tokens()->rows()[0].principal));
}

TEST_CASE("A principal stays as it was, changes or is gone by other credentials", "[auth]") {
  using Standing = Credentials::Standing;
  Files files;
  const auto load = [&](const std::string& text) {
    write(files.sources.tokens, text);
    return CredentialFiles(files.sources).load().value().credentials;
  };
  const auto first = load(kRow + "subscribe = [\"a\"]\n[anonymous]\nsubscribe = [\"p\"]\n");
  const auto ci = first->tokens()->rows()[0].principal;
  const auto anonymous = first->tokens()->anonymous();
  CHECK(first->standing_of(*ci) == Standing::kSame);
  CHECK(first->standing_of(*anonymous) == Standing::kSame);
  CHECK(load(kRow + "subscribe = [\"a\"]\nrate = \"1/s\"\n")->standing_of(*ci) == Standing::kSame);
  CHECK(load(kRow + "subscribe = [\"b\"]\n")->standing_of(*ci) == Standing::kChanged);
  CHECK(load(kRow + "subscribe = [\"a\"]\nexpires = 2027-01-01T00:00:00Z\n")->standing_of(*ci) ==
        Standing::kChanged);
  const auto empty = load("");
  CHECK(empty->standing_of(*ci) == Standing::kGone);
  CHECK(empty->standing_of(*anonymous) == Standing::kGone);
  // Another secret is another token.
  const auto rotated = load("[[token]]\nid = \"ci\"\nsubscribe = [\"a\"]\nsha256 = \"" +
                            std::string(64, 'b') + "\"\n");
  CHECK(rotated->standing_of(*ci) == Standing::kGone);
}

}  // namespace
}  // namespace sse::auth
