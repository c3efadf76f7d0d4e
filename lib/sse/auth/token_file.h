#pragma once

/// \file
/// The token file (`--tokens`): static tokens as their SHA-256, and names of client certificates,
/// with what each may do.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sse/auth/principal.h"
#include "sse/auth/sha256.h"
#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::auth {

/// Of the file's text, in bytes: a larger one is not a token file.
inline constexpr std::size_t kMaxTokenFile = std::size_t{16} << 20U;

/// The checked rows of a token file. A reload makes another one. Immutable. Thread-safe.
class SSE_EXPORT TokenFile {
 public:
  struct Row {
    std::string id;
    std::optional<Sha256> sha256;  ///< of the token; nullopt: a certificate is the credential
    std::string certificate;       ///< certificate_name(); empty: a token is the credential
    unsigned line = 0;
    SharedPrincipal principal;  ///< with the id `token:<id>`
  };

  /// `path`: for error texts. Error: kInvalid with file and line: not TOML, an unknown key, a key
  /// that is missing or of another form, a bad pattern, an id or a hash that is there twice.
  static Result<std::shared_ptr<const TokenFile>> parse(std::string_view text,
                                                        const std::string& path);

  /// Whose token it is; null for none. An expired principal is found, too: the caller says why it
  /// counts no more. Takes the same time whichever byte of the secret is wrong.
  SharedPrincipal find(std::string_view token) const;
  /// The same, where static_token_id() has found the token's id.
  SharedPrincipal find(std::string_view id, std::string_view token) const;

  /// Of the first of these names of a client certificate (certificate_name()) that a row has; null
  /// for none. An expired principal is found, too.
  SharedPrincipal find_certificate(std::span<const std::string> names) const;

  /// By the id of a principal, `anonymous` too; null for none.
  SharedPrincipal find_principal(std::string_view id) const;

  /// Without a credential. Null when the file has no `[anonymous]`.
  const SharedPrincipal& anonymous() const { return anonymous_; }

  /// Sorted by id.
  std::span<const Row> rows() const { return rows_; }

 private:
  TokenFile() = default;
  const Row* find_row(std::string_view id) const;

  std::vector<Row> rows_;
  std::map<std::string, SharedPrincipal, std::less<>> by_certificate_;
  SharedPrincipal anonymous_;
};

}  // namespace sse::auth
