// From the stream into the log.

#include <algorithm>
#include <iterator>
#include <utility>

#include "sse/base/logging.h"
#include "sse/base/quantities.h"
#include "sse/journal/redis_journal.h"

namespace sse::journal {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How long the engine waits for an entry.
constexpr const char* kBlockMs = "1000";

// Of the memory of the log, at most, for names of parts while a node starts.
constexpr std::size_t kShareOfNames = 4;

milliseconds unix_time(WallTime time) {
  return std::chrono::floor<milliseconds>(time).time_since_epoch();
}

/// The end of the stream that ends with this event. Before the first event it is the beginning:
/// the time of such an id is not that of an entry.
std::string place_of(const wire::EventId& id) {
  if (id.sequence() == 0) return "0-0";
  return RedisPlace{id.unix_time(), id.sequence()}.text();
}

}  // namespace

void RedisJournal::begin_tail() {
  tail_at_ = place_of(head_);
  tail_count_ = EntryCount();
}

// ---- what comes

/// Asks for what is behind the entry that was read last, or that cannot be read.
void RedisJournal::ask_tail() {
  link_->tail().send({"XREAD", "COUNT", tail_count_.text(), "BLOCK", kBlockMs, "STREAMS",
                      link_->key("log"), tail_at_});
  is_tail_asked_ = true;
  tail_asked_ = steady_clock::now();
}

Status RedisJournal::take_tail() {
  if (!is_tail_asked_) return {};
  Status exchanged = link_->tail().exchange();
  while (auto reply = SSE_TRY(link_->tail().next())) {
    is_tail_asked_ = false;
    if (reply->is_error()) return Error{ErrorCode::kUnavailable, reply->text};
    if (reply->kind == RedisReply::Kind::kNil) {
      // Nothing new, which is also what a log looks like that is not the cluster's any more.
      note_proven();
      if (std::count(replies_.begin(), replies_.end(), Reply::kAttach) > 0) continue;
      link_->send_attach();
      await_reply(Reply::kAttach);
      continue;
    }
    SSE_TRY(take_entries(reply->at(0).at(1)));
    note_proven();
  }
  settle_calls();
  return exchanged;
}

void RedisJournal::note_proven() {
  backoff_ = milliseconds(0);
  is_proven_ = true;
}

// The next ones are asked for before these are read, so that the engine does not wait for us.
Status RedisJournal::take_entries(const RedisReply& entries) {
  if (entries.items.empty()) return {};
  tail_at_ = entries.items.back().at(0).text;
  tail_count_.take(entries);
  ask_tail();
  Status taken;
  for (const RedisReply& item : entries.items) {
    const auto entry = entry_of(item);
    if (!entry) continue;
    if (is_foreign(*entry)) {
      taken = Error{ErrorCode::kUnavailable, "an epoch has begun that is not known here"};
      break;
    }
    if (entry->first() != head_.sequence() + 1) {
      // What is between has been deleted or is damaged, or this is another log.
      is_tail_lost_ = true;
      taken = Error{ErrorCode::kUnavailable, "the stream goes on at event " +
                                                 std::to_string(entry->first()) + " after " +
                                                 std::to_string(head_.sequence())};
      break;
    }
    show(*entry);
  }
  follower_->wake();
  return taken;
}

/// Whether an entry is of another order than the one that this node has attached to, as when the
/// two connections are not to the same engine. It is said once of an epoch: attached() decides.
bool RedisJournal::is_foreign(const RedisEntry& entry) {
  const auto after = std::find_if(epochs_.begin(), epochs_.end(), [&](const EpochRecord& record) {
    return record.first > entry.first();
  });
  if (after == epochs_.begin() || std::prev(after)->epoch == entry.epoch) return false;
  return std::exchange(foreign_epoch_, entry.epoch) != entry.epoch;
}

/// Nullopt: the entry is damaged. Where it was an event's, the next one is found not to follow.
std::optional<RedisEntry> RedisJournal::entry_of(const RedisReply& item) {
  auto entry = read_entry(item, hash_, settings_.largest_event);
  if (entry) return *std::move(entry);
  const std::string& id = item.at(0).text;
  if (id != damaged_at_) {
    ++damaged_;
    log_line(LogLevel::kError,
             "the entry " + id + " of the cluster's log is left out: " + entry.error().text);
  }
  damaged_at_ = id;
  return std::nullopt;
}

/// The events of the entry become visible.
void RedisJournal::show(const RedisEntry& entry) {
  begin_part(entry);
  const BootTime boot = boot_of(entry.place.time);
  std::span<const log::Entry> all = entry.entries;
  std::vector<log::Entry> without_rows;
  if (entry.place.last <= rows_at_) {
    without_rows = entry.entries;
    for (log::Entry& each : without_rows) {
      each.row = {};
      each.drop.reset();
    }
    all = without_rows;
  }
  while (!all.empty()) {
    std::size_t count = 0;
    std::size_t bytes = 0;
    while (count < all.size() && count < log::kMaxSliceEvents && bytes < log::kMaxSliceBytes) {
      bytes += all[count++].block.size();
    }
    follower_->add(all.first(count), boot);
    head_ = all[count - 1].id;
    all = all.subspan(count);
  }
  ++entries_;
  told_head_ = head_.sequence();
  whole_until_ms_ = entry.place.time.count();
  take_own(entry);
}

/// When it happened, by the clock that ages are counted with.
BootTime RedisJournal::boot_of(milliseconds time) const {
  const Now now = clock_.now();
  const auto age = unix_time(now.wall) + clock_lead_ - time;
  return now.boot - std::max(age, milliseconds(0));
}

// ---- where the order stands

/// A connection was made, or was found to be as it was.
Status RedisJournal::attached(const Attached& now) {
  clock_lead_ = now.now - unix_time(clock_.now().wall);
  engine_head_ = now.head.sequence();
  const bool is_other = is_loaded_ && now.epoch != epoch_;
  if (const auto why = reason_to_load(now)) SSE_TRY(load(now, *why));
  if (now.head == head_) whole_until_ms_ = now.now.count();
  if (is_other) ++fail_overs_;
  epoch_ = now.epoch;
  told_epoch_ = epoch_;
  epochs_ = now.epochs;
  reader_->use(link_->engine(), epochs_);
  told_reason_.clear();
  if (!is_up_.exchange(true)) {
    log_line(LogLevel::kInfo, "the cluster's Redis is at " + link_->address() +
                                  (is_other ? "; new events get ids of a new epoch" : ""));
  }
  return {};
}

/// Why what the follower has is not the beginning of this order; nullopt: it is.
std::optional<std::string> RedisJournal::reason_to_load(const Attached& now) const {
  if (!is_loaded_) return "this hub starts";
  if (!now.has(head_)) return "the cluster's Redis at " + link_->address() + " has lost events";
  if (is_tail_lost_) return "events were deleted before this hub has read them, or are damaged";
  if (rows_at_ > head_.sequence() && now.epoch != rows_epoch_) {
    return "the cluster's Redis at " + link_->address() + " may have lost what rows were read of";
  }
  return std::nullopt;
}

/// Every node must be able to hold what another one takes, and the engine what is kept.
Status RedisJournal::check_limits(const Attached& now) const {
  const std::string ours = "events of the cluster's log have at most " +
                           std::to_string(now.max_event_size) +
                           " bytes, as the hub that made it has set it: expected ";
  if (settings_.max_event_size > now.max_event_size) {
    return Error{ErrorCode::kForbidden, ours + "that --max-event-size or less"};
  }
  if (settings_.largest_event < now.max_event_size) {
    return Error{ErrorCode::kForbidden, ours + "a --max-log-bytes of eight times as much or more"};
  }
  // Once it serves it goes on with what room there is.
  const std::uint64_t needed = now.retention.bytes + now.retention.bytes / 4;
  if (!is_loaded_ && now.max_memory != 0 && now.max_memory < needed) {
    return Error{
        ErrorCode::kForbidden,
        "its maxmemory is " + format_size(now.max_memory) + ", and the cluster's log keeps up to " +
            format_size(now.retention.bytes) +
            " of events (--cluster-max-bytes of the hub that made it): expected at least " +
            format_size(needed)};
  }
  return {};
}

/// Replaces the rows, and what is not in the order, and reads the newest events.
Status RedisJournal::load(const Attached& now, const std::string& why) {
  SSE_TRY(check_limits(now));
  RedisLoader loader(
      *link_, [this](const RedisReply& item) { return entry_of(item); }, patience());
  const auto rows = SSE_TRY(loader.rows(now));
  const auto common = is_loaded_ ? now.common(epochs_, head_) : std::nullopt;
  auto origin = SSE_TRY(origin_for(now, loader, common));
  RedisPartSearch search(loader, now, origin.head.sequence(), hash_,
                         settings_.log.memory_bytes / kShareOfNames);
  SSE_TRY(search.find());
  origin.history = history_of(search);
  rows_at_ = rows.at;
  rows_epoch_ = now.epoch;
  is_tail_lost_ = false;
  const bool is_first = !std::exchange(is_loaded_, true);
  if (is_first) {
    follower_->load(origin, rows.rows);
    epoch_ = now.epoch;
    digest_key_ = now.digest_key;
    note_loaded(now, rows);
  } else {
    ++resets_;
    if (!common) {
      if (lost_repeats_) lost_repeats_(now.digest_key, clock_.now().boot);
      digest_key_ = now.digest_key;
      refuse_calls_of_lost_log();
    }
    follower_->restart(origin, rows.rows, why);
  }
  head_ = origin.head;
  told_head_ = head_.sequence();
  take_history(origin.history, search.take_open());
  origin.history = {};  // names of all that is kept
  if (is_first) loaded_.archived_events = head_.sequence() + 1 - told_tail_;
  // Streams are told now, whatever becomes of the rest: where this ends early the tail goes on.
  follower_->wake();
  Status read = loader.entries("(" + place_of(head_), rows.at, [&](const RedisEntry& entry) {
    if (entry.first() != head_.sequence() + 1) {
      // What is between is gone: the log begins behind it.
      const auto begin = origin_before(now, First{entry.place.time, entry.first(), entry.epoch});
      follower_->restart(begin, rows.rows, "events were deleted, or are damaged");
      head_ = begin.head;
      forget_history();
      if (is_first) loaded_.events = loaded_.archived_events = 0;
    }
    if (is_first) loaded_.events += entry.entries.size();
    show(entry);
    return Status();
  });
  follower_->wake();
  return read;
}

void RedisJournal::note_loaded(const Attached& now, const LoadedRows& rows) {
  loaded_.address = link_->address();
  loaded_.rows = static_cast<std::size_t>(std::count_if(
      rows.rows.begin(), rows.rows.end(),
      [](const log::KeptRow& row) { return row.kind == log::RowChange::Kind::kPut; }));
  loaded_.members = rows.rows.size() - loaded_.rows;
  loaded_.limits = now.limits;
  loaded_.ttl = now.retention.ttl;
  loaded_.bytes = now.retention.bytes;
  loaded_.is_new = now.why == "new log";
  // The engine knows all keys of the window, whichever node has taken them.
  repeats_ = log::KeptRepeats{now.digest_key, clock_.now().boot - settings_.repeats.window, {}};
}

/// The place before the first event that is read.
Result<log::Origin> RedisJournal::origin_for(const Attached& now, RedisLoader& loader,
                                             std::optional<wire::EventId> common) {
  std::optional<First> first;
  const auto look = [&](const std::string& from) {
    first.reset();
    return loader.entries(from, 0, [&](const RedisEntry& entry) -> Status {
      first = First{entry.place.time, entry.first(), entry.epoch};
      return {};
    });
  };
  if (common && !is_tail_lost_) {
    SSE_TRY(look("(" + place_of(*common)));
    if (first ? first->sequence == common->sequence() + 1
              : now.head.sequence() == common->sequence()) {
      return origin_at(now, *common, first);
    }
  }
  const auto begin = SSE_TRY(loader.begin_of(now, settings_.log.memory_bytes));
  // What is missing is behind what is here, unless this has grown too old.
  const bool is_behind = is_tail_lost_ && now.has(head_) && head_.unix_time() >= begin;
  SSE_TRY(look(is_behind ? "(" + place_of(head_) : std::to_string(begin.count())));
  return origin_before(now, first);
}

/// The place before `first`, or at the end where there is none.
log::Origin RedisJournal::origin_before(const Attached& now, const std::optional<First>& first) {
  if (!first) return origin_at(now, now.head, first);
  // Its own epoch and time are not known any more where it was deleted.
  const wire::Sequence before = first->sequence - 1;
  return origin_at(now, wire::EventId::make(first->time, now.epoch_of(before), before), first);
}

log::Origin RedisJournal::origin_at(const Attached& now, wire::EventId before,
                                    const std::optional<First>& first) {
  const wire::Epoch epoch = first ? first->epoch : now.epoch;
  if (before.sequence() == 0) {
    before = wire::EventId::make(first ? first->time : now.now, epoch, 0);
  }
  log::Origin origin{before, epoch, {}};
  for (const EpochRecord& record : now.epochs) {
    if (record.first <= before.sequence()) origin.past.push_back({record.epoch, record.first});
  }
  return origin;
}

}  // namespace sse::journal
