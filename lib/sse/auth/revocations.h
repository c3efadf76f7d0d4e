#pragma once

/// \file
/// The revocation file (`--revoked`): credentials that count no more before they end.

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "sse/auth/principal.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::auth {

/// Of the file's text, in bytes.
inline constexpr std::size_t kMaxRevocationFile = std::size_t{16} << 20U;

/// The lines of a revocation file. Immutable. Thread-safe.
class SSE_EXPORT Revocations {
 public:
  /// A line each; `#` begins a comment, and empty lines are skipped:
  ///
  ///     id PRINCIPAL            everything of it: token:ci, jwt:<issuer>:<sub>
  ///     jti ID                  one signed token, by its claim
  ///     before TIME PRINCIPAL   its tokens that were made before then (RFC 3339)
  ///
  /// `path`: for error texts. Error: kInvalid with file and line.
  static Result<std::shared_ptr<const Revocations>> parse(std::string_view text,
                                                          const std::string& path);

  /// Whether the credential counts no more. One that does not say when it was made is older than
  /// any time.
  bool hold(const Principal& principal) const;

  std::size_t size() const { return principals_.size() + tokens_.size() + before_.size(); }

 private:
  Revocations() = default;
  Status add(std::string_view line);

  std::set<std::string, std::less<>> principals_;
  std::set<std::string, std::less<>> tokens_;
  std::map<std::string, WallTime, std::less<>> before_;  // by principal: the latest
};

}  // namespace sse::auth
