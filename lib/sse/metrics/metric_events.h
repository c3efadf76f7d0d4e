#pragma once

/// \file
/// Metrics and readings as events: `metric_created`, `metric_deleted`, `metric_reading_created`.

#include <optional>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/base/uuid.h"
#include "sse/domain/metric.h"
#include "sse/domain/reading.h"
#include "sse/wire/event.h"

namespace sse::metrics {

/// `metrics/<metric id>`: what a stream of one metric filters by. It is not sent with each event:
/// their data says it.
SSE_EXPORT std::string metric_topic(const Uuid& metric_id);
/// The same from the parameter `metric=`. Error: kInvalid when it is not a UUID.
SSE_EXPORT Result<std::string> topic_of_metric(std::string_view id);

/// The metric of a topic `metrics/<metric id>`; nullopt for another topic.
SSE_EXPORT std::optional<Uuid> metric_of_topic(std::string_view topic);

// The data is the object that the request was answered with.
SSE_EXPORT wire::Event metric_created_event(const domain::Metric& metric);
/// Into an event that may have been another reading's, whose memory serves again.
SSE_EXPORT void reading_created_event(const domain::Reading& reading, wire::Event& event);
/// The data is `{"id"}`.
SSE_EXPORT wire::Event metric_deleted_event(const Uuid& id);

}  // namespace sse::metrics
