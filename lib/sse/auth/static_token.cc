#include "sse/auth/static_token.h"

#include <algorithm>

#include "sse/auth/base64url.h"
#include "sse/base/ascii.h"

namespace sse::auth {
namespace {

constexpr std::string_view kPrefix = "sse_";
constexpr std::size_t kSecretSize = base64url_size(sizeof(Sha256));

}  // namespace

bool is_token_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxTokenId && std::all_of(id.begin(), id.end(), [](char c) {
    return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

Result<std::string> make_static_token(std::string_view id) {
  const Sha256 secret = SSE_TRY(random_secret());
  std::string token(kPrefix);
  token.append(id).append("_").append(base64url(bytes_of(secret)));
  return token;
}

std::optional<std::string_view> static_token_id(std::string_view token) {
  if (!token.starts_with(kPrefix)) return std::nullopt;
  token.remove_prefix(kPrefix.size());
  if (token.size() <= kSecretSize) return std::nullopt;
  // From the end: an id may hold `_`, and so may a secret.
  const auto id = token.substr(0, token.size() - kSecretSize - 1);
  const bool is_divided = token[id.size()] == '_';
  if (!is_divided || !is_token_id(id)) return std::nullopt;
  if (!is_base64url(token.substr(id.size() + 1))) return std::nullopt;
  return id;
}

}  // namespace sse::auth
