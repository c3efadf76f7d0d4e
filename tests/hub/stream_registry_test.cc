#include "sse/hub/stream_registry.h"

#include "support/catch.h"

namespace sse::hub {
namespace {

using Entries = std::vector<StreamRegistry::Entry*>;

HubOptions places(std::size_t most, WhenFull when_full, std::size_t most_of_one_peer = 0) {
  HubOptions options;
  options.max_clients = most;
  options.when_full = when_full;
  options.max_per_peer = most_of_one_peer;
  return options;
}

TEST_CASE("The oldest stream over all loops makes room, and its loop is asked", "[hub][registry]") {
  std::vector<unsigned> asked;
  StreamRegistry registry(places(2, WhenFull::kEvictOldest), 2,
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
  StreamRegistry registry(places(2, WhenFull::kEvictOldest), 1, [](unsigned) {});
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
  StreamRegistry registry(places(1, WhenFull::kReject), 1,
                          [](unsigned) { FAIL("asked to evict"); });
  StreamRegistry::Entry a, b;
  CHECK_FALSE(registry.refusal());
  CHECK(registry.admit(a, 0));
  CHECK(registry.refusal() == Refusal::kFull);
  CHECK_FALSE(registry.admit(b, 0));
  registry.remove(a);
  CHECK(registry.admit(b, 0));
}

TEST_CASE("One address has no more than its places, and makes nobody else go", "[hub][registry]") {
  StreamRegistry registry(places(3, WhenFull::kEvictOldest, 2), 1, [](unsigned) {});
  const auto crowd = peer_group("192.0.2.1");
  StreamRegistry::Entry other, a, b, c;
  CHECK(registry.admit(other, 0, peer_group("192.0.2.2")));
  CHECK(registry.admit(a, 0, crowd));
  CHECK(registry.admit(b, 0, crowd));
  CHECK(registry.refusal(crowd) == Refusal::kPeerFull);
  CHECK_FALSE(registry.admit(c, 0, crowd));
  CHECK(registry.count() == 3);
  CHECK(registry.take_evicted(0).empty());

  registry.remove(a);
  CHECK_FALSE(registry.refusal(crowd));
  CHECK(registry.admit(c, 0, crowd));
  CHECK(registry.count() == 3);
}

TEST_CASE("A stream that is evicted gives its address's place back", "[hub][registry]") {
  StreamRegistry registry(places(1, WhenFull::kEvictOldest, 1), 1, [](unsigned) {});
  const auto one = peer_group("192.0.2.1");
  StreamRegistry::Entry a, b, c;
  CHECK(registry.admit(a, 0, one));
  CHECK(registry.admit(b, 0, peer_group("192.0.2.2")));
  CHECK(registry.admit(c, 0, one));
  registry.remove(a);  // only now closed: its place is not given back twice
  CHECK(registry.refusal(one) == Refusal::kPeerFull);
}

TEST_CASE("The peer of a Unix socket has any number of streams", "[hub][registry]") {
  StreamRegistry registry(places(10, WhenFull::kReject, 1), 1, [](unsigned) {});
  std::vector<StreamRegistry::Entry> entries(10);
  for (auto& entry : entries) CHECK(registry.admit(entry, 0, peer_group("unix")));
  CHECK(registry.refusal(peer_group("unix")) == Refusal::kFull);
}

TEST_CASE("An IPv4 address is counted in both its forms, IPv6 by its first 64 bits",
          "[hub][registry]") {
  CHECK(peer_group("192.0.2.1") == peer_group("::ffff:192.0.2.1"));
  CHECK(peer_group("192.0.2.1") != peer_group("192.0.2.2"));
  CHECK(peer_group("2001:db8:0:1::5") == peer_group("2001:db8:0:1:ffff::"));
  CHECK(peer_group("2001:db8:0:1::5") != peer_group("2001:db8:0:2::5"));
  CHECK(peer_group("fe80::1") != peer_group("fe80::2"));
  CHECK_FALSE(peer_group("unix"));
}

}  // namespace
}  // namespace sse::hub
