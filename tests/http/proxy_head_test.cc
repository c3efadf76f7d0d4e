#include "sse/http/proxy_head.h"

#include <string>
#include <string_view>

#include "support/catch.h"

namespace sse::http {
namespace {

using Progress = ProxyHead::Progress;
using Source = ProxyHead::Source;

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

/// A version 2 header: `command` and `family` as their whole bytes.
std::string binary(int command, int family, const std::string& body) {
  std::string head = kSignature;
  head += static_cast<char>(command);
  head += static_cast<char>(family);
  head += static_cast<char>(body.size() >> 8U);
  head += static_cast<char>(body.size());
  return head + body;
}

const std::string kV4("\xC0\x00\x02\x01\x0A\x00\x00\x07\xDC\x04\x00\x50", 12);
const std::string kV6(
    "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x07"
    "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x08\xDC\x04\x00\x50",
    36);

/// What a header comes to when it comes in pieces of `size` bytes, with a request behind it.
std::string read(const std::string& head, std::size_t size = 1'000'000) {
  const std::string rest = "GET / HTTP/1.1\r\n";
  const std::string all = head + rest;
  ProxyHead reader;
  std::size_t at = 0;
  while (at < all.size() && reader.progress() == Progress::kMore) {
    const auto piece = std::string_view(all).substr(at, size);
    const auto taken = reader.feed(piece);
    at += taken;
    if (reader.progress() == Progress::kMore && taken != piece.size()) return "left bytes";
  }
  if (reader.progress() != Progress::kDone) {
    return reader.progress() == Progress::kBad ? "bad" : "more";
  }
  if (at != head.size()) return "took " + std::to_string(at) + " of " + std::to_string(head.size());
  switch (reader.source()) {
    case Source::kLocal:
      return "local";
    case Source::kUnknown:
      return "unknown";
    case Source::kNamed:
      break;
  }
  return reader.peer();
}

TEST_CASE("A PROXY header names the peer, in both versions", "[http][proxy]") {
  CHECK(read("PROXY TCP4 192.0.2.1 10.0.0.7 56324 443\r\n") == "192.0.2.1:56324");
  CHECK(read("PROXY TCP6 2001:db8::7 ::1 1 65535\r\n") == "[2001:db8::7]:1");
  CHECK(read("PROXY TCP6 ::ffff:192.0.2.1 ::1 0 2\r\n") == "192.0.2.1:0");
  CHECK(read(binary(0x21, 0x11, kV4)) == "192.0.2.1:56324");
  CHECK(read(binary(0x21, 0x12, kV4)) == "192.0.2.1:56324");
  CHECK(read(binary(0x21, 0x21, kV6)) == "[2001:db8::7]:56324");
}

TEST_CASE("A header may be split at any byte", "[http][proxy]") {
  const std::string tlvs = kV4 + std::string("\x03\x00\x04\x12\x34\x56\x78", 7);
  for (std::size_t size = 1; size < 60; ++size) {
    CAPTURE(size);
    CHECK(read("PROXY TCP4 192.0.2.1 10.0.0.7 56324 443\r\n", size) == "192.0.2.1:56324");
    CHECK(read("PROXY UNKNOWN\r\n", size) == "unknown");
    CHECK(read(binary(0x21, 0x11, kV4), size) == "192.0.2.1:56324");
    CHECK(read(binary(0x21, 0x11, tlvs), size) == "192.0.2.1:56324");
    CHECK(read(binary(0x20, 0x00, ""), size) == "local");
  }
}

TEST_CASE("What a version 2 header has behind its addresses is skipped, to the last byte",
          "[http][proxy]") {
  CHECK(read(binary(0x21, 0x11, kV4 + std::string(65535 - kV4.size(), 'x'))) == "192.0.2.1:56324");
  CHECK(read(binary(0x21, 0x21, kV6 + std::string(300, '\n'))) == "[2001:db8::7]:56324");
  CHECK(read(binary(0x20, 0x11, kV4 + "x")) == "local");
}

TEST_CASE("A connection of the proxy's own has no other peer", "[http][proxy]") {
  CHECK(read(binary(0x20, 0x00, "")) == "local");
  CHECK(read(binary(0x20, 0x11, kV4)) == "local");
  // Whatever the family says.
  CHECK(read(binary(0x20, 0xFF, "abc")) == "local");
}

TEST_CASE("A peer that the proxy does not know, or that has no IP address, stays unknown",
          "[http][proxy]") {
  CHECK(read("PROXY UNKNOWN\r\n") == "unknown");
  CHECK(read("PROXY UNKNOWN 192.0.2.1 10.0.0.7 1 2\r\n") == "unknown");
  CHECK(read(binary(0x21, 0x00, "")) == "unknown");
  CHECK(read(binary(0x21, 0x10, "")) == "unknown");
  CHECK(read(binary(0x21, 0x31, std::string(216, 'x'))) == "unknown");
}

TEST_CASE("Nothing else is a PROXY header", "[http][proxy]") {
  for (const std::string text : {
           "GET / HTTP/1.1\r\n",
           "PRI * HTTP/2.0\r\n\r\n",
           "proxy TCP4 192.0.2.1 10.0.0.7 56324 443\r\n",
           "PROXY\r\n",
           "PROXY \r\n",
           "PROXY TCP5 192.0.2.1 10.0.0.7 56324 443\r\n",
           "PROXY TCP4\r\n",
           "PROXY TCP4 192.0.2.1 10.0.0.7 56324\r\n",
           "PROXY TCP4 192.0.2.1 10.0.0.7 56324 443 1\r\n",
           "PROXY TCP4  192.0.2.1 10.0.0.7 56324 443\r\n",
           "PROXY TCP4 192.0.2.1 10.0.0.7 56324 443 \r\n",
           "PROXY TCP4 192.0.2.256 10.0.0.7 56324 443\r\n",
           "PROXY TCP4 2001:db8::7 ::1 56324 443\r\n",
           "PROXY TCP6 192.0.2.1 10.0.0.7 56324 443\r\n",
           "PROXY TCP6 fe80::1%eth0 ::1 56324 443\r\n",
           "PROXY TCP4 192.0.2.1 x 56324 443\r\n",
           "PROXY TCP4 192.0.2.1 10.0.0.7 65536 443\r\n",
           "PROXY TCP4 192.0.2.1 10.0.0.7 +1 443\r\n",
           "PROXY TCP4 192.0.2.1 10.0.0.7 01 443\r\n",
           "PROXY TCP4 192.0.2.1 10.0.0.7 1 -2\r\n",
       }) {
    CAPTURE(text);
    CHECK(read(text) == "bad");
    CHECK(read(text, 1) == "bad");
  }
  std::string wrong_signature = binary(0x21, 0x11, kV4);
  wrong_signature[11] = 'X';
  CHECK(read(wrong_signature) == "bad");
  CHECK(read(binary(0x11, 0x11, kV4)) == "bad");  // version 1
  CHECK(read(binary(0x22, 0x11, kV4)) == "bad");  // a command of none
  CHECK(read(binary(0x21, 0x41, kV4)) == "bad");  // a family of none
  CHECK(read(binary(0x21, 0x13, kV4)) == "bad");  // a transport of none
  CHECK(read(binary(0x21, 0x11, kV4.substr(1))) == "bad");
  CHECK(read(binary(0x21, 0x21, kV6.substr(1))) == "bad");
}

TEST_CASE("A line has at most 107 bytes", "[http][proxy]") {
  const std::string start = "PROXY UNKNOWN ";
  CHECK(read(start + std::string(107 - 2 - start.size(), 'x') + "\r\n") == "unknown");
  CHECK(read(start + std::string(107 - 1 - start.size(), 'x') + "\r\n") == "bad");
  ProxyHead endless;
  CHECK(endless.feed(start + std::string(1000, 'x')) <= 107);
  CHECK(endless.progress() == Progress::kBad);
}

}  // namespace
}  // namespace sse::http
