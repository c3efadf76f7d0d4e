#include "sse/journal/kept_log.h"

#include <algorithm>
#include <string>

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

/// Of a damaged row nothing is taken that cannot be.
ChunkRow row_of(const Statement& statement) {
  const auto bounded = [&](int column, std::int64_t least, std::int64_t most) {
    return std::clamp(statement.number(column), least, most);
  };
  const std::int64_t count = statement.number(1);
  const bool has_count = count > 0 && count <= std::int64_t{log::kMaxChunkEvents};
  return {static_cast<wire::Sequence>(bounded(0, 1, std::int64_t{wire::kMaxSequence})),
          has_count ? static_cast<std::uint64_t>(count) : 0,
          std::chrono::milliseconds(bounded(2, 0, kMostTime)),
          static_cast<wire::Epoch>(bounded(3, 0, std::int64_t{wire::kMaxEpoch})),
          static_cast<std::uint64_t>(statement.number(4))};
}

bool is_whole(const ChunkRow& row, std::string_view chunk) {
  const auto entries = log::decode_chunk(chunk, KeyedHash());
  return entries && row.tells_of(*entries);
}

}  // namespace

Try<KeptLog> KeptLog::open(Database& database) {
  KeptLog kept(database);
  SSE_TRY(kept.prepare());
  return kept;
}

Try<void> KeptLog::prepare() {
  const auto prepared = [&](std::string_view end) {
    return database_->prepare(std::string(kColumns).append(end));
  };
  insert_ = SSE_TRY(
      database_->prepare("INSERT INTO log(first, count, ms, epoch, chunk) VALUES(?, ?, ?, ?, ?)"));
  oldest_ = SSE_TRY(prepared("ORDER BY first LIMIT ?"));
  delete_ = SSE_TRY(database_->prepare("DELETE FROM log WHERE first < ?"));
  SSE_TRY(count());
  settle();
  return {};
}

Try<void> KeptLog::count() {
  totals_.bytes = static_cast<std::uint64_t>(
      SSE_TRY(database_->number("SELECT total(length(chunk)) FROM log")));
  totals_.events = static_cast<std::uint64_t>(
      SSE_TRY(database_->number("SELECT total(count) FROM log WHERE count BETWEEN 1 AND " +
                                std::to_string(log::kMaxChunkEvents))));
  return {};
}

Try<std::optional<ChunkRow>> KeptLog::newest() {
  return before(wire::kMaxSequence + 1);
}

Try<std::optional<ChunkRow>> KeptLog::before(wire::Sequence sequence) {
  Statement select = SSE_TRY(database_->prepare(
      std::string(kColumns).append("WHERE first < ? ORDER BY first DESC LIMIT 1")));
  select.query(sequence);
  if (!SSE_TRY(select.step())) return std::optional<ChunkRow>();
  return std::optional<ChunkRow>(row_of(select));
}

Try<std::optional<ChunkRow>> KeptLog::oldest_to_load(std::uint64_t bytes,
                                                     std::chrono::milliseconds since) {
  Statement select =
      SSE_TRY(database_->prepare(std::string(kAllColumns).append("ORDER BY first DESC")));
  std::optional<ChunkRow> oldest;
  std::uint64_t sum = 0;
  while (SSE_TRY(select.step())) {
    const ChunkRow row = row_of(select);
    sum += row.bytes;
    // The chunk is looked at only where the row says that it is too old.
    const bool is_too_old = row.time < since && is_whole(row, select.blob(5));
    if (oldest && (sum > bytes || is_too_old)) break;
    oldest = row;
  }
  return oldest;
}

Try<void> KeptLog::read_from(wire::Sequence first,
                             const std::function<void(const ChunkRow&, std::string_view)>& each) {
  Statement select = SSE_TRY(
      database_->prepare(std::string(kAllColumns).append("WHERE first >= ? ORDER BY first")));
  select.query(first);
  while (SSE_TRY(select.step())) each(row_of(select), select.blob(5));
  return {};
}

// Without bounds, which would end it at the first key that is out of order.
Try<void> KeptLog::read_back(const std::function<bool(const ChunkRow&, std::string_view)>& each) {
  Statement select =
      SSE_TRY(database_->prepare(std::string(kAllColumns).append("ORDER BY first DESC")));
  while (SSE_TRY(select.step()) && each(row_of(select), select.blob(5))) {
  }
  return {};
}

Try<void> KeptLog::forget_after(wire::Sequence head) {
  constexpr std::string_view kWhere = " FROM log WHERE first > ? OR first < 1";
  Statement find = SSE_TRY(database_->prepare(std::string("SELECT 1").append(kWhere)));
  find.query(head);
  if (!SSE_TRY(find.step())) return {};
  find.reset();
  Statement forget = SSE_TRY(database_->prepare(std::string("DELETE").append(kWhere)));
  SSE_TRY(forget.run(head));
  return count();
}

Try<void> KeptLog::write(std::span<const log::Entry> entries) {
  while (!entries.empty()) {
    const auto part = log::chunk_of(entries);
    const std::string chunk = log::encode_chunk(part);
    const wire::EventId& first = part.front().id;
    SSE_TRY(insert_.run(first.sequence(), part.size(), first.unix_time().count(), first.epoch(),
                        std::string_view(chunk)));
    totals_.bytes += chunk.size();
    totals_.events += part.size();
    entries = entries.subspan(part.size());
  }
  return {};
}

Try<std::optional<wire::EventId>> KeptLog::apply(const LogLimits& limits, const ChunkAges& ages,
                                                 BootTime now) {
  const bool has_ttl = limits.ttl.count() > 0;
  return drop_while([&](const ChunkRow& row) {
    return totals_.bytes > limits.max_bytes || (has_ttl && now - ages.time_of(row) >= limits.ttl) ||
           (limits.max_events != 0 && totals_.events >= limits.max_events + row.count);
  });
}

Try<std::optional<wire::EventId>> KeptLog::drop_eighth() {
  const std::uint64_t goal = totals_.bytes - totals_.bytes / 8;
  return drop_while([&](const ChunkRow& /*row*/) { return totals_.bytes > goal; });
}

// The newest chunk says which id comes next, and stays; so does the last that is looked at. What
// stays says where what is gone has ended.
Try<std::optional<wire::EventId>> KeptLog::drop_while(
    const std::function<bool(const ChunkRow&)>& is_too_much) {
  const auto newest_row = SSE_TRY(newest());
  std::optional<wire::EventId> gone;
  int looked_at = 0;
  oldest_.query(kMostDeleted);
  while (SSE_TRY(oldest_.step())) {
    const ChunkRow row = row_of(oldest_);
    if (gone) gone = wire::EventId::make(gone->unix_time(), gone->epoch(), row.first - 1);
    const bool is_last = row.first == newest_row->first || ++looked_at == kMostDeleted;
    if (is_last || !is_too_much(row)) break;
    totals_.bytes -= std::min(totals_.bytes, row.bytes);
    totals_.events -= std::min(totals_.events, row.count);
    gone = row.last_id();
  }
  oldest_.reset();
  if (gone) SSE_TRY(delete_.run(gone->sequence() + 1));
  return gone;
}

}  // namespace sse::journal
