#include "sse/base/uuid.h"

#include "support/catch.h"
#include "support/fixed_random.h"

namespace sse {
namespace {

TEST_CASE("A UUID reads back what it printed", "[base][uuid]") {
  const auto uuid = parse_uuid("018F4C2E-0123-7456-89ab-cdef01234567");
  REQUIRE(uuid);
  CHECK(to_string(*uuid) == "018f4c2e-0123-7456-89ab-cdef01234567");
}

TEST_CASE("Anything but the canonical form is not a UUID", "[base][uuid]") {
  for (const auto* text :
       {"", "018f4c2e", "018f4c2e-0123-7456-89ab-cdef0123456",
        "018f4c2e-0123-7456-89ab-cdef012345678", "018f4c2e00123-7456-89ab-cdef01234567",
        "g18f4c2e-0123-7456-89ab-cdef01234567", "{18f4c2e-0123-7456-89ab-cdef0123456}"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_uuid(text));
  }
}

TEST_CASE("A new UUID is version 7 and carries its millisecond", "[base][uuid]") {
  test::FixedRandom random(0xFFFF'FFFF'FFFF'FFF0U);
  const auto uuid = make_uuid_v7(WallTime(std::chrono::milliseconds(0x0123456789AB)), random);
  CHECK(uuid.high >> 16 == 0x0123456789AB);
  CHECK(((uuid.high >> 12) & 0xF) == 7);
  CHECK(uuid.low >> 62 == 0b10);
}

}  // namespace
}  // namespace sse
