#pragma once

/// \file
/// History that is not in memory, read back from the journal a part at a time.
///
///     a loop             find() ---- a view of the part, when it is at hand
///                        load() --+
///     the archive's      Journal::read(), in the order of load(), at most two at once
///     thread             chunks -> segments, with their index -> cache
///                        done()
///     a loop             find()

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "sse/base/export.h"
#include "sse/base/keyed_hash.h"
#include "sse/base/result.h"
#include "sse/log/journal.h"
#include "sse/log/view.h"
#include "sse/wire/event_id.h"

namespace sse::log {

class PartLoads;

/// What an archive has done so far, and what it holds now.
struct ArchiveCounts {
  std::uint64_t reads = 0;         ///< of parts, asked of the journal
  std::uint64_t failed_reads = 0;  ///< those that have to be asked again
  std::uint64_t bytes_read = 0;    ///< of chunks
  std::uint64_t hits = 0;          ///< find() had the part
  std::uint64_t misses = 0;        ///< find() did not
  std::size_t cached_bytes = 0;    ///< now
  std::size_t limit_bytes = 0;     ///< Options::max_bytes
  std::size_t waiting_loads = 0;   ///< parts that are waited for now, and not told of yet
};

/// Gives views of parts of the history that a journal keeps. Parts that were read stay for all who
/// read the same place, up to a number of bytes; the part that was used longest ago goes first. One
/// thread makes their index, so that a view of a part is like any other. Thread-safe.
class SSE_EXPORT Archive {
 public:
  struct Options {
    KeyedHash name_hash = {};               ///< the log's
    std::size_t max_bytes = 32U << 20U;     ///< of parts at hand, at least one
    std::chrono::milliseconds retry{1000};  ///< after which a part is asked for again
    /// How long a part that was read stays for who waited for it, in a cache that has no room for
    /// others beside it: a stream that was closed meanwhile does not come.
    std::chrono::milliseconds patience{250};

    /// Parts that are on their way, beside those at hand: two as chunks, one as segments.
    static constexpr std::size_t kMostOnTheirWay = 3;
  };

  /// The journal must outlive it.
  Archive(Journal& journal, const Options& options);
  /// Calls each done() that is left, on this thread; none is called after it.
  ~Archive();
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  /// Starts its thread; what was asked before waits for it. Once. Error: kIo, there is no thread to
  /// be had.
  Status start();

  /// A view of the part that holds the event, when it is at hand: to the part's end, or to the last
  /// event that `view` does not hold. REQUIRES: view.is_archived(archived).
  std::optional<View> find(const View& view, wire::Sequence archived);

  /// Reads that part. `done` is called once, on the archive's thread, never from within load(), and
  /// without a lock: when the part is at hand, or has gone, or the journal has stopped. Take a new
  /// View then, and find() it; if it is not there, load() it again. A read that fails is tried
  /// again until then. `done` must not block. Never blocks. REQUIRES: view.is_archived(archived).
  void load(const View& view, wire::Sequence archived, std::function<void()> done);

  ArchiveCounts counts() const;

 private:
  const std::shared_ptr<PartLoads>
      loads_;  // shared with reads that the journal has not answered yet
  std::thread thread_;
};

}  // namespace sse::log
