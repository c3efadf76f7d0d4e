#include "sse/auth/claims.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "sse/auth/jws.h"
#include "sse/base/escape.h"
#include "sse/base/time_text.h"
#include "sse/json/reader.h"

namespace sse::auth {
namespace {

/// Of `sub` and `jti`, in bytes: they are kept, and written into logs.
constexpr std::size_t kMaxNameSize = 256;
constexpr std::size_t kMaxAudiences = 64;

Error invalid(std::string text) {
  return {ErrorCode::kInvalid, std::move(text)};
}

Error with_claim(std::string_view claim, const Error& error) {
  return invalid(std::string(claim) + ": " + error.text);
}

/// A NumericDate (RFC 7519 section 2), to the nanosecond where it is so exact. nullopt when the
/// claim is not there.
Result<std::optional<WallTime>> time_claim(const json::Object& claims, std::string_view key) {
  constexpr std::string_view kExpected = "seconds since 1970";
  if (claims.find(key) == nullptr) return std::optional<WallTime>();
  const double seconds = SSE_TRY(claims.required_number(key, kExpected));
  const auto end = static_cast<double>(kEndOfTimes.time_since_epoch().count());
  if (!(seconds >= 0 && seconds < end)) {
    return json::field_error(key, kExpected, "a time before 1970 or after 2261");
  }
  const double whole = std::floor(seconds);
  constexpr double kNanoseconds = 1e9;
  return std::optional(WallTime(
      std::chrono::seconds(static_cast<std::int64_t>(whole)) +
      std::chrono::nanoseconds(static_cast<std::int64_t>((seconds - whole) * kNanoseconds))));
}

Result<std::string> name_claim(const json::Object& claims, std::string_view key) {
  if (claims.find(key) == nullptr) return std::string();
  const auto text = SSE_TRY(claims.required_string(key, "a string"));
  if (text.size() > kMaxNameSize) {
    return json::field_error(key, "at most " + std::to_string(kMaxNameSize) + " bytes", "more");
  }
  return std::string(text);
}

Status check_audience(const json::Object& claims, const ClaimRules& rules) {
  constexpr std::string_view kExpected = "a string or an array of strings";
  const auto* claim = claims.find("aud");
  if (claim == nullptr) {
    return rules.audiences.empty() ? Status() : invalid("aud: the claim is missing");
  }
  std::vector<std::string> named;
  if (claim->kind == json::Kind::kString) {
    named.emplace_back(claim->text);
  } else {
    named = SSE_TRY(claims.optional_strings("aud", kExpected, kMaxAudiences));
  }
  const bool is_for_us = std::any_of(named.begin(), named.end(), [&](const auto& name) {
    return std::find(rules.audiences.begin(), rules.audiences.end(), name) != rules.audiences.end();
  });
  return is_for_us ? Status() : invalid("aud: the token is for another audience");
}

/// Checks the times; returns the moment from which the token is no longer valid.
Result<WallTime> check_times(const json::Object& claims, const ClaimRules& rules, WallTime now,
                             Principal& principal) {
  const auto expires = SSE_TRY(time_claim(claims, "exp"));
  const auto not_before = SSE_TRY(time_claim(claims, "nbf"));
  principal.issued = SSE_TRY(time_claim(claims, "iat"));
  if (!expires) return invalid("exp: the claim is missing");
  const WallTime end = *expires + rules.leeway;
  if (now >= end) return invalid("exp: the token expired at " + format_rfc3339(*expires));
  if (not_before && now < *not_before - rules.leeway) {
    return invalid("nbf: the token is valid from " + format_rfc3339(*not_before));
  }
  if (principal.issued && now < *principal.issued - rules.leeway) {
    return invalid("iat: the token was issued at " + format_rfc3339(*principal.issued) +
                   ", which is in the future");
  }
  const WallTime begin = principal.issued.value_or(now);
  if (*expires - begin > rules.max_life) {
    return invalid("exp: the token lives longer than " + std::to_string(rules.max_life.count()) +
                   " seconds");
  }
  return end;
}

Result<GrantTexts> sse_rights(const json::Object& rights) {
  SSE_TRY(rights.check_keys({"publish", "subscribe", "permissions"}));
  GrantTexts texts;
  for (const auto& [key, into] :
       {std::pair("publish", &texts.publish), std::pair("subscribe", &texts.subscribe),
        std::pair("permissions", &texts.permissions)}) {
    *into = SSE_TRY(rights.optional_strings(key, "an array of strings", kMaxGrants));
  }
  return texts;
}

/// A topic of Mercure as a grant of ours. Its topics are texts, and what is a wildcard with us is
/// not one there.
Result<std::string> mercure_grant(std::string_view topic) {
  if (topic == "*") return std::string("#");
  if (topic.find('{') != topic.npos) {
    return invalid("the template " + quoted(topic) + " is not supported; expected topics or *");
  }
  if (topic.find_first_of("+*#") != topic.npos || topic.starts_with(kMetricGrant)) {
    return invalid("the topic " + quoted(topic) + " holds +, * or #, or is metric:");
  }
  return std::string(topic);
}

// `payload` and others are Mercure's own: not read.
Result<GrantTexts> mercure_rights(const json::Object& rights) {
  GrantTexts texts;
  for (const auto& [key, into] :
       {std::pair("publish", &texts.publish), std::pair("subscribe", &texts.subscribe)}) {
    *into = SSE_TRY(
        rights.optional_strings(key, "an array of topics (no objects with match)", kMaxGrants));
    for (auto& topic : *into) topic = SSE_TRY(mercure_grant(topic));
  }
  return texts;
}

Status read_rights(const json::Object& claims, ClaimsForm form, Principal& principal) {
  const std::string_view claim = form == ClaimsForm::kSse ? "sse" : "mercure";
  const auto* member = SSE_TRY(claims.required(claim, "an object"));
  if (member->kind != json::Kind::kObject) {
    return json::field_error(claim, "an object", json::to_string(member->kind));
  }
  json::Reader reader(kMaxTokenDepth);
  if (reader.read(member->raw) != json::Outcome::kObject) {
    return with_claim(claim, reader.error());
  }
  const auto texts =
      form == ClaimsForm::kSse ? sse_rights(reader.object()) : mercure_rights(reader.object());
  if (!texts) return with_claim(claim, texts.error());
  if (auto status = set_rights(principal, *texts); !status) {
    return with_claim(claim, status.error());
  }
  return {};
}

}  // namespace

Result<SharedPrincipal> read_claims(std::string_view payload, const std::string& issuer,
                                    const ClaimRules& rules, WallTime now,
                                    std::string_view token_digest) {
  json::Reader reader(kMaxTokenDepth);
  if (reader.read(payload) != json::Outcome::kObject) return with_claim("claims", reader.error());
  const auto& claims = reader.object();
  const auto named = SSE_TRY(name_claim(claims, "iss"));
  if (!issuer.empty() && named != issuer) {
    return invalid(named.empty() ? "iss: the claim is missing"
                                 : "iss: the key is not of the issuer " + quoted(named));
  }
  SSE_TRY(check_audience(claims, rules));
  auto principal = std::make_shared<Principal>();
  principal->expires = SSE_TRY(check_times(claims, rules, now, *principal));
  principal->token_id = SSE_TRY(name_claim(claims, "jti"));
  principal->id = jwt_principal_id(named, SSE_TRY(name_claim(claims, "sub")), token_digest);
  SSE_TRY(read_rights(claims, rules.form, *principal));
  return SharedPrincipal(std::move(principal));
}

}  // namespace sse::auth
