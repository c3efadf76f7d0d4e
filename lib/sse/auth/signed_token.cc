#include "sse/auth/signed_token.h"

#include "sse/auth/base64url.h"
#include "sse/json/string.h"

namespace sse::auth {

Result<std::string> make_signed_token(const IssuerKey& key, std::string_view payload) {
  std::string header = R"({"alg":"HS256","typ":"JWT")";
  if (key.id) {
    header += R"(,"kid":)";
    json::append_string(header, *key.id);
  }
  header += '}';
  std::string token = base64url(header) + '.' + base64url(payload);
  const auto signature = key.key.sign(token);
  if (!signature) {
    return Error{ErrorCode::kInvalid, "a token is signed with a secret (HS256), not a public key"};
  }
  return token + '.' + base64url(*signature);
}

}  // namespace sse::auth
