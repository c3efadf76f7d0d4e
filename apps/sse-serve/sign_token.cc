#include "sign_token.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/auth/key_file.h"
#include "sse/auth/signed_token.h"
#include "sse/base/clock.h"
#include "sse/base/file_replacement.h"
#include "sse/json/string.h"

namespace sse::serve {
namespace {

void append_texts(std::string& out, std::string_view name, const std::vector<std::string>& texts) {
  out.append("\"").append(name).append("\":[");
  for (const auto& text : texts) {
    if (&text != &texts.front()) out += ',';
    json::append_string(out, text);
  }
  out += ']';
}

std::string claims_of(const TokenOptions& options, const auth::CredentialSources& sources) {
  const auto now = std::chrono::floor<std::chrono::seconds>(SystemClock().now().wall);
  const auto end = now + std::chrono::ceil<std::chrono::seconds>(options.life);
  std::string claims = "{\"iat\":" + std::to_string(now.time_since_epoch().count()) +
                       ",\"exp\":" + std::to_string(end.time_since_epoch().count());
  const auto add = [&claims](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    claims.append(",\"").append(name).append("\":");
    json::append_string(claims, value);
  };
  add("iss", sources.issuer);
  add("sub", options.id);
  if (!sources.rules.audiences.empty()) add("aud", sources.rules.audiences.front());
  claims += ",\"sse\":{";
  append_texts(claims, "publish", options.publish);
  claims += ',';
  append_texts(claims, "subscribe", options.subscribe);
  claims += ',';
  append_texts(claims, "permissions", options.permissions);
  return claims + "}}";
}

}  // namespace

Result<std::string> sign_token(const TokenOptions& options,
                               const auth::CredentialSources& sources) {
  const auto text = SSE_TRY(read_regular_file(options.key_file, auth::kMaxKeyFile));
  if (!text) return Error{ErrorCode::kIo, "cannot read " + options.key_file};
  const auto file = SSE_TRY(auth::parse_key_file(*text, options.key_file, sources.issuer));
  const auto secret = std::find_if(file.keys.begin(), file.keys.end(),
                                   [](const auto& key) { return key.key.is_secret(); });
  if (secret == file.keys.end()) {
    return Error{ErrorCode::kInvalid, options.key_file + " holds no secret (HS256) to sign with"};
  }
  return auth::make_signed_token(*secret, claims_of(options, sources));
}

}  // namespace sse::serve
