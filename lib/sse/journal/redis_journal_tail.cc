// From the stream into the log.

#include <algorithm>
#include <utility>

#include "sse/base/logging.h"
#include "sse/journal/redis_journal.h"

namespace sse::journal {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Entries of one reply, and how long the engine waits for the first.
constexpr const char* kEntries = "64";
constexpr const char* kBlockMs = "1000";

milliseconds unix_time(WallTime time) {
  return std::chrono::floor<milliseconds>(time).time_since_epoch();
}

}  // namespace

// ---- what comes

void RedisJournal::ask_tail(const RedisPlace& behind) {
  link_->tail().send(
      {"XREAD", "COUNT", kEntries, "BLOCK", kBlockMs, "STREAMS", link_->key("log"), behind.text()});
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
      if (!replies_.empty()) continue;
      replies_since_ = steady_clock::now();
      link_->send_attach();
      replies_.push_back(Reply::kAttach);
      continue;
    }
    SSE_TRY(take_entries(reply->at(0).at(1)));
  }
  settle_calls();
  return exchanged;
}

// The next ones are asked for before these are read, so that the engine does not wait for us.
Status RedisJournal::take_entries(const RedisReply& entries) {
  if (entries.items.empty()) return {};
  ask_tail(SSE_TRY(read_place(entries.items.back().at(0).text)));
  bool is_news = false;
  for (const RedisReply& item : entries.items) {
    const auto entry = SSE_TRY(read_entry(item, hash_));
    if (entry.first() != head_.sequence() + 1) {
      // What is between has been deleted, or this is another log.
      is_tail_lost_ = true;
      return Error{ErrorCode::kUnavailable, "the stream goes on at event " +
                                                std::to_string(entry.first()) + " after " +
                                                std::to_string(head_.sequence())};
    }
    SSE_TRY(show(entry));
    is_news = true;
  }
  if (is_news) follower_->wake();
  return {};
}

/// The events of the entry become visible.
Status RedisJournal::show(const RedisEntry& entry) {
  for (const log::Entry& each : entry.entries) {
    if (each.block.size() > settings_.largest_event) {
      return Error{ErrorCode::kInvalid, "an event is larger than the log here can hold"};
    }
  }
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
  return {};
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
  if (!is_loaded_) SSE_TRY(check_event_size(now));
  if (!is_loaded_) {
    SSE_TRY(load(now, {}));
  } else if (!now.has(head_)) {
    SSE_TRY(
        load(now, "the cluster's Redis at " + link_->address() + " has lost events: " + now.why));
  } else if (is_tail_lost_) {
    SSE_TRY(load(now, "events were deleted before this hub has read them"));
  }
  if (now.head == head_) whole_until_ms_ = now.now.count();
  if (is_other) ++fail_overs_;
  epoch_ = now.epoch;
  told_epoch_ = epoch_;
  epochs_ = now.epochs;
  is_tail_lost_ = false;
  if (!is_up_.exchange(true)) {
    log_line(LogLevel::kInfo, "the cluster's Redis is at " + link_->address() +
                                  (is_other ? "; new events get ids of a new epoch" : ""));
  }
  return {};
}

/// Every node must be able to hold what another one takes.
Status RedisJournal::check_event_size(const Attached& now) const {
  const std::string ours = "events of the cluster's log have at most " +
                           std::to_string(now.max_event_size) +
                           " bytes, as the hub that made it has set it: expected ";
  if (settings_.max_event_size > now.max_event_size) {
    return Error{ErrorCode::kForbidden, ours + "that --max-event-size or less"};
  }
  if (settings_.largest_event < now.max_event_size) {
    return Error{ErrorCode::kForbidden, ours + "a --max-log-bytes of eight times as much or more"};
  }
  return {};
}

/// Replaces the rows, and what is not in the order, and reads the newest events.
Status RedisJournal::load(const Attached& now, const std::string& why) {
  RedisLoader loader(*link_, hash_, patience());
  const auto rows = SSE_TRY(loader.rows(now));
  rows_at_ = rows.at;
  const auto common = is_loaded_ ? now.common(epochs_, head_) : std::nullopt;
  auto origin = SSE_TRY(origin_for(now, loader, common));
  const bool is_first = !std::exchange(is_loaded_, true);
  if (is_first) {
    follower_->load(origin, rows.rows);
    epoch_ = now.epoch;
    note_loaded(now, rows);
  } else {
    ++resets_;
    follower_->restart(origin, rows.rows, why);
  }
  head_ = origin.head;
  told_head_ = head_.sequence();
  // Where this ends early the tail goes on with it.
  const std::string from = "(" + RedisPlace{head_.unix_time(), head_.sequence()}.text();
  SSE_TRY(loader.entries(from, rows.at, [&](const RedisEntry& entry) -> Status {
    if (entry.first() != head_.sequence() + 1) {
      is_tail_lost_ = true;
      return Error{ErrorCode::kUnavailable, "the stream has a hole"};
    }
    if (is_first) loaded_.events += entry.entries.size();
    return show(entry);
  }));
  follower_->wake();
  return {};
}

void RedisJournal::note_loaded(const Attached& now, const LoadedRows& rows) {
  loaded_.address = link_->address();
  loaded_.rows = static_cast<std::size_t>(std::count_if(
      rows.rows.begin(), rows.rows.end(),
      [](const log::KeptRow& row) { return row.kind == log::RowChange::Kind::kPut; }));
  loaded_.members = rows.rows.size() - loaded_.rows;
  loaded_.limits = now.limits;
  loaded_.is_new = now.why == "new log";
  // The engine knows all keys of the window, whichever node has taken them.
  repeats_ = log::KeptRepeats{now.digest_key, clock_.now().boot - settings_.repeats.window, {}};
}

/// The place before the first event that is read.
Result<log::Origin> RedisJournal::origin_for(const Attached& now, RedisLoader& loader,
                                             std::optional<wire::EventId> common) {
  std::optional<RedisPlace> first;
  wire::Sequence first_sequence = 0;
  wire::Epoch first_epoch = 0;
  const auto look = [&](const std::string& from) {
    first.reset();
    return loader.entries(from, 0, [&](const RedisEntry& entry) -> Status {
      first = entry.place;
      first_sequence = entry.first();
      first_epoch = entry.epoch;
      return {};
    });
  };
  wire::EventId before = now.head;
  const bool may_continue = common && !is_tail_lost_;
  if (may_continue) {
    SSE_TRY(look("(" + RedisPlace{common->unix_time(), common->sequence()}.text()));
  }
  if (may_continue && (first ? first_sequence == common->sequence() + 1
                             : now.head.sequence() == common->sequence())) {
    before = *common;
  } else {
    const auto begin = SSE_TRY(loader.begin_of(now, settings_.log.memory_bytes, settings_.log.ttl));
    SSE_TRY(look(std::to_string(begin.count())));
    if (first) {
      // Its own epoch and time are not known any more where it was deleted.
      before =
          wire::EventId::make(first->time, now.epoch_of(first_sequence - 1), first_sequence - 1);
    }
  }
  if (before.sequence() == 0) {
    const auto time = first ? first->time : now.now;
    before = wire::EventId::make(time, first ? first_epoch : now.epoch, 0);
  }
  log::Origin origin{before, first ? first_epoch : now.epoch, {}};
  for (const EpochRecord& record : now.epochs) {
    if (record.first <= before.sequence()) origin.past.push_back({record.epoch, record.first});
  }
  return origin;
}

}  // namespace sse::journal
