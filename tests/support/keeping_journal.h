#pragma once

/// \file
/// A journal that keeps all events, so that a log may let go of them, and whose disk answers at
/// once, or when the test says so.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sse/base/check.h"
#include "sse/base/clock.h"
#include "sse/base/mutex.h"
#include "sse/log/chunk.h"
#include "sse/log/entry.h"
#include "sse/log/journal.h"
#include "sse/log/memory_journal.h"
#include "sse/log/part.h"

namespace sse::test {

/// Its order is a memory journal's; what that tells its follower is kept in chunks on the way. A
/// part begins at the first chunk after `part_events` events. Thread-safe, but for start().
class KeepingJournal final : public log::Journal, private log::Follower {
 public:
  using Read = std::pair<wire::Sequence, wire::Sequence>;

  KeepingJournal(const log::MemoryJournal::Options& options, const Clock& clock,
                 std::uint64_t part_events)
      : order_(options, clock), part_events_(part_events) {}

  Status start(log::Follower& follower) override {
    follower_ = &follower;
    return order_.start(*this);
  }
  log::Answered append(log::Append& append, FunctionRef<Done()> later) override {
    return order_.append(append, later);
  }
  bool answers_at_once() const override { return true; }
  bool keeps_parts() const override { return true; }
  void stop(std::chrono::nanoseconds limit) override {
    order_.stop(limit);
    fail_reads(Error{ErrorCode::kUnavailable, "the journal has stopped"});
    answer_all();
  }
  log::JournalState state() const override { return order_.state(); }

  void read(wire::Sequence first, wire::Sequence last, ReadDone done) override {
    {
      const MutexLock lock(mutex_);
      reads_.push_back({first, last});
      if (is_held_) {
        held_.emplace_back(Read{first, last}, std::move(done));
        changed_.notify_all();
        return;
      }
    }
    done(result_of(first, last));
  }

  // For the test.

  /// Reads wait for answer() from now on, or are answered at once.
  void hold(bool is_held = true) {
    const MutexLock lock(mutex_);
    is_held_ = is_held;
  }
  /// Returns when at least so many reads are held.
  void wait_for_held(std::size_t reads) {
    const MutexLock lock(mutex_);
    while (held_.size() < reads) changed_.wait(mutex_);
  }
  std::size_t held() const {
    const MutexLock lock(mutex_);
    return held_.size();
  }
  /// Answers the read that is held longest, from what is kept now.
  void answer() {
    std::pair<Read, ReadDone> oldest;
    {
      const MutexLock lock(mutex_);
      SSE_CHECK(!held_.empty());
      oldest = std::move(held_.front());
      held_.pop_front();
    }
    oldest.second(result_of(oldest.first.first, oldest.first.second));
  }

  void answer_all() {
    while (held() > 0) answer();
  }
  /// Answers what is held, and from now on at once.
  void let_go() {
    hold(false);
    answer_all();
  }

  /// Every read that was asked for, in order.
  std::vector<Read> reads() const {
    const MutexLock lock(mutex_);
    return reads_;
  }
  /// Reads fail with this from now on, or no longer.
  void fail_reads(std::optional<Error> error) {
    const MutexLock lock(mutex_);
    failure_ = std::move(error);
  }
  /// Flips a bit of the chunk that holds the event: on the disk, once more to mend it.
  void damage(wire::Sequence sequence) {
    const MutexLock lock(mutex_);
    chunk_of(sequence)->second.bytes.back() ^= 1;
  }

  /// Retention: chunks that end before `first` are deleted.
  void drop_before(wire::Sequence first) {
    log::Tail tail;
    {
      const MutexLock lock(mutex_);
      const auto begin = chunks_.begin();
      if (begin == chunks_.end() || first <= begin->first) return;
      const auto kept = chunk_of(first);
      if (kept == begin) return;
      gone_ = std::prev(kept)->second.first.unix_time();
      chunks_.erase(begin, kept);
      tail = {chunks_.begin()->second.first, gone_};
    }
    follower_->move_tail(tail);
  }

  /// The first event that is kept. REQUIRES: there was one.
  wire::Sequence oldest() const {
    const MutexLock lock(mutex_);
    return chunks_.begin()->first;
  }

  /// The first event of each part so far.
  std::vector<wire::EventId> parts() const {
    const MutexLock lock(mutex_);
    return parts_;
  }

  /// Tells a follower what a start does: parts that end before `memory`, where a part begins, and
  /// the events from there on.
  void load_into(log::Follower& follower, wire::Sequence memory, BootTime now) const {
    const MutexLock lock(mutex_);
    const wire::EventId& oldest = chunks_.begin()->second.first;
    const bool is_whole = oldest.sequence() == memory;
    const wire::Epoch epoch = oldest.epoch();
    log::Origin origin{origin_.head, epoch, {{epoch, 1}}};
    if (memory > 1) origin.head = id_of(memory - 1, is_whole);
    follower.load(origin, {});
    if (!is_whole) follower.move_tail({oldest, gone_});
    for (std::size_t i = 0; i < parts_.size() && parts_[i].sequence() < memory; ++i) {
      const wire::Sequence end = i + 1 < parts_.size() ? parts_[i + 1].sequence() : memory;
      if (end <= oldest.sequence()) continue;
      follower.load_part(part_from(std::max(parts_[i], oldest, is_before), end));
    }
    for (auto chunk = chunks_.lower_bound(memory); chunk != chunks_.end(); ++chunk) {
      const auto is_first = [&](const wire::EventId& part) { return part == chunk->second.first; };
      if (std::any_of(parts_.begin(), parts_.end(), is_first)) {
        follower.begin_parts({&chunk->second.first, 1});
      }
      follower.add(*log::decode_chunk(chunk->second.bytes, follower.name_hash()), now);
    }
  }

 private:
  struct Chunk {
    wire::EventId first;
    wire::Sequence last = 0;
    std::string bytes;
  };
  using Chunks = std::map<wire::Sequence, Chunk>;

  static bool is_before(const wire::EventId& a, const wire::EventId& b) {
    return a.sequence() < b.sequence();
  }

  KeyedHash name_hash() const override { return follower_->name_hash(); }
  void load(const log::Origin& origin, std::span<const log::KeptRow> rows) override {
    {
      const MutexLock lock(mutex_);
      origin_ = origin;
    }
    follower_->load(origin, rows);
  }
  void add(std::span<const log::Entry> entries, BootTime now) override {
    std::vector<wire::EventId> begun;
    for (auto left = entries; !left.empty();) {
      const auto chunk = log::chunk_of(left);
      if (keep(chunk)) begun.push_back(chunk.front().id);
      left = left.subspan(chunk.size());
    }
    if (!begun.empty()) follower_->begin_parts(begun);
    follower_->add(entries, now);
  }
  void restart(const log::Origin& origin, std::span<const log::KeptRow> rows,
               std::string_view why) override {
    follower_->restart(origin, rows, why);
  }
  void wake() override { follower_->wake(); }

  /// Whether a part begins with it.
  bool keep(std::span<const log::Entry> chunk) {
    const MutexLock lock(mutex_);
    const wire::EventId& first = chunk.front().id;
    chunks_[first.sequence()] = {first, chunk.back().id.sequence(), log::encode_chunk(chunk)};
    const bool is_part =
        parts_.empty() || first.sequence() >= parts_.back().sequence() + part_events_;
    if (is_part) parts_.push_back(first);
    return is_part;
  }

  Chunks::iterator chunk_of(wire::Sequence sequence) SSE_REQUIRES(mutex_) {
    return std::prev(chunks_.upper_bound(sequence));
  }

  Result<std::vector<std::string>> result_of(wire::Sequence first, wire::Sequence last) {
    const MutexLock lock(mutex_);
    if (failure_) return *failure_;
    if (chunks_.begin()->first > first) return Error{ErrorCode::kNotFound, "the tail has moved"};
    std::vector<std::string> bytes;
    for (auto chunk = chunk_of(first); chunk != chunks_.end() && chunk->first <= last; ++chunk) {
      bytes.push_back(chunk->second.bytes);
    }
    return bytes;
  }

  /// Of an event that is kept, or of the newest one that is gone.
  wire::EventId id_of(wire::Sequence sequence, bool is_gone) const SSE_REQUIRES(mutex_) {
    const auto& first = chunks_.begin()->second.first;
    if (is_gone) return wire::EventId::make(*gone_, first.epoch(), sequence);
    const auto chunk = std::prev(chunks_.upper_bound(sequence));
    return wire::EventId::make(chunk->second.first.unix_time(), first.epoch(), sequence);
  }

  log::KeptPart part_from(const wire::EventId& first, wire::Sequence end) const
      SSE_REQUIRES(mutex_) {
    log::KeptPart part{first, end - 1, {}};
    std::map<std::pair<std::string, std::string>, wire::Sequence> newest;
    for (auto chunk = chunks_.find(first.sequence()); chunk != chunks_.end() && chunk->first < end;
         ++chunk) {
      const auto entries = log::decode_chunk(chunk->second.bytes, {});
      for (const log::Entry& entry : *entries) {
        newest[{std::string(entry.type.text), std::string(entry.topic.text)}] = entry.id.sequence();
      }
    }
    for (const auto& [names, sequence] : newest) {
      part.newest.push_back({sequence, names.first, names.second});
    }
    std::sort(part.newest.begin(), part.newest.end(),
              [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
    return part;
  }

  log::MemoryJournal order_;
  const std::uint64_t part_events_;
  log::Follower* follower_ = nullptr;

  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  log::Origin origin_ SSE_GUARDED_BY(mutex_);
  Chunks chunks_ SSE_GUARDED_BY(mutex_);
  std::vector<wire::EventId> parts_ SSE_GUARDED_BY(mutex_);
  std::optional<std::chrono::milliseconds> gone_ SSE_GUARDED_BY(mutex_);
  std::vector<Read> reads_ SSE_GUARDED_BY(mutex_);
  std::deque<std::pair<Read, ReadDone>> held_ SSE_GUARDED_BY(mutex_);
  bool is_held_ SSE_GUARDED_BY(mutex_) = false;
  std::optional<Error> failure_ SSE_GUARDED_BY(mutex_);
};

}  // namespace sse::test
