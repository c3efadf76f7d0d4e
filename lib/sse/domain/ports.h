#pragma once

#include "sse/base/clock.h"
#include "sse/base/random.h"
#include "sse/domain/store.h"

namespace sse::domain {

/// What the use cases are given from outside. All of it outlives them and is thread-safe, so that
/// they are, too.
struct Ports {
  MetricStore& store;
  const Clock& clock;
  RandomSource& random;
};

}  // namespace sse::domain
