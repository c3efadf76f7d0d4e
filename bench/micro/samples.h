#pragma once

/// \file
/// What all benchmarks are fed with: a reading as a publisher sends it, and its event.

#include <cstddef>
#include <string>

#include <benchmark/benchmark.h>

#include "sse/wire/event.h"

namespace sse::bench {

inline const std::string kMetricId = "018f4c2e-89ab-7cde-8f01-23456789abcd";

inline std::string sample_reading(std::size_t i = 0) {
  return R"({"metric_id":")" + kMetricId + R"(","value":)" + std::to_string(i % 100) +
         R"(.25,"timestamp":"2026-01-31T12:00:00.25Z"})";
}

inline wire::Event sample_event() {
  return {"metric_reading_created", "metrics/" + kMetricId, sample_reading(), false};
}

/// Says how many bytes and things were done, beside the time that they took.
inline void count(benchmark::State& state, std::size_t things, std::size_t bytes) {
  const auto rounds = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(rounds * static_cast<std::int64_t>(things));
  state.SetBytesProcessed(rounds * static_cast<std::int64_t>(bytes));
}

}  // namespace sse::bench
