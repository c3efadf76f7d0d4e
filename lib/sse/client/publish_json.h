#pragma once

/// \file
/// The JSON that publishers send (docs/api.md); client/hub_json.h reads the answers.

#include <optional>
#include <string>
#include <string_view>

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

/// `text` as a JSON number with the same digits: people may write `+3`, `.5`, `5.` and `007`.
/// Error: kInvalid.
SSE_EXPORT Result<std::string> json_number(std::string_view text);

/// One line each, without the line end. Error: kInvalid when a text is not UTF-8.
SSE_EXPORT Result<std::string> reading_json(const NewReading& reading);
SSE_EXPORT Result<std::string> event_json(const NewEvent& event);
/// Without a `unit` when that is empty.
SSE_EXPORT Result<std::string> metric_json(std::string_view name, std::string_view input_frequency,
                                           bool if_missing, std::string_view unit = {});

}  // namespace sse::client
