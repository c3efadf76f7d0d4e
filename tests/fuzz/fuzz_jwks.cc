// A file of keys: what is taken can be used, a key has its one algorithm, and no error shows what
// a key is made of.

#include <string>

#include "sse/auth/jws_verifier.h"
#include "sse/base/utf8.h"

#include "fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = sse::fuzz::text_of(data, size);
  const auto file = sse::auth::parse_key_file(text, "keys", "issuer");
  if (!file) {
    SSE_CHECK(file.error().text.starts_with("keys: "));
    SSE_CHECK(!sse::has_control_character(file.error().text));
    return 0;
  }
  SSE_CHECK(!file->keys.empty() && file->keys.size() <= sse::auth::kMaxKeys);
  for (const auto& key : file->keys) {
    SSE_CHECK(key.issuer == "issuer");
    for (const std::size_t length : {0U, 32U, 64U, 256U}) {
      SSE_CHECK(!key.key.verifies("text", std::string(length, 'x')));
    }
  }
  static_cast<void>(sse::auth::JwsVerifier::make(file->keys));
  return 0;
}
