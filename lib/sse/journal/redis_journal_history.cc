// History that is not in memory: where its parts begin, and where the log does.

#include <algorithm>
#include <thread>
#include <utility>

#include "sse/journal/redis_journal.h"

namespace sse::journal {
namespace {

using std::chrono::steady_clock;

/// How often a node asks where the log begins. Any node's appends, or its time, may move that.
constexpr std::chrono::seconds kAskOldest{1};

}  // namespace

void RedisJournal::read(wire::Sequence first, wire::Sequence last, ReadDone done) {
  reader_->read(first, last, std::move(done));
}

std::unique_ptr<RedisReader> RedisJournal::make_reader() {
  RedisReader::Options options;
  options.log_key = link_->key("log");
  options.hash = hash_;
  options.largest_event = settings_.largest_event;
  options.patience = patience().most;
  options.processors = std::thread::hardware_concurrency();
  options.on_lost = [this](const wire::EventId& next) {
    const MutexLock lock(mutex_);
    if (!lost_ || lost_->sequence() < next.sequence()) lost_ = next;
    wake_.wake();
  };
  return std::make_unique<RedisReader>(std::move(options));
}

// ---- the journal's thread

/// What was found, for the follower. A tail is always told: its own limit of age is not that of the
/// log.
log::KeptHistory RedisJournal::history_of(RedisPartSearch& search) {
  log::KeptHistory history{log::Tail{wire::EventId::make({}, 0, 1), {}}, search.take_parts()};
  if (history.parts.empty()) return history;
  const wire::EventId& oldest = history.parts.front().first;
  history.tail->oldest = oldest;
  if (oldest.sequence() > 1) history.tail->gone = oldest.unix_time();
  return history;
}

/// What the follower was told that is up to head_.
void RedisJournal::take_history(const log::KeptHistory& history, RedisPartBuilder open) {
  forget_history();
  open_part_ = std::move(open);
  if (history.parts.empty()) return;
  told_tail_ = history.parts.front().first.sequence();
  std::deque<wire::EventId> parts;
  for (const log::KeptPart& part : history.parts) parts.push_back(part.first);
  reader_->set_parts(std::move(parts), head_.unix_time());
}

/// The log begins behind head_, as far as it is not in memory.
void RedisJournal::forget_history() {
  open_part_.clear();
  unsaved_parts_.clear();
  reader_->set_parts({}, head_.unix_time());
  told_tail_ = head_.sequence() + 1;
  const MutexLock lock(mutex_);
  lost_.reset();
}

/// Before the follower gets the entry. The row of a complete part is written by the node whose
/// entry begins the next one; a row that is missing all the same is made by a node that starts.
void RedisJournal::begin_part(const RedisEntry& entry) {
  if (open_part_.is_complete_before(entry)) {
    RedisPart whole = open_part_.take();
    if (entry.node == node_key_) unsaved_parts_.push_back(std::move(whole));
  }
  if (open_part_.empty()) {
    const wire::EventId& first = entry.entries.front().id;
    follower_->begin_parts({&first, 1});
    reader_->begin_part(first);
  }
  open_part_.add(entry);
  reader_->note_events(entry.place.time);
}

/// One row a turn: there are many where none were written.
void RedisJournal::save_part() {
  if (unsaved_parts_.empty()) return;
  const RedisPart& part = unsaved_parts_.front();
  link_->calls().send(
      {"ZADD", link_->key("parts"), std::to_string(part.kept.last), encode_part(part)});
  await_reply(Reply::kKept);
  unsaved_parts_.pop_front();
}

void RedisJournal::ask_oldest() {
  const auto now = steady_clock::now();
  if (now - oldest_asked_ < kAskOldest) return;
  oldest_asked_ = now;
  link_->send_oldest();
  await_reply(Reply::kOldest);
}

void RedisJournal::take_oldest(const RedisReply& reply) {
  const auto oldest = RedisLink::read_oldest(reply);
  if (!oldest) return;  // it is asked again
  // Where there is nothing, all that came before is gone, though it may not have come here yet.
  tell_tail(oldest->first);
}

/// What the reader has found missing.
void RedisJournal::take_lost() {
  std::optional<wire::EventId> lost;
  {
    const MutexLock lock(mutex_);
    lost = std::exchange(lost_, std::nullopt);
  }
  if (lost) tell_tail(*lost);
}

/// By parts, where the number of events is bounded: which event an archived one is, is known of the
/// first of each.
void RedisJournal::tell_tail(wire::EventId oldest) {
  const std::uint64_t most = settings_.log.max_events;
  if (most != 0 && head_.sequence() > most) {
    const auto part = reader_->part_of(head_.sequence() + 1 - most);
    if (part && part->sequence() > oldest.sequence()) oldest = *part;
  }
  if (oldest.sequence() <= told_tail_) return;
  told_tail_ = oldest.sequence();
  follower_->move_tail({oldest, oldest.unix_time()});
  follower_->wake();
  reader_->forget_before(told_tail_);
}

}  // namespace sse::journal
