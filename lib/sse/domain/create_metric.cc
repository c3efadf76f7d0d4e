#include "sse/domain/create_metric.h"

namespace sse::domain {

Result<CreatedMetric> create_metric(const Ports& ports, const NewMetric& wanted) {
  SSE_TRY(check_metric_name(wanted.name));
  SSE_TRY(check_input_frequency(wanted.input_frequency));
  const Metric metric{make_uuid_v7(ports.clock.now().wall, ports.random), wanted.name,
                      wanted.input_frequency};
  return ports.store.create_metric(metric, wanted.when_exists);
}

}  // namespace sse::domain
