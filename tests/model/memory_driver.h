#pragma once

/// \file
/// Runs a plan on a hub in this process: sockets in memory, a clock that stands still, loops turned
/// by hand. The same plan always does the same, so a seed repeats a fault.

#include <string>

#include "model/plan.h"

namespace sse::model {

/// What a run showed.
struct Outcome {
  std::string fault;     ///< empty: everything was as it must be
  std::size_t step = 0;  ///< at which it was seen
  std::size_t events = 0;
  std::size_t streams = 0;
  std::size_t polls = 0;
};

Outcome run_in_memory(const Plan& plan);

}  // namespace sse::model
