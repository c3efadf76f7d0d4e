#include "sse/log/event_log.h"

#include <algorithm>
#include <utility>

#include "sse/log/retained.h"

namespace sse::log {
namespace {

EventLog::Options bounded(EventLog::Options options) {
  options.retention.max_bytes = std::max(options.retention.max_bytes, kMinLogBytes);
  // Segments are unlinked whole: with eight of them or more, what is kept is near the ceiling.
  // Their index and names can double them when events are tiny.
  options.segment_size = std::min(options.segment_size, options.retention.max_bytes / 8);
  options.max_pairs = std::max<std::size_t>(options.max_pairs, 1);
  options.max_event_size = std::min(options.max_event_size, options.segment_size);
  return options;
}

/// The entries at the front that may be added under one hold of the lock.
std::span<const Entry> slice_of(std::span<const Entry> entries) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < entries.size() && count < kMaxSliceEvents && bytes < kMaxSliceBytes) {
    bytes += entries[count++].block.size();
  }
  return entries.first(count);
}

}  // namespace

EventLog::EventLog(const Options& options, const Clock& clock)
    : clock_(clock),
      options_(bounded(options)),
      retained_(std::make_unique<Retained>(options_, clock.now().boot)) {
}

EventLog::~EventLog() = default;

void EventLog::begin(const Origin& origin) {
  const MutexLock lock(mutex_);
  retained_->begin(origin);
  publish_position();
}

void EventLog::load_part(const KeptPart& part) {
  const MutexLock lock(mutex_);
  retained_->load_parts({&part, 1});
}

void EventLog::begin_parts(std::span<const wire::EventId> first) {
  const MutexLock lock(mutex_);
  retained_->begin_parts(first);
}

void EventLog::move_tail(const Tail& tail) {
  const MutexLock lock(mutex_);
  retained_->move_tail(tail);
}

void EventLog::add(std::span<const Entry> entries, BootTime now) {
  while (!entries.empty()) {
    const auto slice = slice_of(entries);
    std::vector<std::shared_ptr<const Segment>> unlinked;  // freed after the lock is released
    const MutexLock lock(mutex_);
    for (const Entry& entry : slice) retained_->append(entry, now);
    retained_->expire(now);
    unlinked = retained_->take_unlinked();
    publish_position();
    entries = entries.subspan(slice.size());
  }
}

void EventLog::restart(const Origin& origin) {
  std::vector<std::shared_ptr<const Segment>> unlinked;  // freed after the lock is released
  const MutexLock lock(mutex_);
  retained_->restart(origin);
  unlinked = retained_->take_unlinked();
  publish_position();
}

void EventLog::publish_position() {
  head_.store(retained_->head(), std::memory_order_release);
  generation_.store(retained_->generation(), std::memory_order_release);
}

View EventLog::view() {
  const Now now = clock_.now();
  std::vector<std::shared_ptr<const Segment>> unlinked;  // freed after the lock is released
  const MutexLock lock(mutex_);
  retained_->expire(now.boot);
  unlinked = retained_->take_unlinked();
  return retained_->view();
}

LogUsage EventLog::usage() {
  const Now now = clock_.now();
  std::vector<std::shared_ptr<const Segment>> unlinked;  // freed after the lock is released
  const MutexLock lock(mutex_);
  retained_->expire(now.boot);
  unlinked = retained_->take_unlinked();
  return retained_->usage(now.wall);
}

}  // namespace sse::log
