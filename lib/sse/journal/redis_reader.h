#pragma once

/// \file
/// History that is read back from the stream, over a connection and on a thread of its own: neither
/// appends nor the tail wait for it.
///
///     read()       any thread: into the queue                        a lock, no I/O
///     the thread   XRANGE from the part that holds the first event   bounded by that part
///                  entries -> chunks with their real ids             done()

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/keyed_hash.h"
#include "sse/base/mutex.h"
#include "sse/base/result.h"
#include "sse/journal/read_allowance.h"
#include "sse/journal/redis_batch.h"
#include "sse/journal/redis_link.h"
#include "sse/log/journal.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// Thread-safe. A read that the engine does not answer fails with kIo: what is asked again later
/// goes on where the engine does.
class SSE_EXPORT RedisReader {
 public:
  using Done = log::Journal::ReadDone;

  struct Options {
    std::string log_key;
    KeyedHash hash;
    std::size_t largest_event = 0;
    std::chrono::nanoseconds patience{0};  ///< with one reply
    unsigned processors = 1;               ///< of the machine: see ReadAllowance
    /// Called when events are not in the stream any more, with the first one behind them. On the
    /// thread of the reader, under its lock: not after use_none(). It must not call the reader.
    std::function<void(const wire::EventId& next)> on_lost;
  };

  explicit RedisReader(Options options)
      : options_(std::move(options)), allowance_(options_.processors) {}
  ~RedisReader() { stop(); }
  RedisReader(const RedisReader&) = delete;
  RedisReader& operator=(const RedisReader&) = delete;

  /// Once. Error: kIo.
  Status start() SSE_EXCLUDES(mutex_);
  /// Every read gets its answer, most of them kUnavailable. Waits some tens of milliseconds at most
  /// for the engine.
  void stop() SSE_EXCLUDES(mutex_);

  /// See log::Journal::read(). Of one part: for what goes on into the next one kNotFound, as parts
  /// were told again since the caller has looked.
  void read(wire::Sequence first, wire::Sequence last, Done done) SSE_EXCLUDES(mutex_);

  /// Where it reads from now on, and which epochs the order has there.
  void use(const RedisEngine& engine, const std::vector<EpochRecord>& epochs) SSE_EXCLUDES(mutex_);
  /// The engine is lost.
  void use_none() SSE_EXCLUDES(mutex_);

  // Where parts begin, in order.

  void begin_part(const wire::EventId& first) SSE_EXCLUDES(mutex_);
  /// These in place of all others; the last one goes on up to the time `newest`.
  void set_parts(std::deque<wire::EventId> first, std::chrono::milliseconds newest)
      SSE_EXCLUDES(mutex_);
  void forget_before(wire::Sequence sequence) SSE_EXCLUDES(mutex_);
  /// The first event of the part that holds this one; nullopt where none is known.
  std::optional<wire::EventId> part_of(wire::Sequence sequence) const SSE_EXCLUDES(mutex_);

  /// An entry of this time comes: reads take less of the machine for a while, and the newest part
  /// goes on up to there. Lock-free.
  void note_events(std::chrono::milliseconds time) {
    newest_ms_ = time.count();
    has_events_ = true;
  }

 private:
  struct Read {
    wire::Sequence first = 0;
    wire::Sequence last = 0;
    Done done;
  };
  struct Source {
    RedisEngine engine;
    std::vector<EpochRecord> epochs;
  };
  /// A range that is being read.
  struct Range {
    std::string from;  // an id of the stream, or what is behind it
    std::string to;    // kEnd: nothing bounds a reply but the number of entries
    std::shared_ptr<const Source> source = {};  // that it has been read from so far
    wire::Sequence next = 0;
    wire::Sequence last = 0;
    std::vector<std::string> chunks;
  };
  using Chunks = Result<std::vector<std::string>>;
  using Time = std::chrono::steady_clock::time_point;

  void run() SSE_EXCLUDES(mutex_);
  std::optional<Read> next_read() SSE_EXCLUDES(mutex_);
  bool rest() SSE_EXCLUDES(mutex_);
  bool is_stopping() const SSE_EXCLUDES(mutex_);
  RedisPatience patience() SSE_EXCLUDES(mutex_);
  std::optional<Range> range_of(const Read& read) const SSE_EXCLUDES(mutex_);
  Status connect() SSE_EXCLUDES(mutex_);
  Chunks read_range(Range range) SSE_EXCLUDES(mutex_);
  Result<RedisReply> ask(const Range& range) SSE_EXCLUDES(mutex_);
  Status read_piece(Range& range) SSE_EXCLUDES(mutex_);
  Status take(Range& range, const RedisReply& item) SSE_EXCLUDES(mutex_);
  Error lose(const Range& range, const RedisEntry& next) SSE_EXCLUDES(mutex_);
  bool is_of_order(const RedisEntry& entry) const;

  const Options options_;

  // The thread.
  RedisConnection connection_;
  bool is_used_ = false;                  // a call was made over it
  std::shared_ptr<const Source> source_;  // of the connection
  EntryCount count_{std::size_t{128} << 10U, 512};
  std::string damaged_at_;  // the entry that was said to be last
  ReadAllowance allowance_;

  std::atomic<bool> has_events_ = false;
  std::atomic<std::int64_t> newest_ms_ = 0;
  mutable Mutex mutex_;
  std::condition_variable_any work_;
  std::deque<Read> reads_ SSE_GUARDED_BY(mutex_);
  std::shared_ptr<const Source> wanted_ SSE_GUARDED_BY(mutex_);
  std::deque<wire::EventId> parts_ SSE_GUARDED_BY(mutex_);
  bool takes_reads_ SSE_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace sse::journal
