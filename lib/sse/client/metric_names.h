#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::client {

struct NamedMetric {
  std::string id;
  std::string name;
};

/// Reads the answer of `GET /metrics`. Error: kInvalid when it is something else.
SSE_EXPORT Result<std::vector<NamedMetric>> read_metrics(std::string_view body);

}  // namespace sse::client
