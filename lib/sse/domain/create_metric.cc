#include "sse/domain/create_metric.h"

namespace sse::domain {

std::optional<Result<CreatedMetric>> create_metric(const Ports& ports, const NewMetric& wanted,
                                                   Later<CreatedMetric> later) {
  if (auto status = check_metric_name(wanted.name); !status) return status.error();
  if (auto status = check_input_frequency(wanted.input_frequency); !status) return status.error();
  if (auto status = check_metric_unit(wanted.unit); !status) return status.error();
  const Metric metric{make_uuid_v7(ports.clock.wall(), ports.random), wanted.name,
                      wanted.input_frequency, wanted.unit};
  return ports.store.create_metric(metric, wanted.when_exists, later);
}

}  // namespace sse::domain
