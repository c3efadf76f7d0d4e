#include "sse/base/ip_address.h"

#include "support/catch.h"

namespace sse {
namespace {

TEST_CASE("An address is read and written in the form of its family", "[base][address]") {
  for (const auto* text : {"10.0.0.1", "255.255.255.255", "::1", "::", "fd00::1", "2001:db8::"}) {
    CAPTURE(text);
    const auto address = IpAddress::parse(text);
    REQUIRE(address);
    CHECK(to_string(*address) == text);
  }
  CHECK(IpAddress::parse("::ffff:10.0.0.1") == IpAddress::parse("10.0.0.1"));
  CHECK(IpAddress::parse("::10.0.0.1") != IpAddress::parse("10.0.0.1"));
  for (const auto* text : {"", "unix", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1 ", "[::1]",
                           "::1%lo", "localhost", "1.2.3.4:80"}) {
    CAPTURE(text);
    CHECK_FALSE(IpAddress::parse(text));
  }
}

TEST_CASE("Loopback is known in every form", "[base][address]") {
  for (const auto* text : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"}) {
    CAPTURE(text);
    CHECK(IpAddress::parse(text)->is_loopback());
  }
  for (const auto* text : {"128.0.0.1", "0.0.0.0", "::", "::2", "::127.0.0.1", "fe80::1"}) {
    CAPTURE(text);
    CHECK_FALSE(IpAddress::parse(text)->is_loopback());
  }
}

struct Membership {
  const char* range;
  const char* address;
  bool is_in;
};

TEST_CASE("A range holds what begins like it, of either spelling", "[base][address]") {
  for (const auto& [range, address, is_in] : {
           Membership{"10.0.0.0/8", "10.255.0.1", true},
           Membership{"10.0.0.0/8", "11.0.0.1", false},
           Membership{"10.0.0.0/8", "::ffff:10.1.2.3", true},
           Membership{"10.0.0.0/8", "a00::", false},
           Membership{"::ffff:10.0.0.0/104", "10.1.2.3", true},
           Membership{"192.168.1.7", "192.168.1.7", true},
           Membership{"192.168.1.7", "192.168.1.6", false},
           Membership{"172.16.0.0/12", "172.31.255.255", true},
           Membership{"172.16.0.0/12", "172.32.0.0", false},
           Membership{"0.0.0.0/0", "8.8.8.8", true},
           Membership{"0.0.0.0/0", "2001:db8::1", false},
           Membership{"::/0", "8.8.8.8", true},
           Membership{"fd00::/8", "fdff::1", true},
           Membership{"fd00::/8", "fe00::1", false},
           Membership{"2001:db8::/33", "2001:db8:7fff::", true},
           Membership{"2001:db8::/33", "2001:db8:8000::", false},
       }) {
    CAPTURE(range, address);
    const auto parsed = AddressRange::parse(range);
    REQUIRE(parsed);
    CHECK(parsed->holds(*IpAddress::parse(address)) == is_in);
  }
}

TEST_CASE("A text that is not a range is refused, and the error says what was expected",
          "[base][address]") {
  for (const auto* text : {"", "/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x",
                           "::/129", "localhost", "10.0.0/8", "unix"}) {
    CAPTURE(text);
    const auto range = AddressRange::parse(text);
    REQUIRE_FALSE(range);
    CHECK(range.error().text.find("expected one such as 10.0.0.0/8") != std::string::npos);
  }
  CHECK(AddressRange::parse("10.1.2.3/8").error().text ==
        "\"10.1.2.3/8\" has bits set behind its /8: did you mean 10.0.0.0/8?");
}

}  // namespace
}  // namespace sse
