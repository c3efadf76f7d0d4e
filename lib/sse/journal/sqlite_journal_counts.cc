// What a journal counts for the operator.

#include <algorithm>

#include "sse/journal/sqlite_journal.h"

namespace sse::journal {

std::optional<log::JournalCounts> SqliteJournal::counts() const {
  log::JournalCounts counts;
  counts.commits = commits_.load();
  counts.events = events_.load();
  counts.syncs = syncs_.load();
  for (std::size_t i = 0; i < failures_.size(); ++i) counts.failures[i] = failures_[i].load();
  counts.of(log::JournalFailure::kDamaged) = loaded_.damage.size();
  counts.disk_bytes = disk_bytes_.load();
  counts.commit_times.sum = std::chrono::nanoseconds(commit_time_.load());
  for (std::size_t i = 0; i < commit_times_.size(); ++i) {
    counts.commit_times.buckets[i] = commit_times_[i].load();
  }
  counts.pending_limit = options_.journal.max_pending;
  const MutexLock lock(mutex_);
  counts.pending_appends = queue_.size() + batch_.size();
  counts.pending_bytes = pending_bytes_;
  return counts;
}

void SqliteJournal::note_counts(std::chrono::nanoseconds commit_time) {
  ++commits_;
  syncs_ = keeper_->syncs();
  disk_bytes_ = keeper_->log_bytes();
  commit_time_ += commit_time.count();
  const auto bucket =
      std::lower_bound(log::SyncTimes::kBounds.begin(), log::SyncTimes::kBounds.end(), commit_time);
  ++commit_times_[static_cast<std::size_t>(bucket - log::SyncTimes::kBounds.begin())];
}

}  // namespace sse::journal
