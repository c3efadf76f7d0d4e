#include "sse/base/certificate_name.h"

#include <string>

#include "support/catch.h"

namespace sse {
namespace {

TEST_CASE("A name of a certificate has a kind, and one form", "[base]") {
  CHECK(certificate_name("dns:Hub.Example") == "dns:hub.example");
  CHECK(certificate_name("email:Ann.A@Example.ORG") == "email:Ann.A@example.org");
  CHECK(certificate_name("email:Ann") == "email:Ann");
  CHECK(certificate_name("uri:URN:S7") == "uri:URN:S7");
  CHECK(certificate_name("cn:dns:Sensor 7") == "cn:dns:Sensor 7");
  std::string printed = "sha256:AB";
  for (int i = 0; i < 31; ++i) printed += ":0C";
  std::string compared = "sha256:ab";
  for (int i = 0; i < 31; ++i) compared += "0c";
  CHECK(certificate_name(printed) == compared);
  for (const std::string_view other :
       {"", "Ann", "ann@example.org", ":x", "dns:", "DNS:x", "ip:192.0.2.1", "sha256:ab"}) {
    CAPTURE(other);
    CHECK_FALSE(certificate_name(other));
  }
  CHECK_FALSE(certificate_name(std::string_view("cn:a\0b", 6)));
  CHECK_FALSE(certificate_name("sha256:" + std::string(63, 'a') + "g"));
}

}  // namespace
}  // namespace sse
