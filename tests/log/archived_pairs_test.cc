#include "sse/log/archived_pairs.h"

#include <random>
#include <set>

#include "support/catch.h"

namespace sse::log {
namespace {

using Sequences = std::vector<wire::Sequence>;

Sequences all_of(const ArchivedPairs& pairs, wire::Sequence from, wire::Sequence last) {
  Sequences found;
  for (auto next = pairs.next(from, last); next <= last; next = pairs.next(next + 1, last)) {
    found.push_back(next);
  }
  return found;
}

void add(ArchivedPairs& pairs, const Sequences& sequences) {
  pairs.add(sequences);
}

TEST_CASE("What is added is found in order, what is removed is not", "[log][archived_pairs]") {
  ArchivedPairs pairs;
  CHECK(pairs.next(1, 100) == 101);
  CHECK(pairs.bytes() == 0);
  add(pairs, {3, 4095, 4096, 4097, 20'000});
  CHECK(all_of(pairs, 1, 30'000) == Sequences{3, 4095, 4096, 4097, 20'000});
  CHECK(all_of(pairs, 4096, 4096) == Sequences{4096});
  CHECK(pairs.next(4098, 19'999) == 20'000);
  CHECK(pairs.next(4098, 15'000) == 15'001);
  CHECK(pairs.next(20'001, 20'001) == 20'002);
  CHECK(pairs.next(5, 4) == 5);
  pairs.remove(4096);
  pairs.remove(4096);
  pairs.remove(5);
  pairs.remove(1'000'000);
  CHECK(all_of(pairs, 1, 30'000) == Sequences{3, 4095, 4097, 20'000});
}

TEST_CASE("What was removed, and then is added again, is found", "[log][archived_pairs]") {
  ArchivedPairs pairs;
  add(pairs, {10, 20});
  pairs.remove(10);
  add(pairs, {5, 10, 20});
  CHECK(all_of(pairs, 1, 100) == Sequences{5, 10, 20});
}

TEST_CASE("What is forgotten up to an event makes every event one of the newest",
          "[log][archived_pairs]") {
  ArchivedPairs pairs;
  add(pairs, {10, 20, 30});
  CHECK(pairs.forget_up_to(20) == 2);
  CHECK(all_of(pairs, 18, 40) == Sequences{18, 19, 20, 30});
  CHECK(pairs.forget_up_to(5) == 0);
  CHECK(all_of(pairs, 18, 40) == Sequences{18, 19, 20, 30});
}

TEST_CASE("The pairs of events that are archived are those of a set of numbers",
          "[log][archived_pairs]") {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&random](std::size_t bound) { return random() % bound; };
    ArchivedPairs pairs;
    std::set<wire::Sequence> expected;
    wire::Sequence head = 0;
    wire::Sequence tail = 1;
    for (int turn = 0; turn < 300; ++turn) {
      Sequences more;
      for (std::size_t i = below(40); i > 0; --i) {
        head += 1 + below(seed % 2 == 0 ? 3 : 1500);
        more.push_back(head);
      }
      pairs.add(more);
      expected.insert(more.begin(), more.end());
      for (std::size_t i = below(30); i > 0 && !expected.empty(); --i) {
        const auto at = expected.lower_bound(tail + below(head + 1 - tail));
        if (at == expected.end()) continue;
        pairs.remove(*at);
        expected.erase(at);
      }
      if (below(5) == 0) {
        tail += below(head + 2 - tail);
        const auto kept = expected.lower_bound(tail);
        REQUIRE(pairs.forget_before(tail) ==
                static_cast<std::size_t>(std::distance(expected.begin(), kept)));
        expected.erase(expected.begin(), kept);
      }
      const wire::Sequence from = below(head + 2);
      REQUIRE(all_of(pairs, from, head) == Sequences(expected.lower_bound(from), expected.end()));
    }
    pairs.forget_before(head + 1);
    CHECK(pairs.bytes() == 0);
  }
}

TEST_CASE("A newest event that is archived takes two bytes, or three", "[log][archived_pairs]") {
  ArchivedPairs pairs;
  for (wire::Sequence sequence = 1; sequence <= 1'000'000; ++sequence) add(pairs, {sequence});
  CHECK(pairs.bytes() < 3'000'000);
  for (wire::Sequence sequence = 1; sequence <= 999'000; ++sequence) pairs.remove(sequence);
  CHECK(pairs.bytes() < 10'000);
}

}  // namespace
}  // namespace sse::log
