#pragma once

/// \file
/// sse-serve put together: the hub, the metrics domain, the page and the demo.

#include <memory>
#include <optional>

#include "sse/base/result.h"
#include "sse/server/event_server.h"

#include "demo.h"
#include "metrics_domain.h"
#include "options.h"

namespace sse::serve {

/// Thread-compatible.
class Assembly {
 public:
  /// Listens, but does not serve yet. Errors: those of EventServer::open().
  static Result<std::unique_ptr<Assembly>> open(const Options& options);
  ~Assembly();  ///< the threads end before what they use

  /// Reads back what --data-dir keeps. Errors: those of EventServer::load().
  Status load() { return server_->load(); }

  /// load(), if it was not called. Starts the loop threads, and the demo when it is wanted.
  Status start();

  server::EventServer& server() { return *server_; }

 private:
  Assembly(std::unique_ptr<server::EventServer> server, const Options& options);

  // In the order of what stands on what.
  std::unique_ptr<server::EventServer> server_;
  MetricsDomain metrics_;
  std::optional<Demo> demo_;
};

}  // namespace sse::serve
