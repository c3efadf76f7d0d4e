#pragma once

/// \file
/// Streams of one loop with the same interval and the same filter.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sse/base/clock.h"
#include "sse/hub/paced_subscriber.h"
#include "sse/wire/event_id.h"

namespace sse::hub {

/// What is held back for its streams, and what was released to them. An event that they want is
/// held back until their slot comes: the next multiple of the interval. Then it is released, and
/// the streams are marked due, a part of them in each turn. Never empty, except while it is made.
/// Thread-compatible.
class PacedGroup {
 public:
  /// `head`: events up to this one are never held back; a stream that starts before it is fed up
  /// to it at once.
  PacedGroup(std::chrono::nanoseconds interval, const wire::EventId& head) : interval_(interval) {
    forget(head);
  }

  std::chrono::nanoseconds interval() const { return interval_; }
  /// The same for every stream; null: everything is wanted.
  const Filter* filter() const { return members_.front()->filter(); }

  void add(PacedSubscriber& stream);
  /// Returns the stream that moves to its index, if that stream is not marked and the index is:
  /// next_to_mark() would pass it over, so the caller marks it.
  PacedSubscriber* remove(PacedSubscriber& stream);
  bool is_empty() const { return members_.empty(); }

  // Held back.

  bool is_holding() const { return first_held_back_ > 0; }
  /// The first event that may be wanted and is not released. REQUIRES: is_holding().
  wire::Sequence first_held_back() const { return first_held_back_; }
  /// When it is released. REQUIRES: is_holding().
  BootTime due() const { return due_; }
  void set_due(BootTime due) { due_ = due; }
  void hold(wire::Sequence first, BootTime due) {
    first_held_back_ = first;
    due_ = due;
  }

  // Released.

  struct Released {
    wire::Sequence after = 0;  ///< where the release before this one ended
    wire::Sequence first = 0;  ///< nothing between `after` and this is wanted
    wire::EventId end;         ///< streams may be sent everything up to this event
  };
  const Released& released() const { return released_; }
  /// Streams may be sent everything up to `end`, and want nothing before `first` but what was
  /// released before. All are to be marked.
  void release(wire::Sequence first, const wire::EventId& end);
  /// Nothing is held back, and nothing is to be sent up to `head`.
  void forget(const wire::EventId& head);

  /// The next stream to mark for what was released; null: all are.
  PacedSubscriber* next_to_mark() {
    return marked_ < members_.size() ? members_[marked_++] : nullptr;
  }
  bool is_marked(const PacedSubscriber& stream) const { return stream.index_in_group < marked_; }

 private:
  const std::chrono::nanoseconds interval_;
  std::vector<PacedSubscriber*> members_;
  wire::Sequence first_held_back_ = 0;  // 0: nothing is
  BootTime due_;
  Released released_;
  std::size_t marked_ = 0;  // of members_, for what was released

 public:
  // Its pacer's note.
  std::uint64_t ticket = 0;  ///< its turn in marking its streams; 0: all are marked
};

}  // namespace sse::hub
