#pragma once

/// \file
/// A piece of the log that never moves: blocks, their index, and the names they use.
///
// clang-format off
///     blocks    | id: ..1\ndata: a\n\n | id: ..2\ndata: bb\n\n | id: ..3\n... |      free      |
///                                      ^                       ^              ^
///     index     end of event 0 --------+    end of event 1 ----+    event 2 --+
///               [ end | time | age | type, topic | next of type, next of topic ]    20 bytes each
///     newest    [ 1 ]                  |                |     a bit each: 1 when no later event
///                                      |                |     has its type and its topic
///     names     types   0: message  <--+                |   each name knows its first event, its
///               topics  0: ci/api, 1: ci/web            |   newest one and how many it has
///                                                       v
///     postings  the events of a name are chained through the index: first -> next -> next -> none
// clang-format on

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/log/entry.h"
#include "sse/log/names.h"
#include "sse/log/pages.h"
#include "sse/wire/event_id.h"

namespace sse::log {

/// What events are selected by.
enum class Kind : std::uint8_t { kType, kTopic };
inline constexpr std::array kKinds = {Kind::kType, Kind::kTopic};

/// One thread at a time appends (the log's lock). Readers hold no lock: they look only at events
/// that were appended before their View was made, and what those are made of does not change any
/// more, but for the link to a next event and the bit of the newest ones, which are atomic.
class Segment {
 public:
  /// `size`: bytes of blocks. The first event has the id `first`, whose epoch all others have, too;
  /// `offset` bytes of blocks were ever appended before it. `boot`: the earliest that they age
  /// from.
  Segment(std::size_t size, const wire::EventId& first, std::uint64_t offset, BootTime boot,
          const KeyedHash& name_hash);

  /// Whether one more event has room: in blocks, index, names and the width of their fields. A new
  /// segment has room for every event with names up to kMaxNameSize and a block of its size.
  bool has_room(const Entry& event, BootTime boot) const;

  /// Copies the block and writes its id into it. It is the newest of its pair of names.
  /// Precondition: has_room().
  void append(const Entry& event, BootTime boot);

  /// Events appended until now. For the thread that appends.
  std::size_t size() const { return size_; }
  wire::Sequence last() const { return first_ + size_ - 1; }

  /// Bytes of memory touched, in whole pages, and how many more appending `event` touches at most.
  std::size_t footprint() const;
  static std::size_t growth(const Entry& event);

  wire::Sequence first() const { return first_; }
  /// Of this object: no other one of the process has it, also not a copy of the same events.
  std::uint64_t serial() const { return serial_; }
  std::uint64_t offset() const { return offset_; }
  wire::Epoch epoch() const { return epoch_; }

  // One event, by its index in the segment.

  std::size_t begin_of(std::size_t index) const { return index == 0 ? 0 : end_of(index - 1); }
  std::size_t end_of(std::size_t index) const { return entries_[index].end; }
  std::chrono::milliseconds time_of(std::size_t index) const;
  wire::EventId id_of(std::size_t index) const;
  BootTime boot_of(std::size_t index) const;
  NameId name_of(std::size_t index, Kind kind) const;
  NameKey key_of(std::size_t index, Kind kind) const {
    return names(kind).key(name_of(index, kind));
  }

  /// The next event with the same name; 0 when there is none yet.
  EntryIndex next_with_name(std::size_t index, Kind kind) const;

  /// The first event in [index, limit) that is the newest of its pair now; `limit` when there is
  /// none.
  std::size_t next_newest(std::size_t index, std::size_t limit) const;
  /// How many of [index, limit) are.
  std::size_t count_newest(std::size_t index, std::size_t limit) const;

  /// For the thread that appends, also to other segments.
  void set_newest(std::size_t index, bool is_newest) const {
    // One thread at a time writes, so a load and a store are enough. Relaxed, as links are: a
    // reader sees the bit of each event of its View as it was set or, where a later event has the
    // same names, cleared.
    auto& word = newest_[index / kWordBits];
    const std::uint64_t bit = std::uint64_t{1} << (index % kWordBits);
    const std::uint64_t bits = word.load(std::memory_order_relaxed);
    word.store(is_newest ? bits | bit : bits & ~bit, std::memory_order_relaxed);
  }

  /// Whether two events have the same type and the same topic.
  bool have_same_names(std::size_t one, std::size_t other) const {
    return entries_[one].names == entries_[other].names;
  }

  /// Blocks from one place to another.
  std::string_view bytes(std::size_t begin, std::size_t end) const {
    return {blocks_ + begin, end - begin};
  }

  const Names& names(Kind kind) const { return kind == Kind::kType ? types_ : topics_; }

 private:
  static constexpr std::size_t kWordBits = 64;

  struct IndexEntry {
    std::uint32_t end;
    std::uint32_t time;  ///< milliseconds after time_
    std::uint32_t age;   ///< milliseconds after boot_, rounded up: nothing expires early
    std::array<NameId, 2> names;
    std::array<std::atomic<EntryIndex>, 2> next;
  };

  void link(EntryIndex from, EntryIndex to, Kind kind);

  const std::uint64_t serial_;
  const std::size_t capacity_;
  const std::size_t max_events_;
  const wire::Sequence first_;
  const wire::Epoch epoch_;
  const std::uint64_t offset_;
  const std::chrono::milliseconds time_;
  const BootTime boot_;
  const Pages pages_;
  char* const blocks_;
  IndexEntry* const entries_;
  Names types_;
  Names topics_;
  const std::unique_ptr<std::atomic<std::uint64_t>[]> newest_;  // 64 events a word

  std::size_t size_ = 0;
};

}  // namespace sse::log
