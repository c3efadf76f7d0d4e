#include "sse/auth/jws.h"

#include <algorithm>
#include <utility>

#include "sse/auth/base64url.h"
#include "sse/base/ascii.h"
#include "sse/base/escape.h"
#include "sse/json/reader.h"

namespace sse::auth {
namespace {

TokenFault bad_form(std::string reason) {
  return {TokenFault::Kind::kForm, std::move(reason)};
}

bool is_known_type(std::string_view type) {
  constexpr std::string_view kMediaType = "application/";
  if (equals_ignoring_case(type.substr(0, kMediaType.size()), kMediaType)) {
    type.remove_prefix(kMediaType.size());
  }
  return equals_ignoring_case(type, "JWT") || equals_ignoring_case(type, "at+jwt");
}

Status read_header(const json::Object& header, Jws& jws) {
  for (const std::string_view refused : {"crit", "b64", "zip", "enc"}) {
    if (header.find(refused) != nullptr) {
      return Error{ErrorCode::kInvalid, std::string(refused) + " is not supported"};
    }
  }
  jws.algorithm = SSE_TRY(header.required_string("alg", "the name of an algorithm"));
  if (header.find("kid") != nullptr) {
    jws.key_id = std::string(SSE_TRY(header.required_string("kid", "a string")));
  }
  if (header.find("typ") != nullptr) {
    const auto type = SSE_TRY(header.required_string("typ", "a string"));
    if (!is_known_type(type)) {
      return Error{ErrorCode::kInvalid, "typ " + quoted(type) + "; expected JWT or at+jwt"};
    }
  }
  return {};
}

}  // namespace

bool looks_like_jws(std::string_view text) {
  return text.starts_with("eyJ") && std::count(text.begin(), text.end(), '.') == 2;
}

Result<Jws, TokenFault> parse_jws(std::string_view token) {
  if (token.size() > kMaxTokenSize) {
    return bad_form("it has more than " + std::to_string(kMaxTokenSize) + " bytes");
  }
  const auto first = token.find('.');
  const auto second = first == token.npos ? token.npos : token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) {
    return bad_form(
        "it looks neither like a token of a file (sse_ID_SECRET) nor like a signed one, which has "
        "three parts");
  }
  const auto header = from_base64url(token.substr(0, first));
  auto payload = from_base64url(token.substr(first + 1, second - first - 1));
  auto signature = from_base64url(token.substr(second + 1));
  if (!header || !payload || !signature) {
    return bad_form("a part of it is not base64url without padding");
  }
  json::Reader reader(kMaxTokenDepth);
  if (reader.read(*header) != json::Outcome::kObject) {
    return bad_form("header: " + reader.error().text);
  }
  Jws jws{token.substr(0, second), {}, {}, std::move(*payload), std::move(*signature)};
  if (auto status = read_header(reader.object(), jws); !status) {
    return bad_form("header: " + status.error().text);
  }
  return jws;
}

}  // namespace sse::auth
