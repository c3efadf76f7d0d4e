#pragma once

/// \file
/// The metrics domain on a hub: its rows, routes and series, put together once, for sse-serve and
/// for tests. In a header, since tests take it without the rest of sse-serve.

#include <cstdint>
#include <optional>
#include <string_view>

#include "sse/api/exposition.h"
#include "sse/domain/ports.h"
#include "sse/log/row_ledger.h"
#include "sse/metrics/metric_events.h"
#include "sse/metrics/metric_routes.h"
#include "sse/metrics/reading_routes.h"
#include "sse/server/event_server_options.h"
#include "sse/server/parts.h"
#include "sse/storage/memory_store.h"

namespace sse::serve {

/// Thread-compatible; store() and ports() from any thread.
class MetricsDomain {
 public:
  /// Sets what the hub must know of the domain when it is put together.
  static void prepare(server::EventServerOptions& options) {
    options.topic_parameters = {{"metric", metrics::topic_of_metric}};
    options.reserved = {{"metric_", "metrics/", "metrics/#"}};
  }

  /// Before anything is published. `limits`: those of the options. Destroyed after Parts::stop()
  /// and before the parts.
  MetricsDomain(server::Parts& parts, const log::RowLimits& limits)
      : store_(limits,
               {metrics::metric_created_event, metrics::metric_deleted_event,
                metrics::reading_created_event},
               parts.hub().journal(), parts.hub().log()),
        ports_{store_, parts.clock(), parts.random()} {
    parts.hub().attach(store_);
    metric_routes_.add_to(parts.router());
    reading_routes_.add_to(parts.router());
    parts.set_metric_names([this](std::string_view topic) {
      const auto id = metrics::metric_of_topic(topic);
      return id ? store_.name_of(*id) : std::nullopt;
    });
    parts.keep_answers_of("/metrics");
    parts.keep_answers_of("/metrics/readings");
    parts.add_series([this, limits](api::Exposition& out) { append_series(out, limits); });
  }
  MetricsDomain(const MetricsDomain&) = delete;
  MetricsDomain& operator=(const MetricsDomain&) = delete;

  storage::MemoryStore& store() { return store_; }
  const domain::Ports& ports() const { return ports_; }

 private:
  void append_series(api::Exposition& out, const log::RowLimits& limits) const {
    const auto gauge = [&](std::string_view name, std::string_view help, std::size_t value) {
      out.gauge(name, help);
      out.sample(std::uint64_t{value});
    };
    gauge("sse_metrics", "Metrics kept.", store_.metric_count());
    gauge("sse_metrics_limit", "Metrics that may be kept (--max-metrics).", limits.rows);
    gauge("sse_readings", "Readings kept, of all metrics.", store_.reading_count());
    gauge("sse_readings_limit", "Readings that are kept (--max-readings).", limits.all_series);
  }

  // In the order of what stands on what.
  storage::MemoryStore store_;
  const domain::Ports ports_;
  metrics::MetricRoutes metric_routes_{ports_};
  metrics::ReadingRoutes reading_routes_{ports_};
};

}  // namespace sse::serve
