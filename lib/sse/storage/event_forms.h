#pragma once

#include "sse/base/uuid.h"
#include "sse/domain/metric.h"
#include "sse/domain/reading.h"
#include "sse/wire/event.h"

namespace sse::storage {

/// How an entity is written as an event: given by the room that knows the form (the API's JSON).
struct EventForms {
  wire::Event (*metric_created)(const domain::Metric&) = nullptr;
  wire::Event (*metric_deleted)(const Uuid& id) = nullptr;
  /// Overwrites an event, whose memory may serve again.
  void (*reading_created)(const domain::Reading&, wire::Event&) = nullptr;
};

}  // namespace sse::storage
