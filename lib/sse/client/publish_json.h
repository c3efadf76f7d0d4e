#pragma once

/// \file
/// The JSON that publishers send and read (docs/api.md).

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::client {

struct NewReading {
  std::string metric_id;
  std::string value;                     ///< JSON number, its digits as they were written
  std::optional<std::string> timestamp;  ///< RFC 3339
};

struct NewEvent {
  std::string type;   ///< empty: `message`
  std::string topic;  ///< empty: none
  std::string data;   ///< any UTF-8 text
};

/// One of a batch: accepted with an id, or rejected with the server's reason.
struct ItemResult {
  std::string id;
  std::string error;
  bool is_accepted() const { return error.empty(); }
};

struct KnownMetric {
  std::string id;
  std::string name;
  std::chrono::nanoseconds input_frequency{};
};

/// `text` as a JSON number with the same digits: people may write `+3`, `.5`, `5.` and `007`.
/// Error: kInvalid.
SSE_EXPORT Result<std::string> json_number(std::string_view text);

/// One line each, without the line end. Error: kInvalid when a text is not UTF-8.
SSE_EXPORT Result<std::string> reading_json(const NewReading& reading);
SSE_EXPORT Result<std::string> event_json(const NewEvent& event);
SSE_EXPORT Result<std::string> metric_json(std::string_view name, std::string_view input_frequency,
                                           bool if_missing);

/// The `results` of a batch's answer; nullopt when it is something else.
std::optional<std::vector<ItemResult>> read_results(std::string_view body);

/// The array of GET /metrics, or the one object of POST /metrics; nullopt when it is neither.
std::optional<std::vector<KnownMetric>> read_known_metrics(std::string_view body);

/// The `id` or `error` member of an object; empty when there is none.
SSE_EXPORT std::string member_text(std::string_view body, const char* name);

}  // namespace sse::client
