// A token as a peer sends it, to the end: what is taken was signed, with a key of ours, by the
// algorithm of that key; and no text takes long.

#include <string>

#include "sse/auth/base64url.h"
#include "sse/auth/jws_verifier.h"
#include "sse/auth/sha256.h"
#include "sse/auth/static_token.h"

#include "fuzz/input.h"

namespace sse::fuzz {
namespace {

using auth::JwsVerifier;

const std::string kSecret(32, 's');

/// A secret and a public key of each kind (of RFC 7515 appendix A.3 and RFC 8037 appendix A.2).
const JwsVerifier& verifier() {
  static const JwsVerifier made = [] {
    const auto file = auth::parse_key_file(
        R"({"keys":[{"kty":"oct","alg":"HS256","kid":"s","k":")" + auth::base64url(kSecret) +
            R"("},{"kty":"EC","crv":"P-256","kid":"e",)"
            R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
            R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},)"
            R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})",
        "keys", "");
    SSE_CHECK(file.has_value());
    auto checked = JwsVerifier::make(file->keys);
    SSE_CHECK(checked.has_value());
    return *std::move(checked);
  }();
  return made;
}

void check(std::string_view token) {
  const auto jws = auth::parse_jws(token);
  if (!jws) {
    SSE_CHECK(!jws.error().reason.empty() && !jws.error().may_be_told());
    return;
  }
  SSE_CHECK(token.size() <= auth::kMaxTokenSize);
  // Every part has one form: what is decoded is encoded to the same text.
  SSE_CHECK(
      token.ends_with("." + auth::base64url(jws->payload) + "." + auth::base64url(jws->signature)));
  bool was_asked = false;
  const auto key = verifier().verify(*jws, [&] { return was_asked = true; });
  if (!key) {
    SSE_CHECK(!key.error().may_be_told());
    return;
  }
  SSE_CHECK(was_asked);
  SSE_CHECK(to_string((*key)->key.algorithm()) == jws->algorithm);
  SSE_CHECK(jws->algorithm != "HS256" ||
            jws->signature == auth::bytes_of(auth::hmac_sha256(kSecret, jws->signed_text)));
}

}  // namespace
}  // namespace sse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = sse::fuzz::text_of(data, size);
  sse::fuzz::check(text);
  // A header of any bytes, and then one that is signed: what is behind the form is reached, too.
  const auto encoded = sse::auth::base64url(text) + ".e30";
  sse::fuzz::check(encoded + ".AA");
  sse::fuzz::check(encoded + "." +
                   sse::auth::base64url(
                       sse::auth::bytes_of(sse::auth::hmac_sha256(sse::fuzz::kSecret, encoded))));
  if (const auto id = sse::auth::static_token_id(text)) SSE_CHECK(sse::auth::is_token_id(*id));
  return 0;
}
