#include "sse/hub/stream_registry.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <random>
#include <string>
#include <thread>

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

/// Why there is no place, if there is none.
std::optional<Refusal> refusal(StreamRegistry& registry,
                               const std::optional<IpAddress>& peer = std::nullopt) {
  const auto admitted = registry.admit(peer);
  const auto* reason = std::get_if<Refusal>(&admitted);
  return reason != nullptr ? std::optional(*reason) : std::nullopt;
}

StreamPlace place_in(StreamRegistry& registry,
                     const std::optional<IpAddress>& peer = std::nullopt) {
  auto admitted = registry.admit(peer);
  REQUIRE(std::holds_alternative<StreamPlace>(admitted));
  return std::get<StreamPlace>(std::move(admitted));
}

void open(StreamRegistry& registry, StreamRegistry::Entry& entry, unsigned loop,
          const std::optional<IpAddress>& peer = std::nullopt) {
  registry.link(entry, loop, place_in(registry, peer));
}

TEST_CASE("The oldest stream over all loops makes room, and its loop is asked", "[hub][registry]") {
  std::vector<unsigned> asked;
  StreamRegistry registry(places(2, WhenFull::kEvictOldest), 2,
                          [&](unsigned loop) { asked.push_back(loop); });
  StreamRegistry::Entry a, b, c, d;
  open(registry, a, 1);
  open(registry, b, 0);
  open(registry, c, 1);
  open(registry, d, 1);
  CHECK(registry.count() == 2);
  CHECK(asked == std::vector<unsigned>{1, 0});
  CHECK(registry.take_evicted(1) == Entries{&a});
  CHECK(registry.take_evicted(0) == Entries{&b});
  CHECK(registry.take_evicted(0).empty());
}

TEST_CASE("A stream that ended is not evicted, also when it was about to be", "[hub][registry]") {
  StreamRegistry registry(places(2, WhenFull::kEvictOldest), 1, [](unsigned) {});
  StreamRegistry::Entry a, b, c, d;
  open(registry, a, 0);
  open(registry, b, 0);
  registry.remove(a);
  CHECK(registry.count() == 1);
  open(registry, c, 0);
  open(registry, d, 0);  // takes b off
  registry.remove(b);
  CHECK(registry.take_evicted(0).empty());
  CHECK(registry.count() == 2);
}

TEST_CASE("With the policy to reject, no stream is evicted", "[hub][registry]") {
  StreamRegistry registry(places(1, WhenFull::kReject), 1,
                          [](unsigned) { FAIL("asked to evict"); });
  StreamRegistry::Entry a, b;
  CHECK_FALSE(refusal(registry));
  open(registry, a, 0);
  CHECK(refusal(registry) == Refusal::kFull);
  registry.remove(a);
  open(registry, b, 0);
}

TEST_CASE("A place counts as a stream where streams are rejected, until it is given back",
          "[hub][registry]") {
  StreamRegistry registry(places(2, WhenFull::kReject, 1), 1, [](unsigned) {});
  const auto one = peer_group("192.0.2.1");
  const auto two = peer_group("192.0.2.2");
  StreamRegistry::Entry stream;
  {
    StreamPlace place = place_in(registry, one);
    CHECK(refusal(registry, one) == Refusal::kPeerFull);
    StreamPlace moved = std::move(place);
    StreamPlace other = place_in(registry, two);
    CHECK(refusal(registry, peer_group("192.0.2.3")) == Refusal::kFull);
    CHECK(registry.count() == 0);
    registry.link(stream, 0, std::move(moved));
    CHECK(registry.count() == 1);
    CHECK(refusal(registry, peer_group("192.0.2.3")) == Refusal::kFull);
  }
  CHECK_FALSE(refusal(registry, two));
  CHECK(refusal(registry, one) == Refusal::kPeerFull);
  registry.remove(stream);
  CHECK_FALSE(refusal(registry, one));
}

TEST_CASE("A place that is never used makes no stream go, however many there are",
          "[hub][registry]") {
  StreamRegistry registry(places(1, WhenFull::kEvictOldest), 1,
                          [](unsigned) { FAIL("asked to evict"); });
  StreamRegistry::Entry stream;
  open(registry, stream, 0);
  std::vector<StreamPlace> unused;
  for (int i = 0; i < 10; ++i) unused.push_back(place_in(registry));
  unused.clear();
  CHECK(registry.count() == 1);
  CHECK(registry.take_evicted(0).empty());
  registry.remove(stream);
}

TEST_CASE("A hub without room for any stream refuses, whatever its policy", "[hub][registry]") {
  for (const auto policy : {WhenFull::kEvictOldest, WhenFull::kReject}) {
    StreamRegistry registry(places(0, policy), 1, [](unsigned) {});
    CHECK(refusal(registry) == Refusal::kFull);
  }
}

TEST_CASE("Loops that open streams at once never have more than the limit", "[hub][registry]") {
  constexpr std::size_t kMost = 5;
  constexpr std::size_t kRounds = 2'000;
  const auto policy = GENERATE(WhenFull::kEvictOldest, WhenFull::kReject);
  std::atomic<std::size_t> evictions = 0;
  StreamRegistry registry(places(kMost, policy, 3), 2, [&](unsigned) { ++evictions; });
  std::atomic<bool> is_wrong = false;
  std::array<std::size_t, 2> opened{};
  const auto run = [&](unsigned loop) {
    const auto peer = peer_group(loop == 0 ? "192.0.2.1" : "192.0.2.2");
    std::deque<StreamRegistry::Entry> streams;
    for (std::size_t i = 0; i < kRounds; ++i) {
      auto admitted = registry.admit(peer);
      if (auto* place = std::get_if<StreamPlace>(&admitted); place != nullptr && i % 3 != 0) {
        registry.link(streams.emplace_back(), loop, std::move(*place));
        ++opened[loop];
      }
      if (registry.count() > kMost) is_wrong = true;
      for (auto* evicted : registry.take_evicted(loop)) registry.remove(*evicted);
      if (streams.size() > 4) {
        registry.remove(streams.front());
        streams.pop_front();
      }
    }
    for (auto& stream : streams) registry.remove(stream);
  };
  std::thread other(run, 1U);
  run(0);
  other.join();
  CHECK_FALSE(is_wrong);
  CHECK(opened[0] + opened[1] > 0);
  CHECK(registry.count() == 0);
  if (policy == WhenFull::kReject) CHECK(evictions == 0);
  StreamRegistry::Entry all[3];
  for (auto& stream : all) open(registry, stream, 0, peer_group("192.0.2.1"));
  CHECK(refusal(registry, peer_group("192.0.2.1")) == Refusal::kPeerFull);
}

/// How many streams of each address are still listed after all opened in turn.
struct AddressedStreams {
  explicit AddressedStreams(std::size_t most)
      : registry(places(most, WhenFull::kEvictOldest), 1, [](unsigned) {}) {}
  ~AddressedStreams() {
    for (auto& entry : entries) registry.remove(entry);
  }

  StreamRegistry::Entry& open(const char* address) {
    auto& entry = entries.emplace_back();
    hub::open(registry, entry, 0, peer_group(address));
    return entry;
  }
  std::size_t listed(std::size_t first, std::size_t end) const {
    return static_cast<std::size_t>(std::count_if(
        entries.begin() + static_cast<std::ptrdiff_t>(first),
        entries.begin() + static_cast<std::ptrdiff_t>(end),
        [](const auto& entry) { return entry.listing == StreamRegistry::Entry::State::kListed; }));
  }

  StreamRegistry registry;
  std::deque<StreamRegistry::Entry> entries;
};

TEST_CASE("An address that opens more streams than fit ends none of another's", "[hub][registry]") {
  constexpr std::size_t kOthers = 200;
  constexpr std::size_t kMany = 10'050;
  AddressedStreams streams(10'000);
  for (std::size_t i = 0; i < kOthers; ++i) streams.open("192.0.2.1");
  for (std::size_t i = 0; i < kMany; ++i) streams.open("192.0.2.2");
  CHECK(streams.registry.count() == 10'000);
  CHECK(streams.listed(0, kOthers) == kOthers);
  // The crowd's own oldest went.
  const std::size_t gone = kOthers + kMany - 10'000;
  CHECK(streams.listed(kOthers, kOthers + gone) == 0);
  CHECK(streams.listed(kOthers + gone, kOthers + kMany) == kMany - gone);
}

TEST_CASE("Who has few streams gets room from who has most", "[hub][registry]") {
  AddressedStreams streams(6);
  auto& first = streams.open("192.0.2.1");
  for (int i = 0; i < 3; ++i) streams.open("192.0.2.2");
  for (int i = 0; i < 2; ++i) streams.open("192.0.2.3");
  using State = StreamRegistry::Entry::State;
  streams.open("192.0.2.4");
  CHECK(streams.entries[1].listing == State::kEvicted);
  // Now .2 and .3 have two each: one more of .3 is its own loss.
  streams.open("192.0.2.3");
  CHECK(streams.entries[4].listing == State::kEvicted);
  CHECK(streams.listed(2, 4) == 2);
  CHECK(first.listing == State::kListed);
}

TEST_CASE("Where each address has one stream, the oldest goes", "[hub][registry]") {
  AddressedStreams streams(3);
  for (const char* address : {"192.0.2.1", "192.0.2.2", "unix", "192.0.2.3", "2001:db8::1"}) {
    streams.open(address);
  }
  CHECK(streams.listed(0, 2) == 0);
  CHECK(streams.listed(2, 5) == 3);
}

TEST_CASE("Peers of Unix sockets give way as one address does", "[hub][registry]") {
  AddressedStreams streams(4);
  streams.open("192.0.2.1");
  for (int i = 0; i < 10; ++i) streams.open("unix");
  CHECK(streams.listed(0, 1) == 1);
  CHECK(streams.listed(1, 8) == 0);
  CHECK(streams.listed(8, 11) == 3);
}

TEST_CASE("The first to go is always the oldest of who has most", "[hub][registry]") {
  std::mt19937 random(5);
  constexpr std::size_t kMost = 40;
  AddressedStreams streams(kMost);
  std::map<int, std::deque<StreamRegistry::Entry*>> model;
  std::map<int, int> first_came;
  int ages = 0;
  for (int i = 0; i < 5'000; ++i) {
    const int who = static_cast<int>(random() % (1 + random() % 9));
    if (random() % 3 == 0 && !model[who].empty()) {
      const auto at = static_cast<std::ptrdiff_t>(random() % model[who].size());
      streams.registry.remove(*model[who][static_cast<std::size_t>(at)]);
      model[who].erase(model[who].begin() + at);
      continue;
    }
    const std::size_t before = streams.registry.count();
    if (model[who].empty()) first_came[who] = ages++;
    model[who].push_back(&streams.open(("192.0.2." + std::to_string(who)).c_str()));
    if (before < kMost) continue;
    const auto fullest = std::max_element(model.begin(), model.end(), [&](auto& a, auto& b) {
      const auto& [one, its] = a;
      const auto& [other, others] = b;
      if (its.size() != others.size()) return its.size() < others.size();
      return first_came[one] > first_came[other];
    });
    CHECK(streams.registry.count() == kMost);
    REQUIRE(fullest->second.front()->listing == StreamRegistry::Entry::State::kEvicted);
    fullest->second.pop_front();
  }
}

TEST_CASE("What filters take is bounded, and one address has half of it", "[hub][registry]") {
  auto options = places(1'000, WhenFull::kEvictOldest);
  options.max_filter_bytes = 8U << 10U;
  StreamRegistry registry(options, 1, [](unsigned) {});
  const auto refusal_of = [&](const char* address, std::size_t bytes) {
    const auto admitted = registry.admit(peer_group(address), bytes);
    const auto* reason = std::get_if<Refusal>(&admitted);
    return reason != nullptr ? std::optional(*reason) : std::nullopt;
  };
  const auto add = [&](StreamRegistry::Entry& entry, const char* address, std::size_t bytes) {
    auto admitted = registry.admit(peer_group(address), bytes);
    REQUIRE(std::holds_alternative<StreamPlace>(admitted));
    registry.link(entry, 0, std::get<StreamPlace>(std::move(admitted)));
  };
  StreamRegistry::Entry a, b, c, plain;
  add(a, "192.0.2.1", 2'049);  // 3 KiB
  CHECK_FALSE(refusal_of("192.0.2.1", 1'024));
  CHECK(refusal_of("192.0.2.1", 1'025) == Refusal::kFilters);
  add(b, "192.0.2.2", 4'096);
  CHECK(refusal_of("192.0.2.3", 1'025) == Refusal::kFilters);
  CHECK_FALSE(refusal_of("192.0.2.3", 1'024));
  add(plain, "192.0.2.1", 0);
  registry.remove(b);
  add(c, "unix", 5'000);  // more than half, and none of an address
  CHECK(refusal_of("192.0.2.2", 1) == Refusal::kFilters);
  registry.remove(a);
  registry.remove(c);
  CHECK_FALSE(refusal_of("192.0.2.1", 4'096));
  registry.remove(plain);
}

TEST_CASE("A stream that is evicted has its filter until it is closed", "[hub][registry]") {
  auto options = places(1, WhenFull::kEvictOldest);
  options.max_filter_bytes = 4U << 10U;
  StreamRegistry registry(options, 1, [](unsigned) {});
  StreamRegistry::Entry a, b;
  registry.link(a, 0, std::get<StreamPlace>(registry.admit(std::nullopt, 4'096)));
  open(registry, b, 0);
  CHECK(a.listing == StreamRegistry::Entry::State::kEvicted);
  CHECK(std::holds_alternative<Refusal>(registry.admit(std::nullopt, 1)));
  registry.remove(a);
  CHECK(std::holds_alternative<StreamPlace>(registry.admit(std::nullopt, 4'096)));
  registry.remove(b);
}

TEST_CASE("A stream's entry stays small", "[hub][registry]") {
  CHECK(sizeof(StreamRegistry::Entry) <= 56);
}

TEST_CASE("One address has no more than its places, and evicts no other's stream",
          "[hub][registry]") {
  StreamRegistry registry(places(3, WhenFull::kEvictOldest, 2), 1, [](unsigned) {});
  const auto crowd = peer_group("192.0.2.1");
  StreamRegistry::Entry other, a, b, c;
  open(registry, other, 0, peer_group("192.0.2.2"));
  open(registry, a, 0, crowd);
  open(registry, b, 0, crowd);
  CHECK(refusal(registry, crowd) == Refusal::kPeerFull);
  CHECK(registry.count() == 3);
  CHECK(registry.take_evicted(0).empty());

  registry.remove(a);
  CHECK_FALSE(refusal(registry, crowd));
  open(registry, c, 0, crowd);
  CHECK(registry.count() == 3);
}

TEST_CASE("A stream that is evicted gives its address's place back", "[hub][registry]") {
  StreamRegistry registry(places(1, WhenFull::kEvictOldest, 1), 1, [](unsigned) {});
  const auto one = peer_group("192.0.2.1");
  StreamRegistry::Entry a, b, c;
  open(registry, a, 0, one);
  open(registry, b, 0, peer_group("192.0.2.2"));
  open(registry, c, 0, one);
  registry.remove(a);  // only now closed: its place is not given back twice
  CHECK(refusal(registry, one) == Refusal::kPeerFull);
}

TEST_CASE("The peer of a Unix socket has any number of streams", "[hub][registry]") {
  StreamRegistry registry(places(10, WhenFull::kReject, 1), 1, [](unsigned) {});
  std::vector<StreamRegistry::Entry> entries(10);
  for (auto& entry : entries) open(registry, entry, 0, peer_group("unix"));
  CHECK(refusal(registry, peer_group("unix")) == Refusal::kFull);
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
