#include "sse/journal/kept_parts.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "sse/base/crc32.h"
#include "sse/base/little_endian.h"

namespace sse::journal {
namespace {

constexpr std::size_t kNumberSize = 2;
constexpr std::int64_t kMostTime = (std::int64_t{1} << 48) - 1;  // of an id

std::string bytes_of(const PartRow& row) {
  std::string bytes;
  for (const auto& newest : row.newest) {
    append_number(bytes, newest.sequence - row.extent.first.sequence(), kNumberSize);
    append_number(bytes, newest.type.size(), kNumberSize);
    append_number(bytes, newest.topic.size(), kNumberSize);
    bytes.append(newest.type).append(newest.topic);
  }
  return bytes;
}

std::uint32_t checksum_of(const PartExtent& extent, std::string_view pairs) {
  std::string bytes;
  append_number(bytes, extent.first.sequence(), 8);
  append_number(bytes, extent.last, 8);
  append_number(bytes, static_cast<std::uint64_t>(extent.first.unix_time().count()), 8);
  append_number(bytes, extent.first.epoch(), 8);
  append_number(bytes, extent.bytes, 8);
  return crc32c(bytes.append(pairs));
}

bool is_between(std::int64_t number, std::int64_t least, std::uint64_t most) {
  return number >= least && static_cast<std::uint64_t>(number) <= most;
}

/// Of `SELECT first, last, ms, epoch, bytes, crc, pairs`.
std::optional<PartExtent> extent_of(const Statement& row) {
  const bool can_be = is_between(row.number(0), 1, wire::kMaxSequence) &&
                      is_between(row.number(1), row.number(0), wire::kMaxSequence) &&
                      row.number(1) - row.number(0) < std::int64_t{kMaxPartEvents} &&
                      is_between(row.number(2), 0, std::uint64_t{kMostTime}) &&
                      is_between(row.number(3), 0, wire::kMaxEpoch) && row.number(4) >= 0;
  if (!can_be) return std::nullopt;
  const auto first = wire::EventId::make(std::chrono::milliseconds(row.number(2)),
                                         static_cast<wire::Epoch>(row.number(3)),
                                         static_cast<wire::Sequence>(row.number(0)));
  return PartExtent{first, static_cast<wire::Sequence>(row.number(1)),
                    static_cast<std::uint64_t>(row.number(4))};
}

std::optional<std::vector<log::NewestInPart>> newest_of(std::string_view bytes,
                                                        const PartExtent& extent) {
  std::vector<log::NewestInPart> newest;
  while (!bytes.empty()) {
    if (bytes.size() < 3 * kNumberSize) return std::nullopt;
    const wire::Sequence sequence = extent.first.sequence() + number_of(bytes, kNumberSize);
    const std::size_t type = number_of(bytes.substr(kNumberSize), kNumberSize);
    const std::size_t topic = number_of(bytes.substr(2 * kNumberSize), kNumberSize);
    bytes.remove_prefix(3 * kNumberSize);
    const bool is_next = newest.empty() || newest.back().sequence < sequence;
    if (bytes.size() < type + topic || !is_next || sequence > extent.last) return std::nullopt;
    newest.push_back(
        {sequence, std::string(bytes.substr(0, type)), std::string(bytes.substr(type, topic))});
    bytes.remove_prefix(type + topic);
  }
  return newest;
}

std::optional<PartRow> row_of(const Statement& statement) {
  const auto extent = extent_of(statement);
  const std::string_view pairs = statement.blob(6);
  if (!extent || checksum_of(*extent, pairs) != statement.number(5)) return std::nullopt;
  auto newest = newest_of(pairs, *extent);
  if (!newest) return std::nullopt;
  return PartRow{*extent, *std::move(newest)};
}

}  // namespace

Try<KeptParts> KeptParts::open(Database& database) {
  KeptParts kept(database);
  kept.has_table_ =
      SSE_TRY(database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'parts'")) != 0;
  if (!kept.has_table_) return kept;
  kept.insert_ = SSE_TRY(
      database.prepare("INSERT OR REPLACE INTO parts(first, last, ms, epoch, bytes, crc, pairs) "
                       "VALUES(?, ?, ?, ?, ?, ?, ?)"));
  kept.forget_before_ = SSE_TRY(database.prepare(
      "DELETE FROM parts WHERE first < (SELECT max(first) FROM parts WHERE first <= ?)"));
  return kept;
}

Try<void> KeptParts::write(const PartRow& row) {
  const PartExtent& extent = row.extent;
  const std::string pairs = bytes_of(row);
  return insert_.run(extent.first.sequence(), extent.last, extent.first.unix_time().count(),
                     extent.first.epoch(), extent.bytes, checksum_of(extent, pairs),
                     std::string_view(pairs));
}

Try<void> KeptParts::forget(std::int64_t first) {
  Statement forget = SSE_TRY(database_->prepare("DELETE FROM parts WHERE first = ?"));
  return forget.run(first);
}

// By their keys alone: their contents are not read.
Try<void> KeptParts::forget_before(wire::Sequence sequence) {
  return forget_before_.run(sequence);
}

Try<void> KeptParts::forget_after(wire::Sequence head) {
  Statement forget =
      SSE_TRY(database_->prepare("DELETE FROM parts WHERE last > ? OR first > ? OR first < 1"));
  return forget.run(head, head);
}

Try<std::optional<std::pair<std::int64_t, std::optional<PartRow>>>> KeptParts::next(
    std::int64_t key) {
  std::optional<std::pair<std::int64_t, std::optional<PartRow>>> found;
  if (!has_table_) return found;
  Statement select = SSE_TRY(database_->prepare(
      "SELECT first, last, ms, epoch, bytes, crc, pairs FROM parts WHERE first >= ? ORDER BY first "
      "LIMIT 1"));
  select.query(key);
  if (SSE_TRY(select.step())) found.emplace(select.number(0), row_of(select));
  return found;
}

Try<void> KeptParts::read(std::int64_t from, std::int64_t end, const Each& each) {
  if (!has_table_) return {};
  Statement select =
      SSE_TRY(database_->prepare("SELECT first, last, ms, epoch, bytes, crc, pairs FROM parts "
                                 "WHERE first >= ? AND first < ? ORDER BY first"));
  select.query(from, end);
  while (SSE_TRY(select.step())) each(select.number(0), row_of(select));
  return {};
}

Try<std::optional<std::uint64_t>> KeptParts::bytes() {
  if (!has_table_) return std::optional<std::uint64_t>();
  Statement select =
      SSE_TRY(database_->prepare("SELECT count(*), total(max(bytes, 0)) FROM parts"));
  const bool has_rows = SSE_TRY(select.step()) && select.number(0) > 0;
  if (!has_rows) return std::optional<std::uint64_t>();
  return std::optional(static_cast<std::uint64_t>(select.number(1)));
}

}  // namespace sse::journal
