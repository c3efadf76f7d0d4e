// What a journal counts for the operator.

#include <algorithm>

#include "sse/journal/sqlite_journal.h"

namespace sse::journal {

std::optional<log::JournalCounts> SqliteJournal::counts() const {
  log::JournalCounts counts;
  counts.commits = commits_.load();
  counts.failed_commits = failed_commits_.load();
  counts.events = events_.load();
  counts.syncs = syncs_.load();
  for (std::size_t i = 0; i < failures_.size(); ++i) counts.failures[i] = failures_[i].load();
  counts.of(log::JournalFailure::kDamaged) = loaded_.damage.size() + damaged_reads_.load();
  counts.disk_bytes = disk_bytes_.load();
  counts.used_bytes = used_bytes_.load();
  counts.used_limit = options_.log.max_disk_bytes;
  counts.commit_times.sum = std::chrono::nanoseconds(commit_time_.load());
  for (std::size_t i = 0; i < commit_times_.size(); ++i) {
    counts.commit_times.buckets[i] = commit_times_[i].load();
  }
  counts.pending_limit = options_.journal.max_pending;
  const MutexLock lock(mutex_);
  counts.pending_appends = queue_.size() + batch_.size();
  counts.pending_bytes = pending_.bytes();
  return counts;
}

void SqliteJournal::note_commit(std::chrono::nanoseconds time) {
  constexpr auto& kBounds = log::CommitTimes::kBounds;
  ++commits_;
  events_ += entries_.size();
  allowance_.note_commit(time, WaitClock::now());
  commit_time_ += time.count();
  const auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), time);
  ++commit_times_[static_cast<std::size_t>(bucket - kBounds.begin())];
}

void SqliteJournal::note_disk() {
  syncs_ = keeper_->syncs();
  disk_bytes_ = keeper_->log_bytes();
  used_bytes_ = keeper_->disk_bytes();
}

}  // namespace sse::journal
