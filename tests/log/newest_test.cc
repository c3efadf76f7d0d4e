// The newest event of each (type, topic) pair.

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "sse/log/journal.h"
#include "sse/log/pair_table.h"
#include "sse/log/retained.h"

#include "log/logs.h"

namespace sse::log {
namespace {

using test::ManualLog;
using Sequences = std::vector<wire::Sequence>;

Sequences newest(const View& view, wire::Sequence from, wire::Sequence last) {
  Sequences found;
  for (auto next = view.next_newest(from, last); next <= last;
       next = view.next_newest(next + 1, last)) {
    found.push_back(next);
  }
  return found;
}

Sequences newest(const View& view, wire::Sequence from = 1) {
  return newest(view, from, view.head());
}

/// By looking at every event of the log, which may have grown since `view` was taken.
Sequences brute_force(EventLog& log, const View& view, wire::Sequence from, wire::Sequence last) {
  const View now = log.view();
  std::map<std::pair<std::string_view, std::string_view>, wire::Sequence> pairs;
  for (auto sequence = now.first_held(); sequence <= now.head(); ++sequence) {
    const auto event = now.event(sequence);
    pairs[{event.type, event.topic}] = sequence;
  }
  Sequences found;
  for (const auto& [names, sequence] : pairs) {
    if (sequence >= from && sequence >= view.first_held() && sequence <= last) {
      found.push_back(sequence);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

TEST_CASE("Of each type and topic the newest event is found, in order", "[log][newest]") {
  ManualLog log;
  log.add("1", "a", "x");
  log.add("2", "b", "x");
  log.add("3", "a", "y");
  log.add("4", "a", "x");
  log.add("5");
  const View view = log.log.view();
  CHECK(newest(view) == Sequences{2, 3, 4, 5});
  CHECK(newest(view, 3) == Sequences{3, 4, 5});
  CHECK(newest(view, 3, 3) == Sequences{3});
  CHECK(newest(view, 1, 1).empty());
  CHECK(view.next_newest(1, 1) == 2);
  CHECK(log.log.usage().pairs == 4);
}

TEST_CASE("An empty log has no newest event", "[log][newest]") {
  ManualLog log;
  CHECK(newest(log.log.view()).empty());
  CHECK(newest(View{}).empty());
  CHECK(log.log.view().tells_pairs_from(1));
}

TEST_CASE("What came after a view hides what it made old, and is not found in it",
          "[log][newest]") {
  ManualLog log;
  log.add("1", "", "x");
  log.add("2", "", "y");
  const View view = log.log.view();
  log.add("3", "", "x");
  CHECK(newest(view) == Sequences{2});
  CHECK(newest(log.log.view()) == Sequences{2, 3});
}

TEST_CASE("A type and a topic that trade texts are two pairs", "[log][newest]") {
  ManualLog log;
  log.add("1", "a", "b");
  log.add("2", "b", "a");
  log.add("3", "ab", "");
  log.add("4", "a", "b");
  CHECK(newest(log.log.view()) == Sequences{2, 3, 4});
}

TEST_CASE("The newest of each is what looking at every event finds, whatever expires",
          "[log][newest]") {
  for (unsigned seed = 1; seed <= 24; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&random](std::size_t bound) { return random() % bound; };
    auto options = ManualLog::with_segments(seed % 3 == 0 ? 65'536 : 4096);
    if (seed % 2 == 0) options.retention.max_events = 1 + below(2000);
    if (seed % 4 == 1) options.retention.max_bytes = kMinLogBytes;
    if (seed % 5 == 0) options.retention.ttl = std::chrono::seconds(30);
    ManualLog log(options);
    const std::size_t types = 1 + below(5);
    const std::size_t topics = 1 + below(seed % 3 == 0 ? 20'000 : 50);
    View old = log.log.view();
    for (int turn = 0; turn < 30; ++turn) {
      for (std::size_t i = below(turn % 3 == 0 ? 1000 : 30); i > 0; --i) {
        log.add("", "t" + std::to_string(below(types)), "x" + std::to_string(below(topics)));
      }
      log.clock.advance(std::chrono::seconds(below(12)));
      const View view = log.log.view();
      REQUIRE(newest(view) == brute_force(log.log, view, 1, view.head()));
      REQUIRE(log.log.usage().pairs == newest(log.log.view()).size());
      if (view.head() == 0) continue;
      const wire::Sequence last = 1 + below(view.head());
      const wire::Sequence from = 1 + below(last);
      REQUIRE(newest(view, from, last) == brute_force(log.log, view, from, last));
      // What the log has let go of is not kept up to date.
      const wire::Sequence held = view.first_held();
      REQUIRE(newest(old, held, old.head()) == brute_force(log.log, old, held, old.head()));
      REQUIRE(view.tells_pairs_from(1));
      if (below(3) == 0) old = view;
    }
    CHECK(log.log.usage().bytes <= options.retention.max_bytes);
  }
}

TEST_CASE("A log that is cut back finds the newest of what is left", "[log][newest]") {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    ManualLog log(ManualLog::with_segments(4096));
    for (int i = 0; i < 500; ++i) log.add("", "", "x" + std::to_string(random() % 60));
    const wire::Sequence cut = random() % 501;
    const View before = log.log.view();
    const auto head = cut == 0 ? wire::EventId::make({}, test::kEpoch, 0) : before.event(cut).id;
    log.log.restart({head, test::kEpoch + 1});
    const View view = log.log.view();
    CHECK(newest(view) == brute_force(log.log, view, 1, cut));
    CHECK(log.log.usage().pairs == newest(view).size());
  }
}

TEST_CASE("With more pairs than are told apart, older events of a pair are found beside the newest",
          "[log][newest]") {
  auto options = ManualLog::with_segments(4096);
  options.max_pairs = 3;
  ManualLog log(options);
  for (const char* topic : {"a", "b", "c", "a"}) log.add("", "", topic);
  CHECK(log.log.view().tells_pairs_from(1));
  CHECK(newest(log.log.view()) == Sequences{2, 3, 4});
  log.add("", "", "d");  // 5: all before it are forgotten
  log.add("", "", "a");
  log.add("", "", "a");
  const View view = log.log.view();
  CHECK_FALSE(view.tells_pairs_from(1));
  CHECK_FALSE(view.tells_pairs_from(4));
  CHECK(view.tells_pairs_from(5));
  CHECK(newest(view) == Sequences{2, 3, 4, 5, 7});
  CHECK(log.log.usage().pairs == 2);
}

TEST_CASE("Pairs that were forgotten are told apart again once their events have expired",
          "[log][newest]") {
  auto options = ManualLog::with_segments(4096);
  options.max_pairs = 40;
  options.retention.max_events = 200;
  ManualLog log(options);
  for (int i = 0; i < 300; ++i) log.add("", "", "x" + std::to_string(i));
  CHECK_FALSE(log.log.view().tells_pairs_from(log.log.view().tail()));
  for (int i = 0; i < 1000; ++i) log.add("", "", "y" + std::to_string(i % 30));
  const View view = log.log.view();
  CHECK(view.tells_pairs_from(view.tail()));
  CHECK(newest(view) == brute_force(log.log, view, 1, view.head()));
  CHECK(log.log.usage().pairs == 30);
}

TEST_CASE("Whatever number of pairs is told apart, the newest of each is found", "[log][newest]") {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    auto options = ManualLog::with_segments(4096);
    options.max_pairs = 1 + random() % 100;
    options.retention.max_events = seed % 2 == 0 ? 300 : 0;
    ManualLog log(options);
    for (int turn = 0; turn < 40; ++turn) {
      for (std::size_t i = random() % 60; i > 0; --i) {
        log.add("", "", "x" + std::to_string(random() % (turn % 10 < 5 ? 30 : 300)));
      }
      const View view = log.log.view();
      const auto found = newest(view);
      const auto expected = brute_force(log.log, view, 1, view.head());
      REQUIRE(std::includes(found.begin(), found.end(), expected.begin(), expected.end()));
      REQUIRE(log.log.usage().pairs <= options.max_pairs);
      wire::Sequence from = view.head() + 1;
      while (from > view.first_held() && view.tells_pairs_from(from - 1)) --from;
      REQUIRE(newest(view, from) == brute_force(log.log, view, from, view.head()));
    }
  }
}

TEST_CASE("The memory of pairs counts, and goes with their events", "[log][newest]") {
  auto options = ManualLog::with_segments(std::size_t{64} << 10U);
  options.retention.max_bytes = std::size_t{4} << 20U;
  ManualLog log(options);
  for (int i = 0; i < 60'000; ++i) {
    log.add("", "", "x" + std::to_string(i));
    if (i % 100 == 0) REQUIRE(log.log.usage().bytes <= options.retention.max_bytes);
  }
  CHECK(log.log.usage().pairs == log.log.usage().events);
  ManualLog other(options);
  for (int i = 0; i < 100'000; ++i) {
    log.add("", "", "y");
    other.add("", "", "y");
  }
  CHECK(log.log.usage().pairs == 1);
  // The room is the events' again.
  CHECK(50 * log.log.usage().events > 49 * other.log.usage().events);
}

TEST_CASE("However a table of pairs grows, the log stays below its ceiling", "[log][newest]") {
  auto options = ManualLog::with_segments(4096);
  options.retention.max_bytes = kMinLogBytes;
  ManualLog log(options);
  for (int i = 0; i < 10'000; ++i) {
    log.add("", "", "x" + std::to_string(i));
    REQUIRE(log.log.usage().bytes <= options.retention.max_bytes);
  }
}

TEST_CASE("Two pairs of one hash are told apart", "[log][newest]") {
  PairTable table;
  const auto is = [](wire::Sequence wanted) {
    return [wanted](wire::Sequence sequence) { return sequence == wanted; };
  };
  const auto none = [](wire::Sequence) { return false; };
  for (wire::Sequence pair = 1; pair <= 40; ++pair) {
    table.prepare(7, 1);
    CHECK(table.replace(7, pair, 1, none) == 0);
  }
  for (wire::Sequence pair = 1; pair <= 40; ++pair) {
    table.prepare(7, 1);
    CHECK(table.replace(7, 100 + pair, 1, is(pair)) == pair);
  }
}

TEST_CASE("A pair is told from others by 64 bits", "[log][newest]") {
  std::set<std::uint64_t> hashes;
  const NameKey type("t", KeyedHash());
  for (int i = 0; i < 300'000; ++i) {
    hashes.insert(PairTable::hash_of(type, NameKey(std::to_string(i), KeyedHash())));
    hashes.insert(PairTable::hash_of(NameKey(std::to_string(i), KeyedHash()), type));
  }
  CHECK(hashes.size() == 600'000);
}

TEST_CASE("A stale entry is written over, and never found", "[log][newest]") {
  PairTable table;
  const auto any = [](wire::Sequence) { return true; };
  table.prepare(7, 1);
  CHECK(table.replace(7, wire::kMaxSequence - 1, 1, any) == 0);
  table.prepare(7, wire::kMaxSequence);
  CHECK(table.replace(7, wire::kMaxSequence, wire::kMaxSequence, any) == 0);
  CHECK(table.replace(7, wire::kMaxSequence, wire::kMaxSequence, any) == wire::kMaxSequence);
}

TEST_CASE("Stale entries make no table grow", "[log][newest]") {
  PairTable table;
  std::size_t most = 0;
  for (wire::Sequence sequence = 1; sequence <= 10'000; ++sequence) {
    const std::uint64_t hash = sequence * 0x9e37'79b9'7f4a'7c15;
    table.prepare(hash, sequence);
    CHECK(table.replace(hash, sequence, sequence, [](wire::Sequence) { return false; }) == 0);
    most = std::max(most, table.bytes());
  }
  CHECK(most <= 64 * 8 * 16);
}

}  // namespace
}  // namespace sse::log
