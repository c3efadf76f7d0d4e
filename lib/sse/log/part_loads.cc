#include "sse/log/part_loads.h"

#include <algorithm>
#include <chrono>
#include <new>

#include "sse/base/logging.h"
#include "sse/log/epochs.h"

namespace sse::log {
namespace {

using WaitClock = std::chrono::steady_clock;

// One is read while another is made.
constexpr std::size_t kMostAsked = Archive::Options::kMostOnTheirWay - 1;

Result<PartCopy> copy_of(const std::vector<std::string>& chunks, const PartRange& range,
                         const KeyedHash& name_hash) {
  try {
    return copy_part(chunks, range, name_hash);
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kIo, "there is no memory for a part of the log"};
  }
}

}  // namespace

// ---- any thread

/// Whether the events are those of the view: a journal that many share may have another order by
/// the time that it reads. What came after the view is not its business.
bool PartLoads::is_of(const View& view, const PartCopy& copy) {
  const auto& slots = copy.segments->slots;
  return std::all_of(slots.begin(), slots.end(), [&](const SegmentTable::Slot& slot) {
    const auto epoch = slot.first <= view.head() ? view.epochs_->of(slot.first) : std::nullopt;
    return !epoch || *epoch == slot.segment->id_of(0).epoch();
  });
}

std::optional<View> PartLoads::find(const View& view, wire::Sequence archived) {
  const PartRange part = view.part_of(archived);
  const wire::Sequence needed = std::min(part.last, view.first_held() - 1);
  PartCopy copy;
  {
    const MutexLock lock(mutex_);
    const PartCopy* found = cache_.use({view.generation(), part.first}, archived, needed);
    if (found == nullptr || !is_of(view, *found)) {
      ++counts_.misses;
      return std::nullopt;
    }
    ++counts_.hits;
    copy = *found;
    if (is_full_) work_.notify_one();
  }
  return view.part(std::move(copy.segments), copy.last);
}

void PartLoads::load(const View& view, wire::Sequence archived, Done done) {
  const PartRange part = view.part_of(archived);
  const PartKey key{view.generation(), part.first};
  const PartRange range{std::max(part.first, view.tail()), part.last};
  const MutexLock lock(mutex_);
  const auto [load, is_new] = loads_.try_emplace(key);
  Load& wanted = load->second;
  wanted.done.push_back(std::move(done));
  wanted.range = {range.first, std::max(wanted.range.last, range.last)};
  wanted.needed = std::max(wanted.needed, std::min(part.last, view.first_held() - 1));
  if (!is_new) return;
  const auto refused = refused_.find(key);
  if (refused != refused_.end() && refused->second.first == range.first) {
    wanted.not_before = refused->second.until;
  }
  queue_.push_back(key);
  work_.notify_one();
}

ArchiveCounts PartLoads::counts() const {
  const MutexLock lock(mutex_);
  ArchiveCounts counts = counts_;
  counts.cached_bytes = cache_.bytes();
  counts.limit_bytes = options_.max_bytes;
  counts.waiting_loads = loads_.size() + (is_telling_ ? 1 : 0);
  return counts;
}

void PartLoads::stop() {
  const MutexLock lock(mutex_);
  is_stopping_ = true;
  work_.notify_one();
}

std::vector<PartLoads::Done> PartLoads::take_all() {
  const MutexLock lock(mutex_);
  std::vector<Done> all;
  for (auto& [key, load] : loads_)
    std::move(load.done.begin(), load.done.end(), back_inserter(all));
  loads_.clear();
  return all;
}

// On the journal's thread, or before read() returns.
void PartLoads::arrive(Read read) {
  const MutexLock lock(mutex_);
  if (is_stopping_) return;
  if (read.chunks) {
    for (const std::string& chunk : *read.chunks) counts_.bytes_read += chunk.size();
  }
  arrived_.push_back(std::move(read));
  work_.notify_one();
}

// ---- the archive's thread

void PartLoads::run() {
  while (true) {
    Step step = next_step();
    if (step.ask) {
      ask(step.ask->first, step.ask->second);
    } else if (step.make) {
      make(*step.make);
    } else if (!step.tell.empty()) {
      tell(step.tell);
    } else {
      return;
    }
  }
}

PartLoads::Step PartLoads::next_step() {
  const MutexLock lock(mutex_);
  Step step;
  while (!is_stopping_) {
    if (take_due(step, WaitClock::now())) break;
    if (!arrived_.empty()) {
      step.make = std::move(arrived_.front());
      arrived_.pop_front();
      break;
    }
    const Time due = next_due();
    if (due == Time::max()) {
      work_.wait(mutex_);
    } else {
      work_.wait_until(mutex_, due);
    }
  }
  return step;
}

// A part that was read since it was asked for is only told of.
bool PartLoads::take_due(Step& step, Time now) {
  if (asked_ == kMostAsked) return false;
  auto next = queue_.begin();
  while (next != queue_.end() && loads_.at(*next).not_before > now) ++next;
  if (next == queue_.end()) return false;
  const PartKey key = *next;
  queue_.erase(next);
  const Load& load = loads_.at(key);
  if (cache_.keep(key, load.range.first, load.needed, now + options_.patience)) {
    step.tell = take(key);
    return true;
  }
  step.ask = {key, load.range};
  ++asked_;
  ++counts_.reads;
  return true;
}

PartLoads::Time PartLoads::next_due() const {
  Time due = Time::max();
  if (asked_ == kMostAsked) return due;
  for (const PartKey& key : queue_) due = std::min(due, loads_.at(key).not_before);
  return due;
}

void PartLoads::ask(const PartKey& key, const PartRange& range) {
  journal_.read(range.first, range.last, [loads = shared_from_this(), key, range](Chunks chunks) {
    loads->arrive({key, range, std::move(chunks)});
  });
}

void PartLoads::make(const Read& read) {
  if (!read.chunks) {
    const ErrorCode code = read.chunks.error().code;
    if (code == ErrorCode::kNotFound || code == ErrorCode::kUnavailable) return refuse(read);
    return retry(read.key, read.chunks.error());
  }
  auto copy = copy_of(*read.chunks, read.range, options_.name_hash);
  if (!copy) return retry(read.key, copy.error());
  keep(read.key, *std::move(copy));
}

void PartLoads::keep(const PartKey& key, PartCopy copy) {
  std::vector<PartCache::Segments> gone;
  std::vector<Done> told;
  bool has_recovered = false;
  {
    const MutexLock lock(mutex_);
    while (!is_stopping_) {
      const auto full_until = cache_.full_until(copy.bytes, WaitClock::now());
      if (!full_until) break;
      is_full_ = true;
      work_.wait_until(mutex_, *full_until);
    }
    is_full_ = false;
    if (is_stopping_) return;
    const Time now = WaitClock::now();
    const bool was_failing = is_failing_;
    told = take(key);
    gone = cache_.put(key, std::move(copy), now, now + options_.patience);
    --asked_;
    has_recovered = was_failing && !is_failing_;
  }
  gone.clear();
  if (has_recovered) log_line(LogLevel::kInfo, "history that is not in memory can be read again");
  tell(told);
}

// What asks again at once is answered a little later, so that it does not ask all the time: the
// tail may be reported after the journal has deleted something.
void PartLoads::refuse(const Read& read) {
  std::vector<Done> told;
  {
    const MutexLock lock(mutex_);
    const Time now = WaitClock::now();
    std::erase_if(refused_, [now](const auto& refused) { return refused.second.until <= now; });
    refused_[read.key] = {read.range.first, now + options_.retry / 10};
    told = take(read.key);
    --asked_;
  }
  tell(told);
}

// One line a series of failures, however many parts it is about.
void PartLoads::retry(const PartKey& key, const Error& error) {
  {
    const MutexLock lock(mutex_);
    ++counts_.failed_reads;
    --asked_;
    Load& load = loads_.at(key);
    load.not_before = WaitClock::now() + options_.retry;
    load.has_failed = true;
    queue_.push_back(key);
    if (std::exchange(is_failing_, true)) return;
  }
  log_line(LogLevel::kError,
           "history that is not in memory cannot be read; streams that come to it wait, and it is "
           "tried again until it can: " +
               error.text);
}

std::vector<PartLoads::Done> PartLoads::take(const PartKey& key) {
  const auto load = loads_.find(key);
  std::vector<Done> done = std::move(load->second.done);
  loads_.erase(load);
  is_failing_ = is_failing_ && std::any_of(loads_.begin(), loads_.end(), [](const auto& other) {
                  return other.second.has_failed;
                });
  is_telling_ = true;
  return done;
}

void PartLoads::tell(const std::vector<Done>& told) {
  for (const Done& done : told) done();
  const MutexLock lock(mutex_);
  is_telling_ = false;
}

}  // namespace sse::log
