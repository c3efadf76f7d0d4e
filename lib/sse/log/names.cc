#include "sse/log/names.h"

#include <bit>
#include <cstring>
#include <memory>

#include "sse/log/pages.h"

namespace sse::log {
namespace {

// A chain of some eight names a bucket when a dictionary is full: its table stays small beside the
// names, and most dictionaries are far from full.
std::size_t bucket_count_for(std::size_t capacity) {
  return std::bit_ceil(capacity / 8 + 1);
}

std::size_t buckets_size(std::size_t capacity) {
  return round_to_page(bucket_count_for(capacity) * sizeof(std::uint16_t));
}

}  // namespace

std::size_t Names::memory_size(std::size_t capacity, std::size_t text_capacity) {
  return buckets_size(capacity) + round_to_page(capacity * sizeof(Record)) +
         round_to_page(text_capacity);
}

Names::Names(char* memory, std::size_t capacity, std::size_t text_capacity, const KeyedHash& hash)
    : capacity_(capacity),
      text_capacity_(text_capacity),
      bucket_count_(bucket_count_for(capacity)),
      hash_(hash),
      buckets_(reinterpret_cast<Bucket*>(memory)),
      records_(reinterpret_cast<Record*>(memory + buckets_size(capacity))),
      text_(memory + buckets_size(capacity) + round_to_page(capacity * sizeof(Record))) {
  std::uninitialized_value_construct_n(buckets_, bucket_count_);
}

bool Names::has_room(std::size_t text_size) const {
  return size_.load(std::memory_order_relaxed) < capacity_ &&
         text_size <= text_capacity_ - text_size_;
}

Names::Added Names::add(const NameKey& key, EntryIndex entry) {
  const auto known = find(key);
  if (!known) return {add_record(key, entry), std::nullopt};
  Record& record = records_[*known];
  const EntryIndex previous = record.last.load(std::memory_order_relaxed);
  record.last.store(entry, std::memory_order_relaxed);
  record.count.fetch_add(1, std::memory_order_relaxed);
  return {*known, previous};
}

NameId Names::add_record(const NameKey& key, EntryIndex entry) {
  const auto name = static_cast<NameId>(size_.load(std::memory_order_relaxed));
  const auto hash = static_cast<std::uint32_t>(key.hash);
  Bucket& head = bucket(hash);
  std::memcpy(text_ + text_size_, key.text.data(), key.text.size());
  new (&records_[name]) Record{hash,
                               static_cast<std::uint32_t>(text_size_),
                               static_cast<std::uint16_t>(key.text.size()),
                               head.load(std::memory_order_relaxed),
                               entry,
                               entry,
                               1};
  text_size_ += key.text.size();
  size_.store(name + 1U, std::memory_order_release);
  head.store(static_cast<std::uint16_t>(name + 1), std::memory_order_release);
  return name;
}

std::size_t Names::footprint() const {
  return buckets_size(capacity_) + round_to_page(size() * sizeof(Record)) +
         round_to_page(text_size_);
}

std::optional<NameId> Names::find(const NameKey& key) const {
  const auto hash = static_cast<std::uint32_t>(key.hash);
  std::uint16_t link = bucket(hash).load(std::memory_order_acquire);
  while (link != 0) {
    const auto name = static_cast<NameId>(link - 1);
    if (records_[name].hash == hash && text(name) == key.text) return name;
    link = records_[name].next_in_bucket;
  }
  return std::nullopt;
}

std::string_view Names::text(NameId name) const {
  return {text_ + records_[name].text, records_[name].text_size};
}

EntryIndex Names::first(NameId name) const {
  return records_[name].first;
}

EntryIndex Names::last(NameId name) const {
  return records_[name].last.load(std::memory_order_relaxed);
}

std::uint32_t Names::count(NameId name) const {
  return records_[name].count.load(std::memory_order_relaxed);
}

}  // namespace sse::log
