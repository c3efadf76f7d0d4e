#include "sse/wire/event_id.h"

#include "support/catch.h"

namespace sse::wire {
namespace {

TEST_CASE("An event id carries its time, epoch and sequence", "[wire][event_id]") {
  const auto id = EventId::make(std::chrono::milliseconds(1'800'000'000'123), kMaxEpoch - 5, 42);
  CHECK(id.unix_time() == std::chrono::milliseconds(1'800'000'000'123));
  CHECK(id.epoch() == kMaxEpoch - 5);
  CHECK(id.sequence() == 42);
  CHECK(EventId::parse(to_string(id)) == id);
}

TEST_CASE("The extremes of each field do not touch their neighbours", "[wire][event_id]") {
  const auto id = EventId::make(std::chrono::milliseconds(0), kMaxEpoch, 0);
  CHECK(to_string(id) == "00000000-0000-7fff-bfff-000000000000");
  const auto full = EventId::make(std::chrono::milliseconds(0), 0, kMaxSequence);
  CHECK(to_string(full) == "00000000-0000-7000-8000-ffffffffffff");
}

TEST_CASE("Ids sort by time, and within a log by sequence", "[wire][event_id]") {
  const auto ms = std::chrono::milliseconds(1'800'000'000'000);
  CHECK(EventId::make(ms, 9, 7) < EventId::make(ms + std::chrono::milliseconds(1), 3, 1));
  CHECK(EventId::make(ms, 9, 7) < EventId::make(ms, 9, 8));
}

TEST_CASE("A UUID of another version is not an event id", "[wire][event_id]") {
  CHECK_FALSE(EventId::parse("018f4c2e-0123-4456-89ab-cdef01234567"));
  CHECK_FALSE(EventId::parse("018f4c2e-0123-7456-c9ab-cdef01234567"));
  CHECK_FALSE(EventId::parse("latest"));
}

TEST_CASE("The place before the first event is the same one at each opening of a log",
          "[wire][event_id]") {
  const auto ms = std::chrono::milliseconds(1'800'000'000'000);
  const auto later = ms + std::chrono::milliseconds(1);
  CHECK(is_same_place(EventId::make(ms, 9, 0), EventId::make(later, 9, 0)));
  CHECK_FALSE(is_same_place(EventId::make(ms, 9, 0), EventId::make(ms, 8, 0)));
  CHECK_FALSE(is_same_place(EventId::make(ms, 9, 0), EventId::make(ms, 9, 1)));
  CHECK_FALSE(is_same_place(EventId::make(ms, 9, 7), EventId::make(later, 9, 7)));
  CHECK(is_same_place(EventId::make(ms, 9, 7), EventId::make(ms, 9, 7)));
}

}  // namespace
}  // namespace sse::wire
