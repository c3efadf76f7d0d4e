#include "sse/log/segment.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <new>

#include "sse/base/check.h"
#include "sse/wire/encoder.h"

namespace sse::log {
namespace {

// The block of an event without type, topic and data: `id: <36>`, `data: `, a blank line.
constexpr std::size_t kSmallestBlock = wire::kIdOffset + kUuidLength + 1 + 7 + 1;
constexpr auto kMaxDelta = std::numeric_limits<std::uint32_t>::max();

std::size_t max_events_in(std::size_t size) {
  return std::min<std::size_t>(size / kSmallestBlock + 1, std::numeric_limits<EntryIndex>::max());
}

std::size_t text_capacity(std::size_t size) {
  return std::max(size / 4, kMaxNameSize);
}

std::size_t names_size(std::size_t size) {
  return Names::memory_size(max_events_in(size), text_capacity(size));
}

std::int64_t milliseconds_after(BootTime from, BootTime to) {
  return std::chrono::ceil<std::chrono::milliseconds>(to - from).count();
}

/// Of 64 events each.
std::size_t words_for(std::size_t events) {
  return (events + 63) / 64;
}

std::atomic<std::uint64_t> newest_serial = 0;

std::size_t index_of(Kind kind) {
  return static_cast<std::size_t>(kind);
}

}  // namespace

Segment::Segment(std::size_t size, const wire::EventId& first, std::uint64_t offset, BootTime boot,
                 const KeyedHash& name_hash)
    : serial_(newest_serial.fetch_add(1, std::memory_order_relaxed) + 1),
      capacity_(size),
      max_events_(max_events_in(size)),
      first_(first.sequence()),
      epoch_(first.epoch()),
      offset_(offset),
      time_(first.unix_time()),
      boot_(boot),
      pages_(round_to_page(size) + round_to_page(max_events_ * sizeof(IndexEntry)) +
             2 * names_size(size)),
      blocks_(pages_.start()),
      entries_(reinterpret_cast<IndexEntry*>(blocks_ + round_to_page(size))),
      types_(reinterpret_cast<char*>(entries_) + round_to_page(max_events_ * sizeof(IndexEntry)),
             max_events_, text_capacity(size), name_hash),
      topics_(reinterpret_cast<char*>(entries_) + round_to_page(max_events_ * sizeof(IndexEntry)) +
                  names_size(size),
              max_events_, text_capacity(size), name_hash),
      newest_(std::make_unique<std::atomic<std::uint64_t>[]>(words_for(max_events_))) {
}

bool Segment::has_room(const Entry& event, BootTime boot) const {
  const std::size_t used = begin_of(size_);
  const auto time = event.id.unix_time();
  return event.block.size() <= capacity_ - used && size_ < max_events_ &&
         types_.has_room(event.type.text.size()) && topics_.has_room(event.topic.text.size()) &&
         event.id.epoch() == epoch_ && time >= time_ && (time - time_).count() <= kMaxDelta &&
         boot >= boot_ && milliseconds_after(boot_, boot) <= kMaxDelta;
}

void Segment::append(const Entry& event, BootTime boot) {
  SSE_CHECK(has_room(event, boot));
  const std::size_t begin = begin_of(size_);
  std::memcpy(blocks_ + begin, event.block.data(), event.block.size());
  wire::set_id(blocks_ + begin, event.id);

  const auto index = static_cast<EntryIndex>(size_);
  const auto type = types_.add(event.type, index);
  const auto topic = topics_.add(event.topic, index);
  new (&entries_[index])
      IndexEntry{static_cast<std::uint32_t>(begin + event.block.size()),
                 static_cast<std::uint32_t>((event.id.unix_time() - time_).count()),
                 static_cast<std::uint32_t>(milliseconds_after(boot_, boot)),
                 {type.name, topic.name},
                 {}};
  if (type.previous) link(*type.previous, index, Kind::kType);
  if (topic.previous) link(*topic.previous, index, Kind::kTopic);
  set_newest(index, true);
  ++size_;
}

std::size_t Segment::footprint() const {
  return round_to_page(begin_of(size_)) + round_to_page(size_ * sizeof(IndexEntry)) +
         types_.footprint() + topics_.footprint() + words_for(max_events_) * sizeof(std::uint64_t);
}

// Each of its six parts may end in the next page.
std::size_t Segment::growth(const Entry& event) {
  return event.block.size() + event.type.text.size() + event.topic.text.size() + 6 * kPageSize;
}

std::chrono::milliseconds Segment::time_of(std::size_t index) const {
  return time_ + std::chrono::milliseconds(entries_[index].time);
}

wire::EventId Segment::id_of(std::size_t index) const {
  return wire::EventId::make(time_of(index), epoch_, first_ + index);
}

BootTime Segment::boot_of(std::size_t index) const {
  return boot_ + std::chrono::milliseconds(entries_[index].age);
}

NameId Segment::name_of(std::size_t index, Kind kind) const {
  return entries_[index].names[index_of(kind)];
}

EntryIndex Segment::next_with_name(std::size_t index, Kind kind) const {
  return entries_[index].next[index_of(kind)].load(std::memory_order_relaxed);
}

std::size_t Segment::next_newest(std::size_t index, std::size_t limit) const {
  while (index < limit) {
    const std::uint64_t left =
        newest_[index / kWordBits].load(std::memory_order_relaxed) >> (index % kWordBits);
    if (left != 0) {
      return std::min(index + static_cast<std::size_t>(std::countr_zero(left)), limit);
    }
    index += kWordBits - index % kWordBits;
  }
  return limit;
}

std::size_t Segment::count_newest(std::size_t index, std::size_t limit) const {
  std::size_t count = 0;
  while (index < limit) {
    const std::size_t end = std::min(limit, index - index % kWordBits + kWordBits);
    const std::uint64_t above =
        newest_[index / kWordBits].load(std::memory_order_relaxed) >> (index % kWordBits);
    const std::uint64_t mask = ~std::uint64_t{0} >> (kWordBits - (end - index));
    count += static_cast<std::size_t>(std::popcount(above & mask));
    index = end;
  }
  return count;
}

// Relaxed: a reader whose View holds `to` got it through the log's lock; one whose View does not,
// sees a number past its end, or none, and stops at either.
void Segment::link(EntryIndex from, EntryIndex to, Kind kind) {
  entries_[from].next[index_of(kind)].store(to, std::memory_order_relaxed);
}

}  // namespace sse::log
