#pragma once

/// \file
/// Files of keys (`--jwt-keys`): a JWK Set (RFC 7517), or PEM.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/auth/evp_key.h"
#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::auth {

/// Of a file's text, in bytes.
inline constexpr std::size_t kMaxKeyFile = std::size_t{1} << 20U;
/// Of a file.
inline constexpr std::size_t kMaxKeys = 128;

/// A key with what finds it.
struct IssuerKey {
  EvpKey key;
  std::optional<std::string> id;  ///< `kid`; a key of PEM has none
  std::string issuer;             ///< whose tokens it signs; empty: any issuer's
};

struct KeyFile {
  std::vector<IssuerKey> keys;
  std::vector<std::string> skipped;  ///< one text for each key that is not ours to use

  bool has_secrets() const;
};

/// `path`: for error texts. A JWK for encryption, or of a kind or algorithm that we have none of,
/// is skipped (RFC 7517 section 5); one that we have and that is broken, weak or private is an
/// error. An RSA key and a secret must say their `alg`. Error: kInvalid, with the file and which
/// key; the text never shows key material.
SSE_EXPORT Result<KeyFile> parse_key_file(std::string_view text, const std::string& path,
                                          const std::string& issuer);

}  // namespace sse::auth
