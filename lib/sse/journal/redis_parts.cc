#include "sse/journal/redis_parts.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "sse/base/crc32.h"
#include "sse/base/little_endian.h"
#include "sse/base/logging.h"

namespace sse::journal {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kPartBytes = std::uint64_t{512} << 10U;
constexpr std::size_t kCrcSize = 4;
constexpr std::size_t kHeadSize = kCrcSize + 4 * 8 + 4;
constexpr std::size_t kPairSize = 4 + 2 + 2;

std::uint64_t part_number(const RedisEntry& entry) {
  return entry.bytes_before / kPartBytes;
}

Error damaged() {
  return {ErrorCode::kInvalid, "a row of a part of the log is damaged"};
}

/// Numbers from the front of a text that is long enough.
class Numbers {
 public:
  explicit Numbers(std::string_view text) : rest_(text) {}
  std::uint64_t take(std::size_t size) {
    const std::uint64_t number = number_of(rest_, size);
    rest_.remove_prefix(size);
    return number;
  }
  milliseconds take_time() { return milliseconds(static_cast<std::int64_t>(take(8))); }

 private:
  std::string_view rest_;
};

bool is_possible(std::uint64_t first, std::uint64_t last, milliseconds begin, milliseconds end,
                 std::uint64_t epoch) {
  return first > 0 && first <= last && last <= wire::kMaxSequence && begin.count() >= 0 &&
         begin <= end && epoch <= wire::kMaxEpoch;
}

}  // namespace

std::string encode_part(const RedisPart& part) {
  const log::KeptPart& kept = part.kept;
  const wire::Sequence first = kept.first.sequence();
  std::string text;
  append_number(text, first, 8);
  append_number(text, kept.last, 8);
  append_number(text, static_cast<std::uint64_t>(kept.first.unix_time().count()), 8);
  append_number(text, static_cast<std::uint64_t>(part.last_time.count()), 8);
  append_number(text, kept.first.epoch(), 4);
  for (const log::NewestInPart& newest : kept.newest) {
    append_number(text, newest.sequence - first, 4);
    append_number(text, newest.type.size(), 2);
    append_number(text, newest.topic.size(), 2);
    text.append(newest.type).append(newest.topic);
  }
  std::string whole;
  append_number(whole, crc32c(text), kCrcSize);
  return whole + text;
}

Result<RedisPart> read_part(std::string_view text) {
  if (text.size() < kHeadSize) return damaged();
  if (crc32c(text.substr(kCrcSize)) != number_of(text, kCrcSize)) return damaged();
  Numbers head(text.substr(kCrcSize));
  const std::uint64_t first = head.take(8);
  const std::uint64_t last = head.take(8);
  const milliseconds first_time = head.take_time();
  const milliseconds last_time = head.take_time();
  const std::uint64_t epoch = head.take(4);
  if (!is_possible(first, last, first_time, last_time, epoch)) return damaged();
  RedisPart part;
  part.kept.first = wire::EventId::make(first_time, static_cast<wire::Epoch>(epoch), first);
  part.kept.last = last;
  part.last_time = last_time;
  wire::Sequence next = first;
  for (std::string_view rest = text.substr(kHeadSize); !rest.empty();) {
    if (rest.size() < kPairSize) return damaged();
    Numbers sizes(rest);
    const wire::Sequence sequence = first + sizes.take(4);
    const std::size_t type = sizes.take(2);
    const std::size_t topic = sizes.take(2);
    if (rest.size() - kPairSize < type + topic) return damaged();
    if (sequence < next || sequence > last) return damaged();
    part.kept.newest.push_back({sequence, std::string(rest.substr(kPairSize, type)),
                                std::string(rest.substr(kPairSize + type, topic))});
    rest.remove_prefix(kPairSize + type + topic);
    next = sequence + 1;
  }
  return part;
}

void log_hole(wire::Sequence first, wire::Sequence next) {
  log_line(LogLevel::kError,
           "the events " + std::to_string(first) + " to " + std::to_string(next - 1) +
               " are not in the cluster's log any more, or are damaged: it begins "
               "behind them now");
}

bool RedisPartBuilder::is_complete_before(const RedisEntry& entry) const {
  return !empty() && part_number(entry) != number_;
}

void RedisPartBuilder::add(const RedisEntry& entry) {
  if (empty()) {
    first_ = entry.entries.front().id;
    number_ = part_number(entry);
  }
  last_ = entry.place.last;
  last_time_ = entry.place.time;
  newest_.add(entry.entries);
}

RedisPart RedisPartBuilder::part() const {
  return {{first_, last_, newest_.in_order(first_.sequence())}, last_time_};
}

RedisPart RedisPartBuilder::take() {
  RedisPart whole = part();
  last_ = 0;
  newest_.forget();
  return whole;
}

void RedisPartBuilder::clear() {
  last_ = 0;
  newest_.clear();
}

}  // namespace sse::journal
