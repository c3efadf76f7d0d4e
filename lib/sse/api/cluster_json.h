#pragma once

#include <string>

#include "sse/base/export.h"

namespace sse::log {
struct ClusterStatus;
}

namespace sse::api {

/// What `GET /-/cluster` answers (docs/operations.md).
SSE_EXPORT std::string cluster_json(const log::ClusterStatus& status);

}  // namespace sse::api
