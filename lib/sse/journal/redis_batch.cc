#include "sse/journal/redis_batch.h"

#include <algorithm>
#include <array>
#include <optional>

#include "sse/base/little_endian.h"
#include "sse/base/quantities.h"
#include "sse/log/chunk.h"

namespace sse::journal {
namespace {

using log::Outcome;
using std::chrono::milliseconds;

constexpr std::size_t kFingerprintSize = 16;
constexpr std::uint64_t kMaxUnixTime = (std::uint64_t{1} << 48U) - 1;

Error damaged(const std::string& why) {
  return {ErrorCode::kInvalid, "an entry of the stream is damaged: " + why};
}

wire::EventId numbered(std::uint64_t sequence) {
  return wire::EventId::make(milliseconds(0), 0, sequence);
}

/// Takes bytes from the front of a list.
class Taker {
 public:
  explicit Taker(std::string_view text) : rest_(text) {}

  bool is_at_end() const { return rest_.empty() || is_short_; }
  bool is_short() const { return is_short_; }
  std::uint64_t number(std::size_t size) {
    const std::string_view bytes = text(size);
    return is_short_ ? 0 : number_of(bytes, size);
  }
  std::string_view text(std::size_t size) {
    if (rest_.size() < size) is_short_ = true;
    if (is_short_) return {};
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  Uuid key() {
    const std::uint64_t high = number(8);
    return {high, number(8)};
  }

 private:
  std::string_view rest_;
  bool is_short_ = false;
};

void append_change(std::string& out, std::uint32_t event, const log::AppendItem& item,
                   const log::RowChange& row) {
  if (row.kind == log::RowChange::Kind::kNone && item.condition() == log::Condition::kNone) return;
  append_number(out, event, 4);
  append_number(out, static_cast<std::uint64_t>(row.kind), 1);
  append_number(out, static_cast<std::uint64_t>(item.condition()), 1);
  append_number(out, row.key.high, 8);
  append_number(out, row.key.low, 8);
  append_number(out, row.name.size(), 2);
  append_number(out, row.bytes.size(), 4);
  out.append(row.name).append(row.bytes);
}

struct Change {
  std::uint32_t event = 0;
  log::RowChange row;
};

std::optional<Change> take_change(Taker& taker) {
  Change change;
  change.event = static_cast<std::uint32_t>(taker.number(4));
  const std::uint64_t kind = taker.number(1);
  taker.number(1);
  change.row.key = taker.key();
  const std::size_t name_size = taker.number(2);
  const std::size_t size = taker.number(4);
  change.row.name = taker.text(name_size);
  change.row.bytes = taker.text(size);
  if (taker.is_short() || kind > static_cast<std::uint64_t>(log::RowChange::Kind::kAdd)) {
    return std::nullopt;
  }
  change.row.kind = static_cast<log::RowChange::Kind>(kind);
  return change;
}

/// All events of the batch, with the numbers of the batch.
Result<std::vector<log::Entry>> read_chunks(std::string_view text, const KeyedHash& hash) {
  std::vector<log::Entry> all;
  Taker taker(text);
  while (!taker.is_at_end()) {
    const std::string_view chunk = taker.text(taker.number(4));
    if (taker.is_short()) return damaged("its chunks are cut off");
    const auto entries = SSE_TRY(log::decode_chunk(chunk, hash));
    if (entries.front().id.sequence() != all.size() + 1) return damaged("its chunks do not follow");
    all.insert(all.end(), entries.begin(), entries.end());
  }
  return all;
}

Status read_rows(std::string_view changes, std::string_view drops, std::vector<log::Entry>& all) {
  for (Taker taker(changes); !taker.is_at_end();) {
    const auto change = take_change(taker);
    if (!change || change->event >= all.size()) return damaged("its changes are not in order");
    all[change->event].row = change->row;
  }
  for (Taker taker(drops); !taker.is_at_end();) {
    const std::size_t event = taker.number(4);
    const Uuid key = taker.key();
    if (taker.is_short() || event >= all.size()) return damaged("its drops are not in order");
    all[event].drop = key;
  }
  return {};
}

Outcome outcome_of(const LeftOut& left) {
  Outcome outcome;
  switch (left.why) {
    case LeftOut::Why::kNoSuchRow:
      outcome.kind = Outcome::Kind::kNoSuchRow;
      break;
    case LeftOut::Why::kNameTaken: {
      Taker taker(left.text);
      outcome.kind = Outcome::Kind::kNameTaken;
      outcome.row = taker.key();
      outcome.text = left.text.substr(std::min<std::size_t>(16, left.text.size()));
      break;
    }
    case LeftOut::Why::kNoRoom:
      outcome.kind = Outcome::Kind::kNoRoom;
      break;
    case LeftOut::Why::kRowExists:
      outcome.fail({ErrorCode::kConflict, "there is a row of this key"});
      break;
    case LeftOut::Why::kKeyKnown:
      outcome.fail({ErrorCode::kConflict, "the request of this Idempotency-Key was taken"});
      break;
  }
  return outcome;
}

}  // namespace

RedisBatch make_batch(std::span<const log::Append* const> appends) {
  RedisBatch batch;
  std::vector<log::Entry> entries;
  for (const log::Append* append : appends) {
    for (const log::AppendItem& item : append->items()) {
      if (!item.is_pending()) continue;
      append_change(batch.changes, batch.events, item, append->row(item));
      entries.push_back(append->entry(item, numbered(++batch.events)));
    }
  }
  std::string chunk;
  for (std::span<const log::Entry> rest = entries; !rest.empty();) {
    const auto front = log::chunk_of(rest);
    log::encode_chunk(front, chunk);
    append_number(batch.chunks, chunk.size(), 4);
    batch.chunks += chunk;
    rest = rest.subspan(front.size());
  }
  return batch;
}

void append_claim(std::string& claims, std::uint32_t first, const log::Append& append,
                  std::string_view fingerprint) {
  const auto events = static_cast<std::uint32_t>(append.pending_count());
  append_number(claims, first, 4);
  append_number(claims, first + events - 1, 4);
  claims += fingerprint;
}

RepeatClaim::Known read_known_key(std::string_view text) {
  RepeatClaim::Known known;
  if (text.size() <= kFingerprintSize) return known;
  known.fingerprint = text.substr(0, kFingerprintSize);
  const char kind = text[kFingerprintSize];
  std::string_view rest = text.substr(kFingerprintSize + 1);
  if (kind == 'a') known.text = rest;
  if (kind != 'i') return known;
  std::array<std::uint64_t, 3> numbers{};
  for (std::uint64_t& number : numbers) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    number = parse_digits(rest.substr(0, end)).value_or(0);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const auto [time, epoch, sequence] = numbers;
  known.event_id = wire::to_string(wire::EventId::make(
      milliseconds(static_cast<std::int64_t>(time)), static_cast<wire::Epoch>(epoch), sequence));
  return known;
}

std::string known_key_of(std::string_view fingerprint, std::string_view answer) {
  return std::string(fingerprint) + "a" + std::string(answer);
}

std::string RedisPlace::text() const {
  return std::to_string(time.count()) + "-" + std::to_string(last);
}

void EntryCount::take(const RedisReply& entries) {
  std::size_t largest = 1;
  for (const RedisReply& entry : entries.items) {
    std::size_t bytes = 0;
    for (const RedisReply& field : entry.at(1).items) bytes += field.text.size();
    largest = std::max(largest, bytes);
  }
  const std::size_t most = std::clamp<std::size_t>(bytes_ / largest, 1, most_);
  count_ = std::min(most, 2 * std::max<std::size_t>(entries.items.size(), 1));
}

Result<RedisPlace> read_place(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto time = parse_digits(text.substr(0, dash));
  const auto last =
      dash == std::string_view::npos ? std::nullopt : parse_digits(text.substr(dash + 1));
  if (!time || !last || *time > kMaxUnixTime || *last > wire::kMaxSequence) {
    return damaged("its id is not one of an event");
  }
  return RedisPlace{milliseconds(static_cast<std::int64_t>(*time)), *last};
}

Result<std::vector<LeftOut>> read_left_out(std::string_view text) {
  std::vector<LeftOut> all;
  for (Taker taker(text); !taker.is_at_end();) {
    LeftOut left;
    left.event = static_cast<std::uint32_t>(taker.number(4));
    const std::uint64_t why = taker.number(1);
    left.text = taker.text(taker.number(4));
    if (taker.is_short() || why < 1 || why > 5) return damaged("what is left out is not in order");
    left.why = static_cast<LeftOut::Why>(why);
    all.push_back(left);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const LeftOut& a, const LeftOut& b) { return a.event < b.event; });
  return all;
}

Result<RedisEntry> read_entry(const RedisReply& reply, const KeyedHash& hash, std::size_t largest) {
  RedisEntry entry;
  entry.place = SSE_TRY(read_place(reply.at(0).text));
  std::uint64_t count = 0;
  std::string_view chunks;
  std::string_view changes;
  std::string_view drops;
  const RedisReply& fields = reply.at(1);
  for (std::size_t i = 0; i + 1 < fields.items.size(); i += 2) {
    const std::string_view name = fields.at(i).text;
    const RedisReply& value = fields.at(i + 1);
    if (name == "e") entry.epoch = static_cast<wire::Epoch>(value.number());
    if (name == "n") count = value.number();
    if (name == "t") entry.bytes_before = value.number();
    if (name == "b") chunks = value.text;
    if (name == "r") changes = value.text;
    if (name == "d") drops = value.text;
    if (name == "x") entry.left_out = SSE_TRY(read_left_out(value.text));
    if (name == "o") {
      const std::string_view text = value.text;
      const std::size_t space = std::min(text.rfind(' '), text.size());
      entry.node = text.substr(0, space);
      entry.counter = parse_digits(text.substr(std::min(space + 1, text.size()))).value_or(0);
    }
  }
  entry.bytes_before -= std::min<std::uint64_t>(entry.bytes_before, chunks.size());
  auto all = SSE_TRY(read_chunks(chunks, hash));
  SSE_TRY(read_rows(changes, drops, all));
  auto left = entry.left_out.begin();
  for (std::uint32_t event = 0; event < all.size(); ++event) {
    if (left != entry.left_out.end() && left->event == event) {
      ++left;
      continue;
    }
    entry.entries.push_back(all[event]);
  }
  if (entry.entries.empty() || entry.entries.size() != count || entry.place.last < count ||
      entry.epoch > wire::kMaxEpoch) {
    return damaged("its number of events is wrong");
  }
  for (std::size_t i = 0; i < entry.entries.size(); ++i) {
    entry.entries[i].id = wire::EventId::make(entry.place.time, entry.epoch, entry.first() + i);
    if (entry.entries[i].block.size() > largest) {
      return damaged("an event is larger than the log here can hold");
    }
  }
  return entry;
}

wire::EventId tell_outcomes(log::Append& append, std::uint32_t first,
                            std::span<const LeftOut> left_out, const wire::EventId& before) {
  wire::EventId newest = before;
  std::uint32_t event = first;
  auto left = std::lower_bound(
      left_out.begin(), left_out.end(), first,
      [](const LeftOut& each, std::uint32_t number) { return each.event < number; });
  for (log::AppendItem& item : append.items()) {
    if (!item.is_pending()) continue;
    if (left != left_out.end() && left->event == event) {
      item.outcome = outcome_of(*left++);
    } else {
      newest = wire::EventId::make(newest.unix_time(), newest.epoch(), newest.sequence() + 1);
      item.outcome.kind = Outcome::Kind::kAppended;
      item.outcome.id = newest;
    }
    ++event;
  }
  return newest;
}

}  // namespace sse::journal
