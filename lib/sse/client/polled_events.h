#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::client {

/// What somebody who subscribes could filter by.
struct PolledEvent {
  std::string type;
  std::string topic;  ///< empty: none
};

/// Reads the answer of `GET /events`, oldest event first. Error: kInvalid when it is something
/// else.
SSE_EXPORT Result<std::vector<PolledEvent>> read_polled_events(std::string_view body);

}  // namespace sse::client
