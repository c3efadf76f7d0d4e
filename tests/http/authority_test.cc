#include "sse/http/authority.h"

#include <string>

#include "http/reading.h"
#include "support/catch.h"

namespace sse::http {
namespace {

using namespace std::string_literals;

struct Good {
  std::string text;
  std::string host;
  int port;  // -1: none
  const char* address = nullptr;
};

const Good kGood[] = {
    {"h", "h", -1},
    {"hub.example", "hub.example", -1},
    {"hub.example.", "hub.example.", -1},
    {"Hub.EXAMPLE:80", "Hub.EXAMPLE", 80},
    {"localhost:0", "localhost", 0},
    {"localhost:65535", "localhost", 65535},
    {"localhost:00000000080", "localhost", 80},
    {"localhost:", "localhost", -1},
    {"with_underscore-and-dash", "with_underscore-and-dash", -1},
    {"a~b!c$d&e'f(g)h*i+j,k;l=m", "a~b!c$d&e'f(g)h*i+j,k;l=m", -1},
    {"%6cocalhost", "%6cocalhost", -1},
    {"%C3%A4.example:1", "%C3%A4.example", 1},
    {"127.0.0.1", "127.0.0.1", -1, "127.0.0.1"},
    {"10.1.2.3:8089", "10.1.2.3", 8089, "10.1.2.3"},
    {"[::1]", "::1", -1, "::1"},
    {"[::1]:8089", "::1", 8089, "::1"},
    {"[2001:DB8::7]:", "2001:DB8::7", -1, "2001:db8::7"},
    {"[::ffff:127.0.0.1]", "::ffff:127.0.0.1", -1, "127.0.0.1"},
    // Names, as far as the grammar goes: nothing but a browser reads them as addresses.
    {"2130706433", "2130706433", -1},
    {"0x7f.1", "0x7f.1", -1},
    {"127.1", "127.1", -1},
    {"127.0.0.256", "127.0.0.256", -1},
    {"1.2.3.4.5:6", "1.2.3.4.5", 6},
    {"127.0.0.01", "127.0.0.01", -1},
};

const std::string kBad[] = {
    "",
    ":",
    ":80",
    "h:65536",
    "h:99999999999999999999",
    "h:-1",
    "h:+1",
    "h:0x50",
    "h:80a",
    "h:80:80",
    "h: 80",
    "h :80",
    "a b",
    "h/",
    "h/x",
    "h?x",
    "h#x",
    "h\\x",
    "u@h",
    "u:p@h",
    "@h",
    "http://h",
    "h,h:1,",
    "\"h\"",
    "<h>",
    "h|h",
    "h^",
    "h`",
    "{h}",
    "%",
    "%4",
    "%zz",
    "h%",
    "\xC3\xA4.example",
    "h\x7f",
    "h\0"s,
    "::1",
    "::1:80",
    "2001:db8::7",
    "[::1",
    "::1]",
    "[]",
    "[]:80",
    "[::1]80",
    "[::1]x",
    "[::1]:x",
    "[::1]:65536",
    "[::1]]",
    "[[::1]]",
    "[127.0.0.1]",
    "[localhost]",
    "[::1%25lo]",
    "[fe80::1%eth0]",
    "[v1.x]",
    "[:::1]",
    "[12345::1]",
    "x[::1]",
};

std::string request_for(const std::string& host, const std::string& version = "1.1") {
  return "GET / HTTP/" + version + "\r\nHost: " + host + "\r\n\r\n";
}

TEST_CASE("A Host is a name or an address, and maybe a port", "[http][host]") {
  for (const auto& [text, host, port, address] : kGood) {
    CAPTURE(text);
    const auto authority = Authority::parse(text);
    REQUIRE(authority);
    CHECK(authority->host == host);
    CHECK((authority->port ? int{*authority->port} : -1) == port);
    CHECK(authority->address == (address ? IpAddress::parse(address) : std::nullopt));
    const auto bytes = request_for(text);
    CHECK(read(bytes, bytes.size(), 1, {}).status == 0);
  }
}

TEST_CASE("Everything else as a Host, or in a URL, is 400, in both versions of HTTP",
          "[http][host]") {
  for (const auto& text : kBad) {
    CAPTURE(text);
    CHECK_FALSE(Authority::parse(text));
    for (const auto* version : {"1.0", "1.1"}) {
      const auto bytes = request_for(text, version);
      CHECK(read(bytes, bytes.size(), 1, {}).status == 400);
    }
    // What ends an authority is the path's there.
    if (text.find_first_of("/?") != text.npos) continue;
    const auto url = "GET http://" + text + "/ HTTP/1.1\r\nHost: h\r\n\r\n";
    CHECK(read(url, url.size(), 1, {}).status == 400);
  }
}

}  // namespace
}  // namespace sse::http
