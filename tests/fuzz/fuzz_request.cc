// Request framing: however bytes are cut, the same requests are read or the same is refused, and
// what is read keeps the limits and holds nothing that later readers would stumble over.

#include <algorithm>
#include <string>

#include "sse/base/utf8.h"

#include "fuzz/input.h"
#include "http/reading.h"

namespace sse::fuzz {
namespace {

constexpr http::RequestLimits kLimits{512, 64};  // small, so that they are met

bool has_line_end_or_nul(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

void check_whole(const http::Reading& request) {
  SSE_CHECK(request.body.size() <= kLimits.max_body);
  SSE_CHECK(request.path == "*" || request.path.starts_with('/'));
  SSE_CHECK(is_valid_utf8(request.path) && !has_control_character(request.path));
  SSE_CHECK(("/" + request.path + "/").find("/../") == std::string::npos);
  for (const auto& [name, value] : request.fields) {
    SSE_CHECK(!name.empty() && !has_line_end_or_nul(name) && !has_line_end_or_nul(value));
  }
  for (const auto& [name, value] : request.params) {
    SSE_CHECK(is_valid_utf8(name) && is_valid_utf8(value));
  }
  SSE_CHECK(request.fields.count("Content-Length") + request.fields.count("Transfer-Encoding") <=
            1);
  SSE_CHECK(request.fields.count("Host") <= 1);
}

void check(std::string_view bytes, std::size_t cut, std::size_t step) {
  while (!bytes.empty()) {
    const auto whole = http::read(bytes, bytes.size(), 1, kLimits);
    SSE_CHECK(http::read(bytes, 1, 1, kLimits) == whole);
    SSE_CHECK(http::read(bytes, cut, step + 1, kLimits) == whole);
    if (whole.status != http::Reading::kWhole) return;
    SSE_CHECK(whole.taken > 0 && whole.taken <= bytes.size());
    check_whole(whole);
    bytes.remove_prefix(whole.taken);  // pipelined: the next one begins where this one ended
  }
}

}  // namespace
}  // namespace sse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = sse::fuzz::text_of(data, size);
  const auto cut = sse::fuzz::take_byte(bytes);
  const auto step = sse::fuzz::take_byte(bytes);
  sse::fuzz::check(bytes, cut, step);
  return 0;
}
