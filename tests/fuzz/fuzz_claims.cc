// The claims of a signed token, which its issuer chose: what is taken has an end within its life,
// and no more grants than a principal may have.

#include <chrono>
#include <string>

#include "sse/auth/claims.h"
#include "sse/base/utf8.h"

#include "fuzz/input.h"

namespace sse::fuzz {
namespace {

void check(std::string_view payload, auth::ClaimsForm form) {
  const WallTime now{std::chrono::seconds(1'800'000'000)};
  const auth::ClaimRules rules{{"sse"}, std::chrono::seconds(30), std::chrono::hours(24), form};
  const auto read = auth::read_claims(payload, "", rules, now, "digest");
  if (!read) {
    SSE_CHECK(!read.error().text.empty());
    return;
  }
  const auto& principal = **read;
  SSE_CHECK(principal.expires && *principal.expires > now);
  SSE_CHECK(*principal.expires <= now + 2 * rules.leeway + rules.max_life);
  SSE_CHECK(principal.publish.size() + principal.subscribe.size() <= auth::kMaxGrants);
  SSE_CHECK(principal.id.starts_with("jwt:") && !has_control_character(principal.id));
  for (const auto* grants : {&principal.publish, &principal.subscribe}) {
    const auto cut = grants->cut({});
    SSE_CHECK(cut.has_value() == !grants->topics().empty());
    SSE_CHECK(!cut || !cut->patterns.empty());
  }
}

}  // namespace
}  // namespace sse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = sse::fuzz::text_of(data, size);
  sse::fuzz::check(text, sse::auth::ClaimsForm::kSse);
  sse::fuzz::check(text, sse::auth::ClaimsForm::kMercure);
  return 0;
}
