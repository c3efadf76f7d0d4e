#include "sse/log/part_cache.h"

#include <chrono>
#include <memory>

#include "sse/log/segment_table.h"

#include "support/catch.h"

namespace sse::log {
namespace {

using std::chrono::milliseconds;

PartCopy copy_of_size(std::size_t bytes, wire::Sequence first, wire::Sequence last) {
  const auto id = wire::EventId::make({}, 1, first);
  auto segment = std::make_shared<Segment>(64, id, 0, BootTime(), KeyedHash());
  auto table = std::make_shared<SegmentTable>();
  table->slots.push_back({first, std::move(segment)});
  return {std::move(table), last, bytes};
}

constexpr PartCache::Time kStart{std::chrono::hours(1)};
constexpr PartCache::Time kNotKept{};

bool has(PartCache& cache, const PartKey& key, wire::Sequence first, wire::Sequence last) {
  return cache.keep(key, first, last, kNotKept);
}

TEST_CASE("The part that was used longest ago goes first", "[log][archive]") {
  PartCache cache(300);
  for (const wire::Sequence first : {1U, 11U, 21U}) {
    CHECK(cache.put({0, first}, copy_of_size(100, first, first + 9), kStart, kNotKept).empty());
  }
  CHECK(cache.use({0, 1}, 1, 10) != nullptr);
  CHECK(cache.put({0, 31}, copy_of_size(150, 31, 40), kStart, kNotKept).size() == 2);
  CHECK(has(cache, {0, 1}, 1, 10));
  CHECK_FALSE(has(cache, {0, 11}, 11, 20));
  CHECK_FALSE(has(cache, {0, 21}, 21, 30));
  CHECK(cache.bytes() == 250);
}

TEST_CASE("A copy is found for what it holds, under its name alone", "[log][archive]") {
  PartCache cache(300);
  cache.put({1, 10}, copy_of_size(100, 12, 20), kStart, kNotKept);
  CHECK(has(cache, {1, 10}, 12, 20));
  CHECK_FALSE(has(cache, {1, 10}, 11, 20));
  CHECK_FALSE(has(cache, {1, 10}, 12, 21));
  CHECK_FALSE(has(cache, {0, 10}, 12, 20));
  CHECK_FALSE(has(cache, {1, 12}, 12, 20));
  CHECK(cache.use({1, 10}, 11, 20) == nullptr);
  CHECK(cache.put({1, 10}, copy_of_size(120, 12, 25), kStart, kNotKept).size() == 1);
  CHECK(has(cache, {1, 10}, 12, 25));
  CHECK(cache.bytes() == 120);
}

TEST_CASE("One part is kept whatever its size", "[log][archive]") {
  PartCache cache(10);
  cache.put({0, 1}, copy_of_size(100, 1, 10), kStart, kNotKept);
  CHECK(has(cache, {0, 1}, 1, 10));
  CHECK(cache.put({0, 11}, copy_of_size(200, 11, 20), kStart, kNotKept).size() == 1);
  CHECK(cache.bytes() == 200);
}

TEST_CASE("A part that has not been read yet keeps others out for a while", "[log][archive]") {
  PartCache cache(250);
  const auto later = kStart + milliseconds(250);
  cache.put({0, 1}, copy_of_size(100, 1, 10), kStart, later);
  CHECK_FALSE(cache.full_until(150, kStart));
  CHECK(cache.full_until(151, kStart) == later);
  CHECK_FALSE(cache.full_until(151, later));
  cache.put({0, 11}, copy_of_size(150, 11, 20), kStart, later + milliseconds(1));
  CHECK(cache.full_until(1, kStart) == later);
  CHECK(cache.use({0, 11}, 11, 20) != nullptr);
  CHECK_FALSE(cache.full_until(150, kStart));
  CHECK(cache.put({0, 21}, copy_of_size(150, 21, 30), kStart, later).size() == 1);
  CHECK(has(cache, {0, 1}, 1, 10));  // older, and not looked at
}

TEST_CASE("A part that is waited for again is kept again", "[log][archive]") {
  PartCache cache(150);
  const auto later = kStart + milliseconds(250);
  cache.put({0, 1}, copy_of_size(100, 1, 10), kStart, kNotKept);
  CHECK_FALSE(cache.keep({0, 1}, 1, 11, later));
  CHECK_FALSE(cache.full_until(100, kStart));
  CHECK(cache.keep({0, 1}, 1, 10, later));
  CHECK(cache.full_until(100, kStart) == later);
}

}  // namespace
}  // namespace sse::log
