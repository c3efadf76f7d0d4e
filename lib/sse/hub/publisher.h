#pragma once

/// \file
/// Where events enter: checked, encoded, and put into the order by the journal.

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/later.h"
#include "sse/base/result.h"
#include "sse/log/append.h"
#include "sse/log/journal.h"
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
  Publisher(log::Journal& journal, const log::EventLimits& limits)
      : journal_(journal), limits_(limits) {}

  /// Publishes the event. After success every subscriber gets it (promise 1). Errors: kInvalid
  /// (check_event), kTooLarge, kUnavailable once the hub drains, kUnknown when it may have been
  /// published. nullopt: the outcome comes later, to what `later` made.
  std::optional<Result<wire::EventId>> publish(const wire::Event& event,
                                               Later<wire::EventId> later);

  // Many events of one request: see EventDraft.

  log::Journal& journal() { return journal_; }
  const log::EventLimits& limits() const { return limits_; }

  // For programs that link the library.

  /// `done` gets the outcome, once: during this call where the journal knows it at once, else
  /// later, on any thread.
  void publish(const wire::Event& event, Done<wire::EventId> done);

  /// Waits for the outcome. With a journal that answers later that must not be on a loop's thread
  /// (in a handler): there it is kInvalid, and nothing is published.
  Result<wire::EventId> publish(const wire::Event& event);

  /// The same for many, one result each, in order. A bad one loses no good one.
  std::vector<Result<wire::EventId>> publish_batch(std::span<const wire::Event> events);

  /// kReady while events are taken; else why they are not.
  log::JournalState journal_state() const { return journal_.state(); }
  bool is_open() const { return journal_state() == log::JournalState::kReady; }

 private:
  log::Journal& journal_;
  const log::EventLimits limits_;
};

}  // namespace sse::hub
