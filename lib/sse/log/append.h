#pragma once

/// \file
/// Events on their way into the order.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/ip_address.h"
#include "sse/base/keyed_hash.h"
#include "sse/base/later.h"
#include "sse/base/result.h"
#include "sse/base/uuid.h"
#include "sse/log/entry.h"
#include "sse/wire/event.h"
#include "sse/wire/event_id.h"

namespace sse::log {

/// What a log takes, and how it looks up names.
struct EventLimits {
  std::size_t max_event_size = 256U << 10U;  ///< encoded bytes of one event
  KeyedHash name_hash = {};                  ///< of types and topics; random where peers publish
};

/// What must hold of the rows for an item to be appended, after everything before it in the order:
/// also after what is not durable yet.
enum class Condition : std::uint8_t {
  kNone,
  kRowExists,   ///< the row of its key
  kNameIsFree,  ///< no row has its name; else the oldest of them is the outcome
};

/// What became of an item.
struct Outcome {
  enum class Kind : std::uint8_t {
    kPending,    ///< not judged yet
    kAppended,   ///< `id`
    kNoSuchRow,  ///< kRowExists does not hold
    kNameTaken,  ///< kNameIsFree does not hold: `row`, `text` are its key and bytes
    kNoRoom,     ///< the table of rows is full (RowLimits::rows)
    kFailed,     ///< `code`, `text`: nothing was appended, unless `code` is kUnknown
  };
  Kind kind = Kind::kPending;
  ErrorCode code = ErrorCode::kInvalid;
  wire::EventId id;
  Uuid row;
  std::string text;

  void fail(Error error);
  Error error() const { return {code, text}; }  ///< of kFailed
};

// What is ordered under one hold of a journal's lock: this many events, or this many bytes and one
// event.
inline constexpr std::size_t kMaxSliceEvents = 256;
inline constexpr std::size_t kMaxSliceBytes = std::size_t{256} << 10U;

/// One event of an Append.
class AppendItem {
 public:
  Condition condition() const { return condition_; }
  std::size_t slot() const { return slot_; }
  std::size_t block_size() const { return block_size_; }
  bool is_pending() const { return outcome.kind == Outcome::Kind::kPending; }

  Outcome outcome;

 private:
  friend class Append;

  std::size_t slot_ = 0;
  Uuid row_key_;
  std::uint32_t piece_ = 0;
  std::uint32_t begin_ = 0;  // in its piece: at most a slice of bytes
  std::uint64_t type_hash_ = 0;
  std::uint64_t topic_hash_ = 0;
  std::uint32_t block_size_ = 0;
  std::uint32_t row_size_ = 0;
  std::uint16_t type_size_ = 0;
  std::uint16_t topic_size_ = 0;
  std::uint16_t row_name_size_ = 0;
  RowChange::Kind row_kind_ = RowChange::Kind::kNone;
  Condition condition_ = Condition::kNone;
};

/// Encoded events with what they do to rows, and a slot each for what becomes of them. What one
/// request publishes is one Append: a journal that lasts keeps all of it or nothing.
/// Thread-compatible.
class SSE_EXPORT Append {
 public:
  using Item = AppendItem;

  explicit Append(const EventLimits& limits) : limits_(limits) {}

  /// Encodes `event`, at the end. `slot` is the caller's own number for it. Too large an event, or
  /// too long a name, is an item that has failed (kTooLarge, with the flag in the text).
  void add(const wire::Event& event, const RowChange& row = {},
           Condition condition = Condition::kNone, std::size_t slot = 0);

  /// Makes room for `events` more: adding them moves none of those before them, so that an append
  /// of very many can grow in many turns.
  void reserve(std::size_t events) { items_.reserve(items_.size() + events); }
  /// Takes back what was added last.
  void drop_last();
  /// Empty again; the memory serves again.
  void clear();

  /// Whether it is as much as is ordered under one hold of a lock: more would only wait in memory.
  bool is_slice() const {
    return items_.size() >= kMaxSliceEvents || bytes_.size() >= kMaxSliceBytes;
  }

  /// What answers a repeat of the request, made of the outcomes: a journal that lasts keeps it with
  /// the events, if there are any.
  void keep_repeat(RepeatText<Append> repeat) { repeat_ = std::move(repeat); }
  RepeatRecord repeat() const { return repeat_ ? repeat_(*this) : RepeatRecord(); }

  /// The peer whose share of what may wait it counts against (peer_group()); nullopt: none.
  void set_peer(const std::optional<IpAddress>& peer) { peer_ = peer; }
  const std::optional<IpAddress>& peer() const { return peer_; }

  /// Memory that it takes, about.
  std::size_t footprint() const {
    return full_bytes_ + bytes_.size() + items_.size() * sizeof(Item);
  }

  /// Makes every item pending again but those that add() has refused: what was judged is rolled
  /// back.
  void forget_judgements();

  /// Whether an item is pending, and how many are.
  bool has_pending() const;
  std::size_t pending_count() const;

  std::span<Item> items() { return items_; }
  std::span<const Item> items() const { return items_; }

  /// The item as it stands in the order. The views hold until the next add().
  Entry entry(const Item& item, const wire::EventId& id) const;
  /// What the item does to rows.
  RowChange row(const Item& item) const;

  /// Fails every item that is still pending.
  void fail_pending(const Error& error);

  /// Notes why nothing of it is taken, in a time that does not grow with it: of many items, none
  /// has the error as its outcome. A single one fails with it.
  void refuse(Error error);
  /// Null when it was not refused.
  const Error* refusal() const { return refusal_ ? &*refusal_ : nullptr; }

 private:
  std::optional<Error> encode(const wire::Event& event);
  void begin_piece();
  /// From the item's first byte on.
  std::string_view bytes_from(const Item& item) const {
    const std::string& piece = item.piece_ == piece_ ? bytes_ : full_[item.piece_];
    return {piece.data() + item.begin_, piece.size() - item.begin_};
  }

  EventLimits limits_;
  // Of each item: its block, type, topic, row name and row bytes. In pieces, since a long string
  // that grows is copied.
  std::vector<std::string> full_;
  std::size_t full_bytes_ = 0;
  std::string bytes_;        // the last piece
  std::uint32_t piece_ = 0;  // its number
  std::vector<Item> items_;
  std::optional<Error> refusal_;
  std::optional<IpAddress> peer_;
  RepeatText<Append> repeat_;
};

}  // namespace sse::log
