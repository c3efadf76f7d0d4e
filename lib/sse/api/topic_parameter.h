#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/result.h"

namespace sse::api {

/// A query parameter that is short for a topic: a program's own word for the things that its events
/// are about, as `metric=ID` is sse-serve's for `topic=metrics/ID`.
struct TopicParameter {
  std::string name;
  /// The topic that a value stands for. Error: kInvalid, naming the parameter. Thread-safe.
  std::function<Result<std::string>(std::string_view value)> topic_of;
};
using TopicParameters = std::vector<TopicParameter>;

}  // namespace sse::api
