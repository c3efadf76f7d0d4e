#include "model/memory_driver.h"

#include "model/memory_world.h"

namespace sse::model {

Outcome run_in_memory(const Plan& plan) {
  Outcome outcome;
  MemoryWorld world(plan);
  for (; outcome.step < plan.steps.size() && world.fault().empty(); ++outcome.step) {
    world.act(plan.steps[outcome.step]);
  }
  if (world.fault().empty()) world.finish();
  outcome.fault = world.fault();
  outcome.events = world.events();
  outcome.streams = world.streams();
  outcome.polls = world.polls();
  return outcome;
}

}  // namespace sse::model
