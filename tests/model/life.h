#pragma once

/// \file
/// The reference of one life of a log: every event that a hub took, in order, and what it may have
/// let go.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/filter.h"

namespace sse::model {

using Time = std::chrono::nanoseconds;
using Sequence = std::uint64_t;

/// When something happened: between the two, both included. On a clock that stands still they are
/// equal.
struct Window {
  Time from{0};
  Time to{0};
};

/// What a hub was told, as far as it decides what subscribers see. 0 means no limit throughout.
struct Rules {
  Time ttl{0};
  std::uint64_t max_events = 0;
  std::uint64_t max_bytes = 256U << 20U;
  std::uint64_t segment_size = 1U << 20U;
  Time heartbeat{0};
  Time slow_after{0};
  std::uint64_t max_lag = 8U << 20U;
  Time retry = std::chrono::seconds(2);
  Time drain_limit = std::chrono::seconds(10);
  std::size_t max_clients = 10'000;
  bool rejects = false;
  std::size_t max_per_peer = 0;
  std::size_t part_events = 0;  ///< of a journal that keeps more than memory; 0: none does
  bool times_are_exact = true;  ///< what a reader received came when it was sent
};

/// What a publisher sends.
struct Publication {
  std::string type;  ///< empty: `message`
  std::string topic;
  std::string data;
  bool topic_on_wire = true;
};

struct Event {
  Sequence sequence = 0;
  std::string id;
  std::string type;  ///< never empty
  std::string topic;
  std::string data;                   ///< as it reads: every line end is LF
  std::string block;                  ///< as a stream has it
  std::chrono::milliseconds time{0};  ///< of its id
  Window appended;
};

/// From an id's text: its last 12 digits. Nullopt: not the text of a UUIDv7.
std::optional<Sequence> sequence_of(std::string_view id);
/// Its first 12 digits.
std::chrono::milliseconds time_of(std::string_view id);

/// Thread-compatible.
class Life {
 public:
  explicit Life(const Rules& rules) : rules_(rules) {}

  /// Why it cannot be so (empty: it can): the sequence is not the next, the id does not ascend.
  [[nodiscard]] std::string add(std::string_view id, const Publication& what, Window appended);

  const Rules& rules() const { return rules_; }
  Sequence head() const { return events_.size(); }
  /// REQUIRES: 1 <= sequence <= head().
  const Event& at(Sequence sequence) const { return events_[sequence - 1]; }
  /// Null: this life has no such id.
  const Event* find(std::string_view id) const;

  /// The id that stands for "before everything": known once a hub has told it.
  const std::string& origin() const { return origin_; }
  void set_origin(std::string id) { origin_ = std::move(id); }
  /// Of an event, or the origin.
  const std::string& id_of(Sequence sequence) const {
    return sequence == 0 ? origin_ : at(sequence).id;
  }
  /// Of an id of this life, the origin included.
  std::optional<Sequence> position_of(std::string_view id) const;

  /// The first event that wants to be sent from `from` on; `to + 1` when there is none up to `to`.
  Sequence next_wanted(const Filter& filter, Sequence from, Sequence to) const;

  /// Whether no event behind this one, up to `last`, has its type and topic.
  bool is_newest(Sequence sequence, Sequence last) const {
    return newer_[sequence - 1] == 0 || newer_[sequence - 1] > last;
  }
  /// (type, topic) pairs so far.
  std::size_t pairs() const { return newest_.size(); }

  /// The oldest event that is still there when the newest is `head`: somewhere between the two.
  /// What is older than `least` is certainly gone, and what is `most` or newer is certainly there.
  struct Tail {
    Sequence least = 1;
    Sequence most = 1;
  };
  Tail tail(Sequence head, Window when) const;

  /// Of a journal that keeps more than memory: it has deleted what is before `oldest`.
  void move_tail(Sequence oldest, Time now) { tails_.push_back({oldest, now}); }

  /// Whether this event may have left memory.
  bool may_be_archived(Sequence sequence) const;

  /// Bytes of the blocks behind `sequence`.
  std::uint64_t bytes_behind(Sequence sequence) const;

 private:
  const Rules rules_;
  std::string origin_;
  std::vector<Event> events_;
  std::vector<std::uint64_t> ends_;  // bytes of blocks up to and with each event
  std::unordered_map<std::string, Sequence> by_id_;
  std::map<std::pair<std::string, std::string>, Sequence> newest_;  // of each pair
  std::vector<Sequence> newer_;                   // the next event of the same pair; 0: none
  std::vector<std::pair<Sequence, Time>> tails_;  // as move_tail() said
};

}  // namespace sse::model
