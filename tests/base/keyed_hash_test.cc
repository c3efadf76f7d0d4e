#include "sse/base/keyed_hash.h"

#include <bit>
#include <string>

#include "support/catch.h"
#include "support/fixed_random.h"

namespace sse {
namespace {

// The reference implementation's key: the bytes 00 01 02 ... 0f.
const KeyedHash kReference(0x0706050403020100, 0x0f0e0d0c0b0a0908);

TEST_CASE("The hash is SipHash-1-3", "[base][hash]") {
  if constexpr (std::endian::native == std::endian::little) {
    // Of the bytes 00 01 02 ..., as the reference implementation has them.
    CHECK(kReference("") == 0xabac0158050fc4dc);
    CHECK(kReference(std::string_view("\0", 1)) == 0xc9f49bf37d57ca93);
    CHECK(kReference(std::string_view("\0\1\2\3\4\5\6\7", 8)) == 0x369095118d299a8e);
    CHECK(kReference(std::string_view("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16", 15)) ==
          0xd320d86d2a519956);
  }
}

TEST_CASE("Another key gives another hash, for texts of every length", "[base][hash]") {
  test::FixedRandom random;
  const KeyedHash one(random);
  const KeyedHash other(random);
  std::string text;
  for (int length = 0; length < 40; ++length, text += 'a') {
    CAPTURE(length);
    CHECK(one(text) != other(text));
    CHECK(one(text) == one(text));
    CHECK(one(text) != one(text + '\0'));
  }
}

}  // namespace
}  // namespace sse
