#include "sse/hub/stream_registry.h"

#include "support/catch.h"

namespace sse::hub {
namespace {

using Entries = std::vector<StreamRegistry::Entry*>;

TEST_CASE("The oldest stream over all loops makes room, and its loop is asked", "[hub][registry]") {
  std::vector<unsigned> asked;
  StreamRegistry registry(2, WhenFull::kEvictOldest, 2,
                          [&](unsigned loop) { asked.push_back(loop); });
  StreamRegistry::Entry a, b, c, d;
  CHECK(registry.admit(a, 1));
  CHECK(registry.admit(b, 0));
  CHECK(registry.admit(c, 1));
  CHECK(registry.admit(d, 1));
  CHECK(registry.count() == 2);
  CHECK(asked == std::vector<unsigned>{1, 0});
  CHECK(registry.take_evicted(1) == Entries{&a});
  CHECK(registry.take_evicted(0) == Entries{&b});
  CHECK(registry.take_evicted(0).empty());
}

TEST_CASE("A stream that ended is not evicted, also when it was about to be", "[hub][registry]") {
  StreamRegistry registry(2, WhenFull::kEvictOldest, 1, [](unsigned) {});
  StreamRegistry::Entry a, b, c, d;
  registry.admit(a, 0);
  registry.admit(b, 0);
  registry.remove(a);
  CHECK(registry.count() == 1);
  registry.admit(c, 0);
  registry.admit(d, 0);  // takes b off
  registry.remove(b);
  CHECK(registry.take_evicted(0).empty());
  CHECK(registry.count() == 2);
}

TEST_CASE("With the policy to reject nobody is evicted", "[hub][registry]") {
  StreamRegistry registry(1, WhenFull::kReject, 1, [](unsigned) { FAIL("asked to evict"); });
  StreamRegistry::Entry a, b;
  CHECK_FALSE(registry.is_full());
  CHECK(registry.admit(a, 0));
  CHECK(registry.is_full());
  CHECK_FALSE(registry.admit(b, 0));
  registry.remove(a);
  CHECK(registry.admit(b, 0));
}

}  // namespace
}  // namespace sse::hub
