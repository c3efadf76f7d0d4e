#include "sse/base/keyed_digest.h"

#include <bit>
#include <set>
#include <string>

#include "support/catch.h"
#include "support/fixed_random.h"

namespace sse {
namespace {

// The reference implementation's key: the bytes 00 01 02 ... 0f.
const KeyedDigest kReference(0x0706050403020100, 0x0f0e0d0c0b0a0908);

TEST_CASE("The digest is SipHash-2-4-128", "[base][hash]") {
  if constexpr (std::endian::native == std::endian::little) {
    // Of the bytes 00 01 02 ..., as the reference implementation has them.
    CHECK(kReference.of("") == Digest{0xe6a825ba047f81a3, 0x930255c71472f66d});
    CHECK(kReference.of(std::string_view("\0", 1)) ==
          Digest{0x44af996bd8c187da, 0x45fc229b11597634});
    CHECK(kReference.of(std::string_view("\0\1\2\3\4\5\6\7", 8)) ==
          Digest{0x61f55862baa9623b, 0xb49714f364e2830f});
    CHECK(kReference.of(std::string_view("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16", 15)) ==
          Digest{0x11a8b03399e99354, 0xd9c3cf970fec087e});
  }
}

TEST_CASE("A digest of several texts is that of their lengths and then their bytes",
          "[base][hash]") {
  const std::string text = "0123456789abcdefghijklmnopqrstuvwxyz";
  for (std::size_t first = 0; first <= text.size(); ++first) {
    CAPTURE(first);
    const std::uint64_t sizes[] = {first, text.size() - first};
    std::string bytes(reinterpret_cast<const char*>(sizes), sizeof sizes);
    CHECK(kReference.of_all({text.substr(0, first), text.substr(first)}) ==
          kReference.of(bytes += text));
  }
}

TEST_CASE("Where one text ends and the next begins makes another digest", "[base][hash]") {
  const auto of = [](std::initializer_list<std::string_view> texts) {
    return kReference.of_all(texts);
  };
  const std::set<Digest> digests = {of({"ab", "c"}), of({"a", "bc"}), of({"", "abc"}),
                                    of({"abc", ""}), of({"abc"}),     of({"a", "b", "c"}),
                                    of({"ab", "C"})};
  CHECK(digests.size() == 7);
}

TEST_CASE("Another key gives another digest", "[base][hash]") {
  test::FixedRandom random;
  const KeyedDigest one(random);
  const KeyedDigest other(random);
  CHECK(one.of("a") == one.of("a"));
  CHECK_FALSE(one.of("a") == other.of("a"));
}

}  // namespace
}  // namespace sse
