#pragma once

/// \file
/// The dictionary of one segment: its topics, or its types, as small integers.

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sse/base/keyed_hash.h"
#include "sse/log/name_key.h"

namespace sse::log {

using NameId = std::uint16_t;      ///< counts a segment's names from 0
using EntryIndex = std::uint16_t;  ///< counts a segment's events from 0

/// Names are only added, in memory that does not move. One thread at a time adds (the log's lock);
/// any number read meanwhile, without a lock: a name is complete before it can be found.
class Names {
 public:
  /// In `memory`, zeroed and memory_size() bytes large. Its keys are made with `hash`.
  Names(char* memory, std::size_t capacity, std::size_t text_capacity, const KeyedHash& hash);
  static std::size_t memory_size(std::size_t capacity, std::size_t text_capacity);

  /// Whether another name of this size can be added.
  bool has_room(std::size_t text_size) const;

  struct Added {
    NameId name;
    std::optional<EntryIndex> previous;  ///< the event with this name before this one
  };
  /// Notes that the event `entry` has this name.
  Added add(const NameKey& key, EntryIndex entry);

  /// Bytes of memory touched, in whole pages.
  std::size_t footprint() const;

  std::optional<NameId> find(const NameKey& key) const;
  std::optional<NameId> find(std::string_view name) const { return find(NameKey(name, hash_)); }
  std::size_t size() const { return size_.load(std::memory_order_acquire); }
  std::string_view text(NameId name) const;
  NameKey key(NameId name) const { return {text(name), hash_}; }

  /// The first event with this name; the chain goes on in the segment's index.
  EntryIndex first(NameId name) const;
  /// The newest event with this name and how many there are, of those appended until now.
  EntryIndex last(NameId name) const;
  std::uint32_t count(NameId name) const;

 private:
  struct Record {
    std::uint32_t hash;  ///< the low half
    std::uint32_t text;
    std::uint16_t text_size;
    std::uint16_t next_in_bucket;  ///< as in a bucket
    EntryIndex first;
    std::atomic<EntryIndex> last;
    std::atomic<std::uint32_t> count;
  };
  using Bucket = std::atomic<std::uint16_t>;  ///< the newest name of the bucket plus one; 0: none

  Bucket& bucket(std::uint32_t hash) const { return buckets_[hash & (bucket_count_ - 1)]; }
  NameId add_record(const NameKey& key, EntryIndex entry);

  const std::size_t capacity_;
  const std::size_t text_capacity_;
  const std::size_t bucket_count_;
  const KeyedHash hash_;
  Bucket* const buckets_;
  Record* const records_;
  char* const text_;

  std::atomic<std::uint32_t> size_ = 0;
  std::size_t text_size_ = 0;
};

}  // namespace sse::log
