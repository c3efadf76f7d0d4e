#pragma once

#include <functional>
#include <optional>

#include "batch.h"
#include "metric_ids.h"
#include "record_source.h"

namespace sse::pub {

/// Reads records and puts them into batches. Thread-compatible.
class BatchReader {
 public:
  struct Limits {
    std::size_t most_items = 100;
    std::chrono::nanoseconds longest{};  ///< from the first record of a batch
  };

  BatchReader(int fd, int stop_fd, Format& format, MetricIds& ids, const Limits& limits,
              const Clock& clock)
      : source_(fd, stop_fd, format, clock),
        format_(format),
        ids_(ids),
        limits_(limits),
        clock_(clock) {}

  enum class Got {
    kFull,      ///< the batch can go
    kDeadline,  ///< it should go
    kWoken,     ///< `wake_fd` is readable; the batch may grow further
    kEnd,
    kStopped,
    kFailed,    ///< the input cannot be read (any more): failure()
    kNoMetric,  ///< the hub could not be asked for an id: lookup_failure()
  };

  /// Adds to `batch`, which is empty or what a call before has left.
  Got gather(Batch& batch, int wake_fd);

  /// Passes over bytes that an earlier run has published, and tells `pass` each piece. False when
  /// the input ends before them, or fails.
  bool skip(std::uint64_t size, const std::function<void(std::string_view)>& pass);

  /// The next batch ends there, whatever its size.
  void end_batch_at(std::uint64_t offset) { forced_end_ = offset; }

  const Error& failure() const { return failure_; }
  const client::PublishError& lookup_failure() const { return lookup_failure_; }

  /// After kNoMetric: the line of the record that waits for its metric, and giving it up.
  std::uint64_t held_line() const { return record_.line; }
  void reject_held(Batch& batch);

  /// Reads a record of a batch again: one of those that it made items of.
  const Item& reread(std::string_view raw);

 private:
  std::optional<Got> add_record(Batch& batch);
  std::optional<Got> add_piece(Batch& batch);
  std::optional<Got> add_reading(Batch& batch);
  std::optional<Got> add_item(Batch& batch, std::string_view metric_id);
  void append_raw(Batch& batch);
  void reject(Batch& batch, std::string why);
  bool is_full(const Batch& batch) const;

  RecordSource source_;
  Format& format_;
  MetricIds& ids_;
  const Limits limits_;
  const Clock& clock_;
  Record record_;
  Item item_;
  Item item_again_;
  Status read_;           // of record_
  bool is_held_ = false;  // record_ has been read, and is in no batch yet
  std::optional<BootTime> deadline_;
  std::uint64_t position_ = 0;
  std::optional<std::uint64_t> forced_end_;
  Error failure_;
  client::PublishError lookup_failure_;
};

}  // namespace sse::pub
