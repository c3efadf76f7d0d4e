#include "sse/client/metric_names.h"

#include <nlohmann/json.hpp>

namespace sse::client {

Result<std::vector<NamedMetric>> read_metrics(std::string_view body) {
  const Error unreadable{ErrorCode::kInvalid, "the list of metrics is not the JSON of a hub"};
  const auto list = nlohmann::json::parse(body.begin(), body.end(), nullptr,
                                          /*allow_exceptions=*/false);
  if (!list.is_array()) return unreadable;
  std::vector<NamedMetric> metrics;
  for (const auto& metric : list) {
    if (!metric.is_object()) return unreadable;
    const auto id = metric.find("id");
    const auto name = metric.find("name");
    if (id == metric.end() || name == metric.end() || !id->is_string() || !name->is_string()) {
      return unreadable;
    }
    metrics.push_back({id->get<std::string>(), name->get<std::string>()});
  }
  return metrics;
}

}  // namespace sse::client
