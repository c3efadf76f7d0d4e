#pragma once

/// \file
/// What the use cases need of a store. Each store keeps an entity and publishes its event together
/// and in one order: a subscriber that reads a snapshot and follows the stream from its cursor
/// misses nothing and sees nothing twice.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/draft.h"
#include "sse/base/later.h"
#include "sse/base/result.h"
#include "sse/base/uuid.h"
#include "sse/domain/metric.h"
#include "sse/domain/reading.h"

namespace sse::domain {

/// What creating a metric does when there is one of that name.
enum class WhenNameExists { kCreateAnother, kReturnExisting };

/// A metric, and the event that told of its creation: none when it was there already.
struct CreatedMetric {
  Metric metric;
  std::optional<Uuid> event_id;
};

/// A moment of the store. Reads of one snapshot leave out every row whose event is newer, so that
/// an answer in many pieces is one state; what is deleted meanwhile is left out, too.
struct Snapshot {
  Uuid cursor;                   ///< the id of the newest event then: where a stream goes on
  std::uint64_t sequence = 0;    ///< the same, as the rows keep it
  std::uint64_t generation = 0;  ///< see is_current()
};

struct ListedMetric {
  Metric metric;
  std::uint64_t sequence = 0;  ///< of its creation; the next page starts after it
};

/// Metrics in order of creation, a page at a time.
struct MetricQuery {
  std::optional<std::string> name;  ///< only metrics of exactly this name
  std::uint64_t after = 0;          ///< the sequence of the last one that is known already
  std::size_t limit = 0;            ///< at most so many; fewer are the last page
};

/// The newest readings by timestamp, ascending.
struct ReadingQuery {
  std::optional<WallTime> since;  ///< this time or later
  std::optional<WallTime> until;  ///< before this time
  std::size_t limit = 0;
};

/// Readings of one request on their way. Outcomes are their own ids; kNotFound when there is no
/// such metric.
class ReadingDraft : public Draft {
 public:
  /// `slot`: the caller's own number for it. Error: kTooLarge, and it is not in the draft.
  virtual Status add(const Reading& reading, std::size_t slot) = 0;
};

/// Thread-safe. Changes fail with kUnavailable when events cannot be published now, with kTooLarge
/// when the event would be too large; then nothing is kept. kUnknown: it may have been kept.
/// nullopt: the outcome comes later (sse/base/later.h).
class MetricStore {
 public:
  virtual ~MetricStore() = default;

  /// kFull when there is no room for another metric. Looking for the name and creating is one step.
  virtual std::optional<Result<CreatedMetric>> create_metric(const Metric& metric,
                                                             WhenNameExists when_exists,
                                                             Later<CreatedMetric> later) = 0;

  /// Takes the metric and its readings away. The id of the event; kNotFound.
  virtual std::optional<Result<Uuid>> delete_metric(const Uuid& id, Later<Uuid> later) = 0;

  /// Keeps a reading. The id of the event; kNotFound when there is no such metric. Never kFull: the
  /// oldest give way.
  virtual std::optional<Result<Uuid>> add_reading(const Reading& reading, Later<Uuid> later) = 0;

  /// For many readings of one request. The store must outlive it.
  virtual std::unique_ptr<ReadingDraft> draft_readings() = 0;

  virtual Snapshot snapshot() = 0;
  /// False when the log was restarted since: what a snapshot said may no longer hold.
  virtual bool is_current(const Snapshot& at) const = 0;
  virtual std::vector<ListedMetric> list_metrics(const Snapshot& at, const MetricQuery& query) = 0;
  virtual Result<Metric> find_metric(const Snapshot& at, const Uuid& id) = 0;
  /// The name of a metric as of now, also of one that was deleted lately; nullopt when it is not
  /// known. A metric whose event is visible is known.
  virtual std::optional<std::string> name_of(const Uuid& id) = 0;
  virtual Result<std::vector<Reading>> list_readings(const Snapshot& at, const Uuid& metric_id,
                                                     const ReadingQuery& query) = 0;
};

/// The text of kNotFound, the same from every store.
SSE_EXPORT Error no_such_metric(const Uuid& id);

}  // namespace sse::domain
