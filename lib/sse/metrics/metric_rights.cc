#include "sse/metrics/metric_rights.h"

#include <string>

#include "sse/metrics/metric_events.h"

namespace sse::metrics {

bool MetricRights::may_read(const domain::Metric& metric) const {
  return !rights_.are_limited() || rights_.may_subscribe(metric_topic(metric.id)) ||
         rights_.may_subscribe_metric(metric.name);
}

Status MetricRights::check_read(const Uuid& id) const {
  if (!rights_.are_limited()) return {};
  const std::string topic = metric_topic(id);
  if (rights_.may_subscribe(topic)) return {};
  if (rights_.has_subscribe_names()) {
    const auto metric = store_->find_metric(store_->snapshot(), id);
    if (metric && rights_.may_subscribe_metric(metric->name)) return {};
  }
  return rights_.no_subscribing(topic);
}

Status MetricRights::check_write(const Uuid& id) const {
  if (!rights_.are_limited()) return {};
  const std::string topic = metric_topic(id);
  if (rights_.may_publish(topic)) return {};
  if (rights_.has_publish_names()) {
    const auto metric = store_->find_metric(store_->snapshot(), id);
    if (metric && rights_.may_publish_metric(metric->name)) return {};
  }
  return rights_.no_publishing(topic);
}

}  // namespace sse::metrics
