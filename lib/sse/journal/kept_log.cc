#include "sse/journal/kept_log.h"

#include <algorithm>
#include <string>

#include "sse/base/logging.h"
#include "sse/journal/chunk_ages.h"
#include "sse/log/chunk.h"

namespace sse::journal {
namespace {

// Chunks that are deleted at one time: enough to keep up with a chunk per commit.
constexpr int kMostDeleted = 65'536;

constexpr std::string_view kColumns = "SELECT first, count, ms, epoch, length(chunk) FROM log ";
constexpr std::string_view kAllColumns =
    "SELECT first, count, ms, epoch, length(chunk), chunk FROM log ";

constexpr std::int64_t kMostTime = (std::int64_t{1} << 48) - 1;  // of an id

}  // namespace

// Of a damaged row nothing is taken that cannot be.
ChunkRow ChunkRow::of(const Statement& row) {
  const auto bounded = [&](int column, std::int64_t least, std::int64_t most) {
    return std::clamp(row.number(column), least, most);
  };
  const std::int64_t count = row.number(1);
  const bool has_count = count > 0 && count <= std::int64_t{log::kMaxChunkEvents};
  return {static_cast<wire::Sequence>(bounded(0, 1, std::int64_t{wire::kMaxSequence})),
          has_count ? static_cast<std::uint64_t>(count) : 0,
          std::chrono::milliseconds(bounded(2, 0, kMostTime)),
          static_cast<wire::Epoch>(bounded(3, 0, std::int64_t{wire::kMaxEpoch})),
          static_cast<std::uint64_t>(row.number(4))};
}

Try<KeptLog> KeptLog::open(Database& database, std::uint64_t part_bytes, const KeyedHash& hash) {
  auto parts = SSE_TRY(KeptParts::open(database));
  KeptLog kept(database, std::move(parts), part_bytes, hash);
  SSE_TRY(kept.prepare());
  return kept;
}

Try<void> KeptLog::prepare() {
  insert_ = SSE_TRY(
      database_->prepare("INSERT INTO log(first, count, ms, epoch, chunk) VALUES(?, ?, ?, ?, ?)"));
  oldest_ = SSE_TRY(
      database_->prepare(std::string(kColumns).append("WHERE first >= ? ORDER BY first LIMIT ?")));
  delete_ = SSE_TRY(database_->prepare("DELETE FROM log WHERE first >= ? AND first < ?"));
  // The whole table is read only where there is nothing else that knows, as in an older format.
  const auto bytes = SSE_TRY(parts_.bytes());
  bytes_ = bytes ? *bytes : SSE_TRY(bytes_between(0, wire::kMaxSequence));
  settle();
  return {};
}

void KeptLog::begin(PartBuilder open, std::uint64_t bytes) {
  open_ = std::move(open);
  bytes_ = bytes;
  settle();
}

Try<std::optional<ChunkRow>> KeptLog::newest() {
  return before(wire::kMaxSequence + 1);
}

Try<std::optional<ChunkRow>> KeptLog::before(wire::Sequence sequence) {
  return one("WHERE first < ? ORDER BY first DESC LIMIT 1", sequence);
}

Try<std::optional<ChunkRow>> KeptLog::from(wire::Sequence sequence) {
  return one("WHERE first >= ? ORDER BY first LIMIT 1", sequence);
}

Try<std::optional<ChunkRow>> KeptLog::one(std::string_view which, wire::Sequence sequence) {
  Statement select = SSE_TRY(database_->prepare(std::string(kColumns).append(which)));
  select.query(sequence);
  if (!SSE_TRY(select.step())) return std::optional<ChunkRow>();
  return std::optional<ChunkRow>(ChunkRow::of(select));
}

Try<std::uint64_t> KeptLog::bytes_between(wire::Sequence first, wire::Sequence last) {
  Statement select = SSE_TRY(
      database_->prepare("SELECT total(length(chunk)) FROM log WHERE first BETWEEN ? AND ?"));
  select.query(first, last);
  const bool has_row = SSE_TRY(select.step());
  return has_row ? static_cast<std::uint64_t>(select.number(0)) : 0;
}

Try<void> KeptLog::read_from(wire::Sequence first, const Each& each) {
  Statement select = SSE_TRY(
      database_->prepare(std::string(kAllColumns).append("WHERE first >= ? ORDER BY first")));
  select.query(first);
  while (SSE_TRY(select.step()) && each(ChunkRow::of(select), select.blob(5))) {
  }
  return {};
}

// Without bounds, which would end it at the first key that is out of order.
Try<void> KeptLog::read_back(const Each& each) {
  Statement select =
      SSE_TRY(database_->prepare(std::string(kAllColumns).append("ORDER BY first DESC")));
  while (SSE_TRY(select.step()) && each(ChunkRow::of(select), select.blob(5))) {
  }
  return {};
}

// Before a transaction: in one, nothing may be written any more after SQLite has met damage.
void KeptLog::look_for_strays(wire::Sequence head) {
  const auto last = newest();
  has_strays_ = last && *last && (*last)->first > head;
  const auto below = database_->number("SELECT count(*) FROM log WHERE first < 1");
  has_strays_ |= below.value_or(0) > 0;
}

Try<void> KeptLog::forget_after(wire::Sequence head) {
  if (has_strays_) {
    Statement forget = SSE_TRY(database_->prepare("DELETE FROM log WHERE first > ? OR first < 1"));
    SSE_TRY(forget.run(head));
  }
  return parts_.forget_after(head);
}

// ---- writing

Try<void> KeptLog::write(std::span<const log::Entry> entries) {
  while (!entries.empty()) {
    const auto some = log::chunk_of(entries);
    if (open_.is_complete_before(some.size())) SSE_TRY(end_part());
    if (chunk_.capacity() > 4 * log::kMaxChunkBytes) std::string().swap(chunk_);  // one large event
    log::encode_chunk(some, chunk_);
    const wire::EventId& first = some.front().id;
    SSE_TRY(insert_.run(first.sequence(), some.size(), first.unix_time().count(), first.epoch(),
                        std::string_view(chunk_)));
    if (open_.empty()) begun_.push_back(first);
    open_.add(some, chunk_.size());
    bytes_ += chunk_.size();
    entries = entries.subspan(some.size());
  }
  return {};
}

Try<void> KeptLog::end_part() {
  if (!open_.knows_pairs()) {
    const PartExtent& part = open_.extent();
    // Later damage is found when the part is read.
    SSE_TRY(read_from(part.first.sequence(), [&](const ChunkRow& row, std::string_view chunk) {
      if (row.first > part.last) return false;
      if (const auto entries = log::decode_chunk(chunk, hash_)) open_.add_pairs(*entries);
      return true;
    }));
  }
  return parts_.write(open_.take());
}

void KeptLog::settle() {
  settled_bytes_ = bytes_;
  settled_open_ = open_.extent();
}

void KeptLog::undo() {
  bytes_ = settled_bytes_;
  open_.go_back_to(settled_open_);
  begun_.clear();
}

// ---- retention

Try<std::optional<wire::EventId>> KeptLog::apply(const LogLimits& limits, std::uint64_t excess,
                                                 const ChunkAges& ages, BootTime now) {
  const bool has_ttl = limits.ttl.count() > 0;
  const wire::Sequence head = SSE_TRY(newest()).value_or(ChunkRow()).last();
  const std::uint64_t bytes = bytes_;
  return drop_while([&, this](const ChunkRow& row) {
    return bytes - bytes_ < excess || (has_ttl && now - ages.time_of(row) >= limits.ttl) ||
           (limits.max_events != 0 && row.last() + limits.max_events <= head);
  });
}

Try<std::optional<wire::EventId>> KeptLog::drop_eighth() {
  const std::uint64_t goal = bytes_ - bytes_ / 8;
  return drop_while([&, this](const ChunkRow& /*row*/) { return bytes_ > goal; });
}

// After damage nothing more is written in its transaction.
Try<std::optional<wire::EventId>> KeptLog::drop_while(const IsTooMuch& is_too_much) {
  auto gone = try_to_drop(is_too_much);
  oldest_.reset();
  has_met_damage_ = !gone && gone.error().kind == FailureKind::kDamaged;
  return gone;
}

// The newest chunk says which id comes next, and stays; so does the last that is looked at. What
// stays says where what is gone has ended.
Try<std::optional<wire::EventId>> KeptLog::try_to_drop(const IsTooMuch& is_too_much) {
  const auto newest_row = SSE_TRY(newest());
  std::optional<wire::EventId> gone;
  int count = 0;
  std::uint64_t bytes = 0;
  has_more_to_drop_ = false;
  looked_at_ = first_to_drop_;
  oldest_.query(first_to_drop_, kMostDeleted);
  while (SSE_TRY(oldest_.step())) {
    const ChunkRow row = ChunkRow::of(oldest_);
    looked_at_ = row.first;
    if (gone) gone = wire::EventId::make(gone->unix_time(), gone->epoch(), row.first - 1);
    if (row.first == newest_row->first || !is_too_much(row)) break;
    has_more_to_drop_ = ++count == kMostDeleted || bytes >= kMostDropped;
    if (has_more_to_drop_) break;
    bytes += row.bytes;
    bytes_ -= std::min(bytes_, row.bytes);
    gone = row.last_id();
  }
  oldest_.reset();
  if (!gone) return gone;
  SSE_TRY(delete_.run(first_to_drop_, gone->sequence() + 1));
  SSE_TRY(parts_.forget_before(gone->sequence() + 1));
  return gone;
}

// Up to the next part; what is damaged there, too, is found by the next attempt.
bool KeptLog::leave_damaged(const Failure& failure) {
  if (!std::exchange(has_met_damage_, false)) return false;
  const auto next = parts_.next(static_cast<std::int64_t>(looked_at_ + 1));
  const bool has_next = next && *next && (*next)->second;
  first_to_drop_ = has_next ? (*next)->second->extent.first.sequence() : wire::kMaxSequence;
  has_more_to_drop_ = has_next;
  log_line(LogLevel::kError,
           "events that are too old cannot be deleted, and stay in the file: " + failure.text);
  return true;
}

}  // namespace sse::journal
