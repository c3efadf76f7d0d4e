#include "sse/storage/reading_series.h"

#include <limits>

#include "support/catch.h"

namespace sse::storage {
namespace {

constexpr Uuid kMetric{1, 1};
constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

WallTime at(int seconds) {
  return WallTime(std::chrono::seconds(seconds));
}

/// One reading for each second given, with sequences from 1 on; its value is its sequence.
ReadingSeries series_of(std::initializer_list<int> seconds) {
  ReadingSeries series;
  std::uint64_t sequence = 0;
  for (const int second : seconds) {
    ++sequence;
    series.add({Uuid{2, sequence}, kMetric, static_cast<double>(sequence), at(second)}, sequence);
  }
  return series;
}

std::vector<double> query(const ReadingSeries& series, const domain::ReadingQuery& query,
                          std::uint64_t max_sequence = kAll) {
  auto found = series.copy_matching(kMetric, query, max_sequence);
  finish_query(found, query.limit);
  std::vector<double> values;
  for (const auto& reading : found) values.push_back(reading.value);
  return values;
}

using Values = std::vector<double>;

TEST_CASE("Readings come back as they were kept", "[storage]") {
  ReadingSeries series;
  const domain::Reading reading{Uuid{2, 3}, kMetric, -0.5, at(7)};
  series.add(reading, 1);
  CHECK(series.copy_matching(kMetric, {{}, {}, 10}, kAll) == std::vector{reading});
}

TEST_CASE("Readings are ascending by time, whatever the order of arrival", "[storage]") {
  const auto series = series_of({5, 1, 4, 2, 3});
  CHECK_FALSE(series.is_in_time_order());
  CHECK(query(series, {{}, {}, 10}) == Values{2, 4, 5, 3, 1});
}

TEST_CASE("Readings of one time stay in order of arrival", "[storage]") {
  CHECK(query(series_of({2, 1, 2, 1, 2}), {{}, {}, 10}) == Values{2, 4, 1, 3, 5});
}

TEST_CASE("A limit keeps the newest by time", "[storage]") {
  CHECK(query(series_of({1, 2, 3, 4}), {{}, {}, 2}) == Values{3, 4});
  CHECK(query(series_of({4, 3, 2, 1}), {{}, {}, 2}) == Values{2, 1});
  CHECK(query(series_of({4, 3, 2, 1}), {{}, {}, 0}).empty());
}

TEST_CASE("A span of time includes its start and not its end", "[storage]") {
  for (const auto& series : {series_of({1, 2, 3, 4}), series_of({1, 3, 2, 4})}) {
    CHECK(query(series, {at(2), {}, 10}).size() == 3);
    CHECK(query(series, {{}, at(2), 10}).size() == 1);
    CHECK(query(series, {at(2), at(4), 10}).size() == 2);
    CHECK(query(series, {at(4), at(2), 10}).empty());
    CHECK(query(series, {at(9), {}, 10}).empty());
  }
}

TEST_CASE("Arrivals after a snapshot are left out", "[storage]") {
  CHECK(query(series_of({1, 2, 3, 4}), {{}, {}, 10}, 2) == Values{1, 2});
  CHECK(query(series_of({4, 3, 2, 1}), {{}, {}, 1}, 2) == Values{1});
  CHECK(query(series_of({1, 2}), {{}, {}, 10}, 0).empty());
}

TEST_CASE("Whether arrivals are in time order is known through every change", "[storage]") {
  auto series = series_of({3, 1, 2});
  CHECK_FALSE(series.is_in_time_order());
  series.drop_oldest();
  CHECK(series.is_in_time_order());
  series.add({Uuid{2, 9}, kMetric, 9, at(0)}, 9);
  CHECK_FALSE(series.is_in_time_order());
  series.drop_oldest();
  series.drop_oldest();
  CHECK(series.is_in_time_order());
  series.drop_oldest();
  CHECK(series.empty());
}

}  // namespace
}  // namespace sse::storage
