// What a proxy sends ahead of a request: the same header by any cut, never more than its bytes, and
// a peer that reads as an address with its port.

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "sse/base/ip_address.h"
#include "sse/http/peer_text.h"
#include "sse/http/proxy_head.h"

#include "fuzz/input.h"

namespace sse::fuzz {
namespace {

using http::ProxyHead;
using Progress = ProxyHead::Progress;

constexpr std::size_t kMost = 16 + 65535;

struct Outcome {
  Progress progress;
  std::size_t taken;
  ProxyHead::Source source;
  std::string peer;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// `size`: of each piece.
Outcome read(std::string_view bytes, std::size_t size) {
  ProxyHead head;
  std::size_t taken = 0;
  while (taken < bytes.size() && head.progress() == Progress::kMore) {
    const auto piece = bytes.substr(taken, size);
    const auto now = head.feed(piece);
    SSE_CHECK(now <= piece.size());
    SSE_CHECK(now == piece.size() || head.progress() != Progress::kMore);
    taken += now;
  }
  if (head.progress() != Progress::kDone) return {head.progress(), 0, {}, {}};
  return {head.progress(), taken, head.source(), head.peer()};
}

void check(std::string_view bytes, std::size_t size) {
  const Outcome whole = read(bytes, std::max<std::size_t>(bytes.size(), 1));
  SSE_CHECK(read(bytes, 1) == whole);
  SSE_CHECK(read(bytes, size) == whole);
  SSE_CHECK(whole.taken <= kMost);
  if (whole.progress == Progress::kMore) SSE_CHECK(bytes.size() < kMost);
  if (whole.progress != Progress::kDone) return;
  SSE_CHECK(whole.peer.empty() == (whole.source != ProxyHead::Source::kNamed));
  // What follows changes nothing.
  SSE_CHECK(read(std::string(bytes.substr(0, whole.taken)) + "GET / HTTP/1.1\r\n", kMost) == whole);
  if (whole.peer.empty()) return;
  const auto parts = http::split_peer(whole.peer);
  SSE_CHECK(IpAddress::parse(parts.address).has_value());
  SSE_CHECK(parts.port >= 0 && parts.port <= 65535);
}

}  // namespace
}  // namespace sse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = sse::fuzz::text_of(data, size);
  const std::size_t piece = 1 + sse::fuzz::take_byte(text);
  sse::fuzz::check(text, piece);
  // With the start of each version: what is behind it is reached, too.
  using namespace std::string_literals;
  sse::fuzz::check("PROXY TCP4 "s + std::string(text), piece);
  sse::fuzz::check("\r\n\r\n\0\r\nQUIT\n"s + std::string(text), piece);
  return 0;
}
