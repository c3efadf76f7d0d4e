#pragma once

/// \file
/// What a node asks to append in one call of append.lua, and the entry of the stream that becomes
/// of it. An event is named by its number in the batch, from 0; little-endian:
///
///     chunks   for each: u32 size | chunk (log/chunk.h). The ids in them only count events from 1:
///              each node makes the real ones, of the entry
///     changes  for each: u32 event | u8 log::RowChange::Kind | u8 log::Condition |
///              16 bytes of key | u16 size of name | u32 of bytes | name | bytes
///     claims   for each once key: u32 first event | u32 last | 16 bytes of fingerprint
///     left out for each: u32 event | u8 LeftOut::Why | u32 size | what there is to say of it
///     drops    for each: u32 event | 16 bytes of key of the row whose series loses its oldest
///
/// An entry has the id `<unix ms>-<sequence of its last event>`, and the fields e (epoch), n
/// (number of events), o (key of the node, space, its counter), t (bytes of chunks up to here), b
/// (chunks), r (changes), x (left out) and d (drops).

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/keyed_hash.h"
#include "sse/base/later.h"
#include "sse/base/result.h"
#include "sse/journal/redis_codec.h"
#include "sse/log/append.h"
#include "sse/log/entry.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// An event that the script left out.
struct LeftOut {
  enum class Why : std::uint8_t {
    kNoSuchRow = 1,
    kNameTaken = 2,  ///< 16 bytes of key, then the bytes of the row
    kNoRoom = 3,
    kRowExists = 4,
    kKeyKnown = 5,  ///< what is kept of the once key
  };
  std::uint32_t event = 0;
  Why why = Why::kNoSuchRow;
  std::string_view text;
};

/// Events as the script takes them. A value.
struct RedisBatch {
  std::uint32_t events = 0;
  std::string chunks;
  std::string changes;
};

/// The pending items of these, in order.
SSE_EXPORT RedisBatch make_batch(std::span<const log::Append* const> appends);

/// Appends the claim of an append whose first event is `first`.
SSE_EXPORT void append_claim(std::string& claims, std::uint32_t first, const log::Append& append,
                             std::string_view fingerprint);

/// What is kept of a once key: 16 bytes of fingerprint, then `i<ms> <epoch> <sequence>` of the
/// first event, or `a` and the answer.
SSE_EXPORT RepeatClaim::Known read_known_key(std::string_view text);
SSE_EXPORT std::string known_key_of(std::string_view fingerprint, std::string_view answer);

/// Where an entry of the stream stands.
struct RedisPlace {
  std::chrono::milliseconds time{0};
  wire::Sequence last = 0;

  std::string text() const;
  friend bool operator==(const RedisPlace&, const RedisPlace&) = default;
};

/// An entry of the stream. Its views are of the reply that it was read from.
struct RedisEntry {
  RedisPlace place;
  wire::Epoch epoch = 0;
  std::string_view node;  ///< the key of the node that asked for it
  std::uint64_t counter = 0;
  std::uint64_t bytes_before = 0;  ///< of chunks, in all entries before it
  std::vector<log::Entry> entries;
  std::vector<LeftOut> left_out;

  wire::Sequence first() const { return place.last + 1 - entries.size(); }
};

/// How many entries to ask for at once: a reply is in memory as a whole, and an entry is what many
/// requests have published, or one of any size. More where many wait, fewer where they are large.
class SSE_EXPORT EntryCount {
 public:
  EntryCount() = default;
  /// `bytes`: of a reply, about; `most`: of entries.
  EntryCount(std::size_t bytes, std::size_t most) : bytes_(bytes), most_(most) {}

  std::string text() const { return std::to_string(count_); }
  /// `entries`: of the reply to the last request.
  void take(const RedisReply& entries);

 private:
  std::size_t bytes_ = std::size_t{8} << 20U;
  std::size_t most_ = 64;
  std::size_t count_ = 2;
};

/// `<ms>-<sequence>`. Error: kInvalid.
SSE_EXPORT Result<RedisPlace> read_place(std::string_view text);

/// Reads one entry, as XRANGE and XREAD give it. Error: kInvalid, for anything that append.lua does
/// not write, and for an event of more than `largest` bytes.
SSE_EXPORT Result<RedisEntry> read_entry(
    const RedisReply& reply, const KeyedHash& hash,
    std::size_t largest = std::numeric_limits<std::size_t>::max());

/// Reads a list of what was left out. Error: kInvalid.
SSE_EXPORT Result<std::vector<LeftOut>> read_left_out(std::string_view text);

/// Gives the pending items of `append`, which are the events from `first` on of their batch, their
/// outcomes. `before`: the newest id before the first event of the append, whose time and epoch its
/// events have. Returns that of the append after it. REQUIRES: `left_out` is in order of events.
SSE_EXPORT wire::EventId tell_outcomes(log::Append& append, std::uint32_t first,
                                       std::span<const LeftOut> left_out,
                                       const wire::EventId& before);

}  // namespace sse::journal
