#pragma once

/// \file
/// Which stream of a loop is next.

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "sse/base/budget.h"

namespace sse::hub {

/// Answers which stream is fed next, which is closed next and which is destroyed next. It feeds
/// nothing and knows neither sockets nor bytes: a stream is a Hook, and the caller says with the
/// mark functions how feeding it went. Owns no stream. Adding, removing and marking take constant
/// time. Thread-compatible.
///
/// A pass feeds the streams that are due when it begins, then walks over all whole streams (those
/// without a filter or an interval) that rest. Filtered and paced streams are in no walk: the
/// caller marks those due that new events concern, or whose slot has come. In a pass each stream is
/// fed at most once for being due, and once by the walk; a stream that both come to has nothing
/// left to send the second time.
///
/// The state of a stream:
///
// clang-format off
///     add()
///       |      event, room, input, heartbeat
///       v     +------------------------------> kDue ---------+  next()
///     kResting                                               |
///       ^  ^  +------------------------------> kBehind ------+  next_behind()
///       |  |     more than its share is left                 |
///       |  +-------------------------------------------------+
///       |  |     its peer has ended                          |
///       |  +-----------------------------> kEnding ----------+  next_ending()
///       |
///       +-- mark_blocked() --> kBlocked -- mark_due() --> kDue
///       |
///       +-- mark_parked() ---> kParked --- end_wait() --> kBehind
///
///     any of these ("open")
///       |-- mark_leaving() ---> kLeaving -- next_leaving() --> kResting, to be closed now
///       |-- mark_lingering() -> kLingering: said goodbye, its peer's end is awaited
///       +-- retire() ---------> kDead ----- next_dead() -----> out of the schedule
///
///     kLeaving -> kLingering, kDead;   kLingering -> kDead;   kDead is final.
// clang-format on
///
/// What holds between two calls:
/// - A stream is in the queue of its state (kDue, kBehind, kEnding, kLeaving, kDead), or in the set
///   of those that are parked, and in no other.
/// - Every stream that was added and not removed is at `index()` of the list of its kind.
/// - In a walk, streams before `walked_` in the list had their turn or need none, the others have
///   not: a stream that is removed never moves another over that border.
/// - The first `pass_left_` streams of the due queue belong to the pass; later ones to the next.
class Schedule {
 public:
  enum class State : std::uint8_t {
    kResting,    ///< has what it wants, or the walk will come to it
    kBlocked,    ///< its socket has no room
    kDue,        ///< is fed in this pass or the next
    kBehind,     ///< catches up beside the passes
    kEnding,     ///< its peer has ended: gets what is left beside the passes, and is closed then
    kParked,     ///< waits for a part of the history that is not in memory
    kLeaving,    ///< will be closed
    kLingering,  ///< was closed, and waits for the end of its peer
    kDead,       ///< will be destroyed
  };
  enum class Kind : std::uint8_t {
    kWhole,     ///< in the walk
    kFiltered,  ///< marked by what wants an event
    kPaced,     ///< marked when their slot comes
  };
  static constexpr std::array kKinds = {Kind::kWhole, Kind::kFiltered, Kind::kPaced};

  /// A stream's part of the schedule, to derive from. 12 bytes.
  class Hook {
   public:
    State state() const { return state_; }
    /// It may still be fed.
    bool is_open() const { return state_ < State::kLeaving; }
    Kind kind() const { return kind_; }
    /// Where it is in the list of its kind; changes when others are removed.
    std::uint32_t index() const { return index_; }

   private:
    friend class Schedule;
    std::uint32_t index_ = 0;
    std::uint32_t slot_ = 0;  // in the queue of its state; of a parked one its wait
    State state_ = State::kResting;
    Kind kind_ = Kind::kWhole;
  };

  using List = std::vector<Hook*>;

  /// A stream that rests. It is not part of a walk that is over.
  void add(Hook& hook, Kind kind);
  /// In any state. Its hook can be destroyed.
  void remove(Hook& hook);

  // Each does nothing to a stream that is in a later state already (see the diagram).

  /// Room, input, an event or a heartbeat: from kResting and kBlocked.
  void mark_due(Hook& hook);
  /// More than its share is left, or it has a replay before it: from kResting.
  void mark_behind(Hook& hook);
  /// Its peer has sent its end: from kResting.
  void mark_ending(Hook& hook);
  /// From kResting: a stream that is due for another reason is tried again.
  void mark_blocked(Hook& hook);
  /// From kResting: it is not fed before end_wait() of this wait, a number of the caller's choice.
  void mark_parked(Hook& hook, std::uint32_t wait);
  void mark_leaving(Hook& hook);
  void mark_lingering(Hook& hook);
  void retire(Hook& hook);

  /// Every stream that is parked for this wait is behind now.
  void end_wait(std::uint32_t wait);
  void end_all_waits();

  /// Takes what is due into a new pass, and has the pass walk over all whole streams if it should.
  /// REQUIRES: is_pass_over().
  enum class Walk : std::uint8_t { kNone, kAll };
  void begin_pass(Walk walk);
  /// Has the present pass walk over all whole streams (again).
  void begin_walk() { walked_ = 0; }
  bool is_pass_over() const { return pass_left_ == 0 && walked_ == whole_.size(); }

  /// The next stream of the pass, which rests now. Null: the pass is over, or `budget` is spent,
  /// which each stream passed over costs a step.
  Hook* next(Budget& budget) { return pass_left_ > 0 ? next_due() : next_walked(budget); }
  /// The whole stream that the walk will come to after `ahead` others, for prefetching. Null at the
  /// end.
  const Hook* upcoming(std::size_t ahead) const {
    return walked_ + ahead < whole_.size() ? whole_[walked_ + ahead] : nullptr;
  }
  /// The stream that has waited longest to catch up, which rests now. Null: none.
  Hook* next_behind();
  /// The stream whose peer ended first, which rests now. Null: none.
  Hook* next_ending();
  /// A stream that is to be closed now; it rests. Null: none.
  Hook* next_leaving();
  /// A dead stream, removed: the caller destroys it. Null: none.
  Hook* next_dead();

  /// There is something to feed, to close or to destroy.
  bool has_work() const;
  bool is_empty() const { return whole_.empty() && filtered_.empty() && paced_.empty(); }
  std::size_t lingering() const { return lingering_; }
  std::size_t parked() const { return parked_.size(); }
  /// Every stream of a kind, also those that are lingering or dead.
  const List& all(Kind kind) const {
    return kind == Kind::kWhole ? whole_ : kind == Kind::kFiltered ? filtered_ : paced_;
  }

 private:
  /// First in, first out; erasing from the middle leaves a hole. Constant time, amortized.
  class Queue {
   public:
    void push(Hook& hook);
    void erase(const Hook& hook);
    /// Null when empty.
    Hook* pop() {
      while (next_ < places_.size()) {
        Hook* hook = places_[next_++];
        if (hook == nullptr) continue;
        --size_;
        return hook;
      }
      return nullptr;
    }
    std::size_t size() const { return size_; }
    /// The slot of what is pushed next.
    std::uint32_t end_slot() const { return first_ + static_cast<std::uint32_t>(places_.size()); }

   private:
    void forget_popped();

    std::vector<Hook*> places_;
    std::size_t next_ = 0;     // places before it were popped
    std::uint32_t first_ = 0;  // the slot of places_[0]; slots wrap
    std::size_t size_ = 0;     // without holes
  };

  Hook* next_due();
  Hook* next_walked(Budget& budget);
  Hook* take(Queue& queue);
  void enter(Hook& hook, State state);
  void leave_queue(Hook& hook);
  Queue* queue_of(State state);
  List& list_of(Kind kind);
  bool is_in_pass(const Hook& hook) const;
  static void swap_places(List& list, std::size_t a, std::size_t b);

  List whole_;
  List filtered_;
  List paced_;
  std::size_t walked_ = 0;
  Queue due_;
  std::size_t pass_left_ = 0;
  std::uint32_t pass_end_ = 0;  // the slot of the due queue behind the pass
  Queue behind_;
  Queue ending_;
  std::set<std::pair<std::uint32_t, Hook*>> parked_;  // by their wait
  Queue leaving_;
  Queue dead_;
  std::size_t lingering_ = 0;
};

// Inline, since the walk over ten thousand streams is the hottest loop of the hub.
inline Schedule::Hook* Schedule::next_walked(Budget& budget) {
  while (walked_ < whole_.size()) {
    if (budget.is_spent()) return nullptr;
    Hook* hook = whole_[walked_++];
    if (hook->state_ == State::kResting) return hook;
    budget.spend(1);
  }
  return nullptr;
}

}  // namespace sse::hub
