#include "sse/journal/redis_parts.h"

#include <string>
#include <vector>

#include "sse/journal/redis_part_search.h"

#include "support/catch.h"

namespace sse::journal {
namespace {

using std::chrono::milliseconds;

RedisPart example() {
  RedisPart part;
  part.kept.first = wire::EventId::make(milliseconds(1'000), 7, 42);
  part.kept.last = 99;
  part.kept.newest = {{44, "message", ""}, {60, "t", "a/b"}, {99, "t", std::string("\0\n", 2)}};
  part.last_time = milliseconds(2'000);
  return part;
}

/// An entry of so many events, of which the log had so many bytes before.
RedisEntry entry(wire::Sequence last, std::uint64_t bytes_before) {
  RedisEntry entry;
  entry.place = {milliseconds(1'000 + static_cast<std::int64_t>(last)), last};
  entry.bytes_before = bytes_before;
  const KeyedHash hash;
  entry.entries.push_back({wire::EventId::make(entry.place.time, 7, last),
                           {},
                           log::NameKey("t", hash),
                           log::NameKey(last % 2 == 0 ? "even" : "odd", hash),
                           {},
                           {}});
  return entry;
}

TEST_CASE("A row of a part says what is in it", "[cluster]") {
  const auto read = read_part(encode_part(example()));
  REQUIRE(read);
  CHECK(read->kept.first == example().kept.first);
  CHECK(read->kept.last == 99);
  CHECK(read->kept.newest == example().kept.newest);
  CHECK(read->end() == RedisPlace{milliseconds(2'000), 99});
}

TEST_CASE("A row that is damaged in any bit, or cut off, is refused", "[cluster]") {
  const std::string whole = encode_part(example());
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    CHECK_FALSE(read_part(damaged));
  }
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(read_part(whole.substr(0, size)));
}

TEST_CASE("A row whose checksum is right, and that says what cannot be, is refused", "[cluster]") {
  auto part = example();
  SECTION("it ends before it begins") {
    part.kept.last = 41;
  }
  SECTION("so it does in time") {
    part.last_time = milliseconds(999);
  }
  SECTION("an event of it is behind its end") {
    part.kept.newest.back().sequence = 100;
  }
  SECTION("two are one") {
    part.kept.newest[1].sequence = 44;
  }
  CHECK_FALSE(read_part(encode_part(part)));
}

TEST_CASE("Parts are cut where the bytes pass half a MiB, wherever a node begins to read",
          "[cluster]") {
  constexpr std::uint64_t kHalf = std::uint64_t{512} << 10U;
  RedisPartBuilder from_the_first{KeyedHash()};
  RedisPartBuilder later{KeyedHash()};
  from_the_first.add(entry(1, 0));
  for (wire::Sequence i = 2; i <= 5; ++i) {
    const auto next = entry(i, kHalf - 5 + i);
    CHECK(from_the_first.is_complete_before(next) == (i == 5));
    if (i == 5) break;
    from_the_first.add(next);
    if (i >= 3) later.add(next);
  }
  CHECK(later.is_complete_before(entry(5, kHalf)));
  const auto part = from_the_first.take();
  CHECK(part.kept.last == 4);
  CHECK(part.kept.newest == std::vector<log::NewestInPart>{{3, "t", "odd"}, {4, "t", "even"}});
  CHECK(from_the_first.empty());
  from_the_first.add(entry(5, kHalf));
  CHECK(from_the_first.take().kept.newest == std::vector<log::NewestInPart>{{5, "t", "odd"}});
}

/// One of ten events, whose names are these topics.
log::KeptPart named(int number, const std::vector<std::string>& topics) {
  const auto first = static_cast<wire::Sequence>(number) * 10 + 1;
  log::KeptPart part{wire::EventId::make(std::chrono::milliseconds(1), 1, first), first + 9, {}};
  for (const std::string& topic : topics) part.newest.push_back({first, "e", topic});
  return part;
}

TEST_CASE("Names of many parts have a bound: pairs that come again go first, then the oldest",
          "[cluster][history]") {
  const std::size_t one = name_bytes_of(named(0, {"a"}));
  std::vector<log::KeptPart> parts;
  const auto known = [&](std::size_t part) { return parts[part].known; };
  SECTION("the same pairs again and again") {
    parts.push_back(named(0, {"o"}));
    for (int i = 1; i < 100; ++i) parts.push_back(named(i, {"a", "b"}));
    CHECK(bound_names(parts, one * 20) == one * 11);
    REQUIRE(parts[0].newest.size() == 1);  // of which no later part has the pair
    CHECK(known(0) == log::KnownNames::kAll);
    for (std::size_t i = 1; i < 95; ++i) {
      REQUIRE(parts[i].newest.empty());
      REQUIRE(known(i) == log::KnownNames::kPairs);
    }
    for (std::size_t i = 95; i < 100; ++i) {
      REQUIRE(parts[i].newest.size() == 2);
      REQUIRE(known(i) == log::KnownNames::kAll);
    }
  }
  SECTION("a pair for each event") {
    for (char c = 'a'; c <= 'z'; ++c) parts.push_back(named(c - 'a', {std::string(1, c)}));
    CHECK(bound_names(parts, one * 20) == one * 15);
    for (std::size_t i = 0; i < 11; ++i) REQUIRE(known(i) == log::KnownNames::kNone);
    for (std::size_t i = 0; i < 11; ++i) REQUIRE(parts[i].newest.empty());
    for (std::size_t i = 11; i < 26; ++i) REQUIRE(known(i) == log::KnownNames::kAll);
  }
}

}  // namespace
}  // namespace sse::journal
