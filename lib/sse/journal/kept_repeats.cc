#include "sse/journal/kept_repeats.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "sse/base/crc32.h"
#include "sse/base/little_endian.h"

namespace sse::journal {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kNumberSize = 4;
constexpr std::size_t kTableSize = kNumberSize + 3 * 8;
constexpr int kMostDeleted = 65'536;
constexpr std::size_t kMostSpare = std::size_t{1} << 20U;  // of memory that serves again

milliseconds unix_time(const Now& now) {
  return std::chrono::floor<milliseconds>(now.wall).time_since_epoch();
}

/// Writes the checksum of what is behind it into the room for it in front.
void set_checksum(std::string& whole) {
  std::string checksum;
  append_number(checksum, crc32c(std::string_view(whole).substr(kNumberSize)), kNumberSize);
  whole.replace(0, kNumberSize, checksum);
}

/// What is behind the checksum; nullopt when that is wrong.
std::optional<std::string_view> unchecked(std::string_view whole) {
  if (whole.size() < kNumberSize) return std::nullopt;
  const std::string_view bytes = whole.substr(kNumberSize);
  if (number_of(whole, kNumberSize) != crc32c(bytes)) return std::nullopt;
  return bytes;
}

/// Takes the next text from the front of a list.
std::optional<std::string_view> next_text(std::string_view& list) {
  if (list.size() < kNumberSize) return std::nullopt;
  const std::size_t size = number_of(list, kNumberSize);
  list.remove_prefix(kNumberSize);
  if (list.size() < size) return std::nullopt;
  const std::string_view text = list.substr(0, size);
  list.remove_prefix(size);
  return text;
}

}  // namespace

Try<KeptRepeats> KeptRepeats::open(Database& database, const RepeatLimits& limits) {
  KeptRepeats kept(database, limits);
  SSE_TRY(kept.prepare());
  return kept;
}

Try<void> KeptRepeats::prepare() {
  insert_ =
      SSE_TRY(database_->prepare("INSERT OR REPLACE INTO repeats(id, ms, list) VALUES(?, ?, ?)"));
  oldest_ = SSE_TRY(database_->prepare(
      "SELECT id, ms, length(list) FROM repeats WHERE id > 0 ORDER BY id LIMIT ?"));
  delete_ = SSE_TRY(database_->prepare("DELETE FROM repeats WHERE id > 0 AND id <= ?"));
  return {};
}

// ---- reading back

Try<void> KeptRepeats::read_table(const Now& now, RandomSource& random) {
  digest_key_ = {random.next(), random.next()};
  state_.since = unix_time(now);
  Statement select = SSE_TRY(database_->prepare("SELECT ms, list FROM repeats WHERE id = 0"));
  if (!SSE_TRY(select.step())) return {};
  const auto bytes = unchecked(select.blob(1));
  if (!bytes || bytes->size() != kTableSize - kNumberSize) return {};
  const auto window = std::chrono::nanoseconds(static_cast<std::int64_t>(number_of(*bytes, 8)));
  digest_key_ = {number_of(bytes->substr(8), 8), number_of(bytes->substr(16), 8)};
  const auto earliest = unix_time(now) - std::chrono::floor<milliseconds>(window);
  state_.since = std::min(std::max(milliseconds(select.number(0)), earliest), unix_time(now));
  return {};
}

Try<log::KeptRepeats> KeptRepeats::load(wire::Sequence head, const ChunkAges& ages, const Now& now,
                                        RandomSource& random,
                                        const std::function<void(const std::string&)>& report) {
  SSE_TRY(read_table(now, random));
  log::KeptRepeats kept;
  kept.digest_key = digest_key_;
  Statement select = SSE_TRY(
      database_->prepare("SELECT id, ms, list FROM repeats WHERE id > 0 AND id <= ? ORDER BY id"));
  select.query(head);
  while (SSE_TRY(select.step())) {
    const ChunkRow row{static_cast<wire::Sequence>(select.number(0)), 1,
                       milliseconds(select.number(1)), 0, 0};
    state_.bytes += select.blob(2).size();
    auto list = unchecked(select.blob(2));
    while (list && !list->empty()) {
      const auto text = next_text(*list);
      if (text) {
        kept.texts.emplace_back(ages.time_of(row), *text);
      } else {
        list = std::nullopt;
      }
    }
    if (!list) report("answers of sequence " + std::to_string(row.first) + " are damaged");
  }
  settle();
  return kept;
}

Try<BootTime> KeptRepeats::begin(wire::Sequence head, bool is_all_there, const Now& now) {
  Statement lost = SSE_TRY(database_->prepare("DELETE FROM repeats WHERE id > ?"));
  SSE_TRY(lost.run(head));
  if (!is_all_there || limits_.window.count() == 0) state_.since = unix_time(now);
  SSE_TRY(write_table());
  return now.boot - (unix_time(now) - state_.since);
}

Try<void> KeptRepeats::write_table() {
  std::string table(kNumberSize, '\0');
  append_number(table, static_cast<std::uint64_t>(limits_.window.count()), 8);
  append_number(table, digest_key_[0], 8);
  append_number(table, digest_key_[1], 8);
  set_checksum(table);
  return insert_.run(0, state_.since.count(), std::string_view(table));
}

// ---- writing

Try<void> KeptRepeats::write(wire::Sequence first, milliseconds time,
                             std::span<const std::string> texts) {
  if (texts.empty()) return {};
  if (list_.capacity() > kMostSpare) std::string().swap(list_);
  list_.assign(kNumberSize, '\0');
  for (const std::string& text : texts) {
    append_number(list_, text.size(), kNumberSize);
    list_ += text;
  }
  set_checksum(list_);
  state_.bytes += list_.size();
  return insert_.run(first, time.count(), std::string_view(list_));
}

Try<void> KeptRepeats::apply(const ChunkAges& ages, BootTime now) {
  wire::Sequence gone = 0;
  std::optional<milliseconds> pushed_out;
  oldest_.query(kMostDeleted);
  while (SSE_TRY(oldest_.step())) {
    const ChunkRow row{static_cast<wire::Sequence>(oldest_.number(0)), 1,
                       milliseconds(oldest_.number(1)), 0, 0};
    const bool is_expired = now - ages.time_of(row) >= limits_.window;
    if (!is_expired && state_.bytes <= limits_.max_bytes) break;
    if (!is_expired) pushed_out = row.time;
    state_.bytes -= std::min(state_.bytes, static_cast<std::uint64_t>(oldest_.number(2)));
    gone = row.first;
  }
  oldest_.reset();
  if (gone == 0) return {};
  SSE_TRY(delete_.run(gone));
  if (!pushed_out) return {};
  state_.since = std::max(state_.since, *pushed_out);
  return write_table();
}

}  // namespace sse::journal
