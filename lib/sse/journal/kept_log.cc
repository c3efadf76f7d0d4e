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

ChunkRow row_of(const Statement& statement) {
  return {static_cast<wire::Sequence>(statement.number(0)),
          static_cast<std::uint64_t>(statement.number(1)),
          std::chrono::milliseconds(statement.number(2)),
          static_cast<wire::Epoch>(statement.number(3)),
          static_cast<std::uint64_t>(statement.number(4))};
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
  totals_.bytes = static_cast<std::uint64_t>(
      SSE_TRY(database_->number("SELECT total(length(chunk)) FROM log")));
  totals_.events =
      static_cast<std::uint64_t>(SSE_TRY(database_->number("SELECT total(count) FROM log")));
  settle();
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
      SSE_TRY(database_->prepare(std::string(kColumns).append("ORDER BY first DESC")));
  std::optional<ChunkRow> oldest;
  std::uint64_t sum = 0;
  while (SSE_TRY(select.step())) {
    const ChunkRow row = row_of(select);
    sum += row.bytes;
    if (oldest && (sum > bytes || row.time < since)) break;
    oldest = row;
  }
  return oldest;
}

Try<void> KeptLog::read_from(wire::Sequence first,
                             const std::function<void(const ChunkRow&, std::string_view)>& each) {
  Statement select = SSE_TRY(
      database_->prepare("SELECT first, count, ms, epoch, length(chunk), chunk FROM log WHERE "
                         "first >= ? ORDER BY first"));
  select.query(first);
  while (SSE_TRY(select.step())) each(row_of(select), select.blob(5));
  return {};
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

// The newest chunk says which id comes next, and stays.
Try<std::optional<wire::EventId>> KeptLog::drop_while(
    const std::function<bool(const ChunkRow&)>& is_too_much) {
  const auto newest_row = SSE_TRY(newest());
  std::optional<wire::EventId> gone;
  oldest_.query(kMostDeleted);
  while (SSE_TRY(oldest_.step())) {
    const ChunkRow row = row_of(oldest_);
    if (row.first == newest_row->first || !is_too_much(row)) break;
    totals_.bytes -= std::min(totals_.bytes, row.bytes);
    totals_.events -= std::min(totals_.events, row.count);
    gone = row.last_id();
  }
  oldest_.reset();
  if (gone) SSE_TRY(delete_.run(gone->sequence() + 1));
  return gone;
}

}  // namespace sse::journal
