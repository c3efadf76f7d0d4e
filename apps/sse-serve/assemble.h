#pragma once

/// \file
/// The hub with the metrics domain, put together: the only place that knows all of it.

#include <memory>
#include <optional>
#include <utility>

#include "sse/base/clock.h"
#include "sse/base/random.h"
#include "sse/base/result.h"
#include "sse/metrics/metric_routes.h"
#include "sse/metrics/reading_routes.h"
#include "sse/server/event_server.h"
#include "sse/storage/memory_store.h"

#include "demo.h"
#include "options.h"

namespace sse::serve {

/// Thread-compatible.
class Assembly {
 public:
  /// Listens, but serves nobody yet. Errors: those of net::listen_on().
  static Result<std::unique_ptr<Assembly>> open(const Options& options);
  ~Assembly();  ///< the threads end before what they use

  /// Starts the loop threads, and the demo when it is wanted.
  Status start();

  server::EventServer& server() { return *server_; }

 private:
  Assembly(std::unique_ptr<server::EventServer> server, const Options& options);

  // In the order of what stands on what.
  const SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<server::EventServer> server_;
  storage::MemoryStore store_;
  const domain::Ports ports_{store_, clock_, random_};
  metrics::MetricRoutes metric_routes_{ports_};
  metrics::ReadingRoutes reading_routes_{ports_};
  std::optional<Demo> demo_;
};

}  // namespace sse::serve
