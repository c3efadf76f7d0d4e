#include "sse/domain/record_reading.h"

namespace sse::domain {
namespace {

Result<Reading> make_reading(const NewReading& wanted, WallTime now, RandomSource& random) {
  SSE_TRY(check_value(wanted.value));
  const WallTime timestamp = wanted.timestamp.value_or(now);
  SSE_TRY(check_timestamp(timestamp));
  return Reading{make_uuid_v7(now, random), wanted.metric_id, wanted.value, timestamp};
}

}  // namespace

Result<RecordedReading> record_reading(const Ports& ports, const NewReading& wanted) {
  const Reading reading = SSE_TRY(make_reading(wanted, ports.clock.now().wall, ports.random));
  const Uuid event_id = SSE_TRY(ports.store.add_reading(reading));
  return RecordedReading{reading, event_id};
}

std::vector<Result<RecordedReading>> record_readings(const Ports& ports,
                                                     std::span<const NewReading> wanted) {
  const WallTime now = ports.clock.now().wall;
  std::vector<Result<RecordedReading>> results;
  std::vector<Reading> good;
  std::vector<std::size_t> places;  // of the good ones among the results
  results.reserve(wanted.size());
  good.reserve(wanted.size());
  places.reserve(wanted.size());
  for (const NewReading& one : wanted) {
    auto reading = make_reading(one, now, ports.random);
    if (!reading) {
      results.emplace_back(std::move(reading).error());
      continue;
    }
    places.push_back(results.size());
    good.push_back(*reading);
    results.emplace_back(RecordedReading{*reading, Uuid{}});
  }
  auto kept = ports.store.add_readings(good);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    auto& result = results[places[i]];
    if (kept[i]) {
      result->event_id = *kept[i];
    } else {
      result = std::move(kept[i]).error();
    }
  }
  return results;
}

}  // namespace sse::domain
