#pragma once

/// \file
/// `--demo`: a few invented metrics that wander, so that there is something to see.

#include <chrono>
#include <cstddef>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/result.h"
#include "sse/base/uuid.h"
#include "sse/domain/ports.h"

namespace sse::net {
class Loop;
}

namespace sse::serve {

struct DemoSubject;

/// Loop-affine: its timer is the loop's.
class Demo {
 public:
  /// `rate`: readings a second, over all its metrics.
  Demo(const domain::Ports& ports, net::Loop& loop, double rate);

  /// Creates the metrics on the loop's thread, and then starts the timer. From any thread.
  void start();

 private:
  struct Wanderer {
    Uuid metric;
    double low;
    double high;
    double value;
  };

  void create(const DemoSubject& subject);
  void add(const DemoSubject& subject, const Result<domain::CreatedMetric>& created);
  void schedule();
  void step();
  void record_one();

  const domain::Ports ports_;
  net::Loop& loop_;
  const std::chrono::nanoseconds interval_;
  BootTime due_;  // of the next reading
  std::vector<Wanderer> wanderers_;
  std::size_t next_ = 0;
};

}  // namespace sse::serve
