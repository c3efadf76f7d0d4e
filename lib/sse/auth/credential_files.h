#pragma once

/// \file
/// Credentials as they stand in files: tokens, keys, and whether the files have changed since.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sse/auth/authenticator.h"
#include "sse/auth/claims.h"
#include "sse/base/export.h"
#include "sse/base/file_rules.h"
#include "sse/base/result.h"

namespace sse::auth {

/// Where credentials come from. A value.
struct CredentialSources {
  std::string tokens;             ///< path of a token file; empty: none
  std::vector<std::string> keys;  ///< paths of key files
  std::string revoked;            ///< path of a revocation file; empty: none
  std::string issuer;             ///< whose tokens the keys sign; empty: any issuer's
  ClaimRules rules;

  bool is_empty() const { return tokens.empty() && keys.empty(); }
};

/// What a load came to. A value.
struct LoadedCredentials {
  std::shared_ptr<const Credentials> credentials;
  std::vector<std::string> remarks;  ///< for the log: keys that were skipped
};

/// Reads the files of `sources`, and knows when to read them again. Links are followed each time: a
/// secret that is replaced behind a link is a change. Thread-compatible.
class SSE_EXPORT CredentialFiles {
 public:
  explicit CredentialFiles(CredentialSources sources) : sources_(std::move(sources)) {}

  /// Reads all of them. Errors name the file: kIo (it cannot be read), kNotAllowed
  /// (check_file()), kInvalid (what it says).
  Result<LoadedCredentials> load();

  /// Whether a file is another one than load() has seen, whatever came of that. Takes a stat() a
  /// file.
  bool have_changed() const;

 private:
  Result<std::shared_ptr<const TokenFile>> load_tokens() const;
  Result<std::shared_ptr<const Revocations>> load_revocations() const;
  Result<std::vector<IssuerKey>> load_keys(std::vector<std::string>& remarks) const;
  std::vector<std::optional<FileVersion>> versions() const;

  const CredentialSources sources_;
  std::vector<std::optional<FileVersion>> seen_;  // by file; nullopt: it was not there
};

}  // namespace sse::auth
