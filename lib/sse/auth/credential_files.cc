#include "sse/auth/credential_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <iterator>
#include <utility>

#include "sse/auth/key_file.h"
#include "sse/base/opened_file.h"

namespace sse::auth {

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
  const auto file = SSE_TRY(read_opened(path, kMaxTokenFile));
  SSE_TRY(check_file(path, file.status, ::geteuid(), FileSecrecy::kHashes));
  return TokenFile::parse(file.text, path);
}

Result<std::shared_ptr<const Revocations>> CredentialFiles::load_revocations() const {
  const std::string& path = sources_.revoked;
  if (path.empty()) return std::shared_ptr<const Revocations>();
  const auto file = SSE_TRY(read_opened(path, kMaxRevocationFile));
  SSE_TRY(check_file(path, file.status, ::geteuid(), FileSecrecy::kHashes));
  return Revocations::parse(file.text, path);
}

Result<std::vector<IssuerKey>> CredentialFiles::load_keys(std::vector<std::string>& remarks) const {
  std::vector<IssuerKey> keys;
  for (const auto& path : sources_.keys) {
    const auto file = SSE_TRY(read_opened(path, kMaxKeyFile));
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
