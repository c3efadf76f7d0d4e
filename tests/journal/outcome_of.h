#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "sse/base/result.h"

namespace sse::test {

/// Waits for the outcome of one call.
template <typename T, typename Ask>
Result<T> outcome_of(const Ask& ask) {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Result<T>> known;
  ask([&](Result<T> outcome) {
    const std::lock_guard lock(mutex);
    known = std::move(outcome);
    changed.notify_all();
  });
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return known.has_value(); });
  return *std::move(known);
}

}  // namespace sse::test
