#pragma once

/// \file
/// Where events enter: kept in the log first, then every loop is woken.

#include <atomic>
#include <functional>
#include <span>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/log/event_log.h"
#include "sse/wire/event.h"
#include "sse/wire/event_id.h"

namespace sse::hub {

inline constexpr std::size_t kMaxTypeSize = 200;
inline constexpr std::size_t kMaxTopicSize = 256;
inline constexpr std::size_t kMaxTopicLevels = 16;

/// Rules for what may be published (docs/stream.md): type, topic and data in valid UTF-8; type and
/// topic without control characters; types of at most kMaxTypeSize bytes that do not start with
/// `sse.`; topics of at most kMaxTopicSize bytes and kMaxTopicLevels levels, without the wildcards
/// of filters (`+`, `*`, `#`). Error: kInvalid, naming the field and what was expected.
SSE_EXPORT Status check_event(const wire::Event& event);

/// Thread-safe.
class SSE_EXPORT Publisher {
 public:
  /// `wake` tells the fan-out loops that the log has grown; called on the publisher's thread.
  Publisher(log::EventLog& log, std::function<void()> wake);

  /// Keeps the event and wakes the loops. After success every subscriber gets it (promise 1).
  /// Errors: kInvalid (check_event), kTooLarge, kUnavailable once close() was called.
  Result<wire::EventId> publish(const wire::Event& event);

  /// The same for many, one result each, in order. A bad one loses no good one; the loops are woken
  /// once.
  std::vector<Result<wire::EventId>> publish_batch(std::span<const wire::Event> events);

  /// From now on publishing is refused (draining). Returns when nobody is inside publish() any
  /// more: the head of the log is final.
  void close();
  bool is_open() const { return open_.load(); }

  log::EventLog& log() { return log_; }

 private:
  log::EventLog& log_;
  std::function<void()> wake_;
  std::atomic<bool> open_ = true;
  std::atomic<int> inside_ = 0;  // publishers between the look at open_ and the append
};

}  // namespace sse::hub
