#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sse/base/mutex.h"
#include "sse/base/result.h"
#include "sse/log/archive.h"
#include "sse/log/journal.h"
#include "sse/log/part_cache.h"
#include "sse/log/part_copy.h"
#include "sse/log/view.h"
#include "sse/wire/event_id.h"

namespace sse::log {

/// What an Archive and its thread share, and reads that the journal has not answered yet: the parts
/// at hand, those that are waited for, and the thread's work. Thread-safe.
class PartLoads : public std::enable_shared_from_this<PartLoads> {
 public:
  using Done = std::function<void()>;

  PartLoads(Journal& journal, const Archive::Options& options)
      : journal_(journal), options_(options), cache_(options.max_bytes) {}

  std::optional<View> find(const View& view, wire::Sequence archived) SSE_EXCLUDES(mutex_);
  void load(const View& view, wire::Sequence archived, Done done) SSE_EXCLUDES(mutex_);
  ArchiveCounts counts() const SSE_EXCLUDES(mutex_);

  /// The thread's, until stop().
  void run() SSE_EXCLUDES(mutex_);
  void stop() SSE_EXCLUDES(mutex_);
  /// Once the thread has ended: what is left to call.
  std::vector<Done> take_all() SSE_EXCLUDES(mutex_);

 private:
  using Time = PartCache::Time;
  using Chunks = Result<std::vector<std::string>>;

  struct Load {
    PartRange range;            // what is to be read
    wire::Sequence needed = 0;  // up to this event
    std::vector<Done> done;
    Time not_before;
    bool has_failed = false;
  };
  struct Read {
    PartKey key;
    PartRange range;
    Chunks chunks;
  };
  struct Refused {
    wire::Sequence first;
    Time until;
  };
  /// What the thread does next: tells, asks or makes; nothing of that at the end.
  struct Step {
    std::vector<Done> tell;
    std::optional<std::pair<PartKey, PartRange>> ask;
    std::optional<Read> make;
  };

  static bool is_of(const View& view, const PartCopy& copy);
  Step next_step() SSE_EXCLUDES(mutex_);
  bool take_due(Step& step, Time now) SSE_REQUIRES(mutex_);
  Time next_due() const SSE_REQUIRES(mutex_);
  void ask(const PartKey& key, const PartRange& range) SSE_EXCLUDES(mutex_);
  void arrive(Read read) SSE_EXCLUDES(mutex_);
  void make(const Read& read) SSE_EXCLUDES(mutex_);
  void keep(const PartKey& key, PartCopy copy) SSE_EXCLUDES(mutex_);
  void refuse(const Read& read) SSE_EXCLUDES(mutex_);
  void retry(const PartKey& key, const Error& error) SSE_EXCLUDES(mutex_);
  std::vector<Done> take(const PartKey& key) SSE_REQUIRES(mutex_);
  void tell(const std::vector<Done>& told) SSE_EXCLUDES(mutex_);

  Journal& journal_;
  const Archive::Options options_;

  mutable Mutex mutex_;
  std::condition_variable_any work_;  // for the thread
  PartCache cache_ SSE_GUARDED_BY(mutex_);
  std::map<PartKey, Load> loads_ SSE_GUARDED_BY(mutex_);
  std::deque<PartKey> queue_ SSE_GUARDED_BY(mutex_);  // of those, what is not asked yet
  std::deque<Read> arrived_ SSE_GUARDED_BY(mutex_);
  std::map<PartKey, Refused> refused_ SSE_GUARDED_BY(mutex_);
  std::size_t asked_ SSE_GUARDED_BY(mutex_) = 0;  // and not made yet
  bool is_telling_ SSE_GUARDED_BY(mutex_) = false;
  ArchiveCounts counts_ SSE_GUARDED_BY(mutex_);
  bool is_failing_ SSE_GUARDED_BY(mutex_) = false;
  bool is_full_ SSE_GUARDED_BY(mutex_) = false;  // the thread waits for room
  bool is_stopping_ SSE_GUARDED_BY(mutex_) = false;
};

}  // namespace sse::log
