#include "sse/auth/credential_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "sse/auth/key_file.h"
#include "sse/base/unique_fd.h"

namespace sse::auth {
namespace {

Error unreadable(const std::string& path, const char* why) {
  return {ErrorCode::kIo, "cannot read " + path + ": " + why};
}

/// A file as it was opened: its rights and its text are of the same one.
struct OpenedFile {
  struct stat status {};
  std::string text;
};

Result<OpenedFile> read_file(const std::string& path, std::size_t most) {
  // A FIFO in its place must not hold us up.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) return unreadable(path, std::strerror(errno));
  OpenedFile file;
  if (::fstat(fd.get(), &file.status) != 0) return unreadable(path, std::strerror(errno));
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count == 0) return file;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unreadable(path, std::strerror(errno));
    file.text.append(buffer.data(), static_cast<std::size_t>(count));
    if (file.text.size() > most) return unreadable(path, "it is too large");
  }
}

}  // namespace

Result<LoadedCredentials> CredentialFiles::load() {
  seen_ = versions();  // before they are read: a change meanwhile is a change
  LoadedCredentials loaded;
  auto tokens = SSE_TRY(load_tokens());
  auto keys = SSE_TRY(load_keys(loaded.remarks));
  auto verifier = SSE_TRY(JwsVerifier::make(std::move(keys)));
  auto revocations = SSE_TRY(load_revocations());
  loaded.credentials = SSE_TRY(Credentials::make(std::move(tokens), std::move(verifier),
                                                 sources_.rules, std::move(revocations)));
  return loaded;
}

bool CredentialFiles::have_changed() const {
  return versions() != seen_;
}

Result<std::shared_ptr<const TokenFile>> CredentialFiles::load_tokens() const {
  const std::string& path = sources_.tokens;
  if (path.empty()) return std::shared_ptr<const TokenFile>();
  const auto file = SSE_TRY(read_file(path, kMaxTokenFile));
  SSE_TRY(check_file(path, file.status, ::geteuid(), FileSecrecy::kHashes));
  return TokenFile::parse(file.text, path);
}

Result<std::shared_ptr<const Revocations>> CredentialFiles::load_revocations() const {
  const std::string& path = sources_.revoked;
  if (path.empty()) return std::shared_ptr<const Revocations>();
  const auto file = SSE_TRY(read_file(path, kMaxRevocationFile));
  SSE_TRY(check_file(path, file.status, ::geteuid(), FileSecrecy::kHashes));
  return Revocations::parse(file.text, path);
}

Result<std::vector<IssuerKey>> CredentialFiles::load_keys(std::vector<std::string>& remarks) const {
  std::vector<IssuerKey> keys;
  for (const auto& path : sources_.keys) {
    const auto file = SSE_TRY(read_file(path, kMaxKeyFile));
    auto read = SSE_TRY(parse_key_file(file.text, path, sources_.issuer));
    const auto secrecy = read.has_secrets() ? FileSecrecy::kSecrets : FileSecrecy::kHashes;
    SSE_TRY(check_file(path, file.status, ::geteuid(), secrecy));
    std::move(read.keys.begin(), read.keys.end(), std::back_inserter(keys));
    for (const auto& skipped : read.skipped) {
      remarks.emplace_back(path).append(": ").append(skipped);
    }
  }
  return keys;
}

std::vector<std::optional<FileVersion>> CredentialFiles::versions() const {
  std::vector<std::optional<FileVersion>> all;
  const auto look_at = [&](const std::string& path) {
    struct stat status {};
    const bool is_there = ::stat(path.c_str(), &status) == 0;
    all.push_back(is_there ? std::optional(FileVersion::of(status)) : std::nullopt);
  };
  if (!sources_.tokens.empty()) look_at(sources_.tokens);
  for (const auto& path : sources_.keys) look_at(path);
  if (!sources_.revoked.empty()) look_at(sources_.revoked);
  return all;
}

}  // namespace sse::auth
