#pragma once

/// \file
/// What a hub says in JSON, read: its answers to publishers and subscribers (docs/api.md), and the
/// data of its own events in a stream. The client's one door to nlohmann/json.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::client {

struct Gap;

inline constexpr std::string_view kGapType = "sse.gap";
inline constexpr std::string_view kClosingType = "sse.closing";

/// The data of an `sse.gap` event. What cannot be read is left empty: a gap is a gap.
Gap read_gap(std::string_view data);

/// The reason in the data of an `sse.closing` event; empty when it names none.
std::string read_closing_reason(std::string_view data);

/// One item of a batch: accepted with an id, or rejected with the server's reason.
struct ItemResult {
  std::string id;
  std::string error;
  bool is_accepted() const { return error.empty(); }
};

/// The `results` of the answer to a batch. Error: kInvalid when `body` is something else.
SSE_EXPORT Result<std::vector<ItemResult>> read_results(std::string_view body);

struct KnownReading {
  std::string value;      ///< a JSON number
  std::string timestamp;  ///< as the hub writes it
};

struct KnownMetric {
  std::string id;
  std::string name;
  std::chrono::nanoseconds input_frequency{};
  std::optional<KnownReading> newest = {};  ///< when the answer has readings
  std::string unit = {};                    ///< empty: the metric has none
};

/// The metrics of `GET /metrics`, or the one of `POST /metrics`. Error: kInvalid when `body` is
/// neither.
SSE_EXPORT Result<std::vector<KnownMetric>> read_metrics(std::string_view body);

/// The answer of `GET /metrics/{id}/readings`, oldest first. Error: kInvalid when `body` is
/// something else.
SSE_EXPORT Result<std::vector<KnownReading>> read_readings(std::string_view body);

/// What a subscriber could filter by.
struct PolledEvent {
  std::string type;
  std::string topic;  ///< empty: none
  std::string id;
  std::string data;
};

/// The answer of `GET /events`.
struct PolledEvents {
  std::vector<PolledEvent> events;  ///< oldest first
  std::string cursor;               ///< where the next poll goes on
};

/// Error: kInvalid when `body` is something else.
SSE_EXPORT Result<PolledEvents> read_polled_events(std::string_view body);

/// The text in member `name` of an object; empty when there is no such text.
SSE_EXPORT std::string member_text(std::string_view body, const char* name);

/// Whether `text` is one JSON value, and valid UTF-8.
SSE_EXPORT bool is_json(std::string_view text);

}  // namespace sse::client
