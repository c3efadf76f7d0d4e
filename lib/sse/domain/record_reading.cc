#include "sse/domain/record_reading.h"

namespace sse::domain {
namespace {

Status complete(Reading& reading, bool has_timestamp, WallTime now, RandomSource& random) {
  SSE_TRY(check_value(reading.value));
  if (!has_timestamp) reading.timestamp = now;
  SSE_TRY(check_timestamp(reading.timestamp));
  reading.id = make_uuid_v7(now, random);
  return {};
}

}  // namespace

std::optional<Result<RecordedReading>> record_reading(const Ports& ports, const NewReading& wanted,
                                                      Later<RecordedReading> later) {
  Reading reading{{}, wanted.metric_id, wanted.value, wanted.timestamp.value_or(WallTime())};
  const WallTime now = ports.clock.wall();
  if (auto status = complete(reading, wanted.timestamp.has_value(), now, ports.random); !status) {
    return status.error();
  }
  const auto recorded = [reading](Result<Uuid> event_id) -> Result<RecordedReading> {
    return RecordedReading{reading, SSE_TRY(std::move(event_id))};
  };
  const auto defer = [&]() -> Done<Uuid> {
    return [done = later(), recorded](Result<Uuid> id) { done(recorded(std::move(id))); };
  };
  RepeatText<Result<Uuid>> repeat;
  if (later.repeat() != nullptr) {
    repeat = [text = *later.repeat(), recorded](const Result<Uuid>& id) {
      return text(recorded(id));
    };
  }
  auto known = ports.store.add_reading(reading, {defer, repeat ? &repeat : nullptr, later.peer()});
  if (!known) return std::nullopt;
  return recorded(*std::move(known));
}

Status draft_reading(const NewReading& wanted, WallTime now, RandomSource& random,
                     ReadingDraft& draft, std::size_t slot) {
  Reading reading{{}, wanted.metric_id, wanted.value, wanted.timestamp.value_or(WallTime())};
  SSE_TRY(complete(reading, wanted.timestamp.has_value(), now, random));
  return draft.add(reading, slot);
}

}  // namespace sse::domain
