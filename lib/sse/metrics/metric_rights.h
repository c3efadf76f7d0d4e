#pragma once

/// \file
/// Which metrics a caller may read and write: by their topics (`metrics/<id>`), or by their names
/// (grants such as `metric:cpu*`).

#include <utility>

#include "sse/base/result.h"
#include "sse/base/uuid.h"
#include "sse/domain/metric.h"
#include "sse/domain/store.h"
#include "sse/gate/rights.h"

namespace sse::metrics {

/// A value, which outlives its call; the store outlives it. A name is looked up only where the
/// caller has grants by name and none for the topic. Thread-safe.
class MetricRights {
 public:
  MetricRights(gate::Rights rights, domain::MetricStore& store)
      : rights_(std::move(rights)), store_(&store) {}

  /// Whether anything is asked at all.
  bool are_limited() const { return rights_.are_limited(); }

  bool may_read(const domain::Metric& metric) const;
  /// Error: kForbidden, also for a metric that is not there and that the caller might not read.
  Status check_read(const Uuid& id) const;
  /// The same for readings of it, and for deleting it.
  Status check_write(const Uuid& id) const;

 private:
  gate::Rights rights_;
  domain::MetricStore* store_;
};

}  // namespace sse::metrics
