// The token file: what is taken has checked rows in order, no two alike, and an error has its line.

#include <string>

#include "sse/auth/static_token.h"
#include "sse/auth/token_file.h"

#include "fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = sse::fuzz::text_of(data, size);
  const auto file = sse::auth::TokenFile::parse(text, "tokens.toml");
  if (!file) {
    const auto& said = file.error().text;
    SSE_CHECK(said.starts_with("tokens.toml:") && said.size() > 14);
    SSE_CHECK(said[12] >= '0' && said[12] <= '9');
    return 0;
  }
  std::string before;
  for (const auto& row : (*file)->rows()) {
    SSE_CHECK(sse::auth::is_token_id(row.id) && row.id > before);
    SSE_CHECK(row.principal->id == "token:" + row.id);
    SSE_CHECK(row.principal->publish.size() + row.principal->subscribe.size() <=
              sse::auth::kMaxGrants);
    before = row.id;
  }
  SSE_CHECK((*file)->find(text) == nullptr);
  return 0;
}
