#pragma once

/// \file
/// When the paced streams of a loop are fed, and with what.

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "sse/base/budget.h"
#include "sse/base/clock.h"
#include "sse/hub/counts.h"
#include "sse/hub/interest.h"
#include "sse/hub/paced_group.h"
#include "sse/hub/schedule.h"
#include "sse/hub/shared_round.h"
#include "sse/log/event_log.h"
#include "sse/log/view.h"
#include "sse/net/loop.h"

namespace sse::hub {

/// Streams with the same interval and filter are a PacedGroup: an event that the group wants starts
/// the wait for its slot, and no event wakes a stream. A slot costs nothing while nothing is held
/// back; one timer serves all groups.
///
/// At most half of what is in memory is held back, in segments and in time: an older event is
/// released before its slot, so that it is sent before it is gone, or each stream has to have it
/// read from a disk. So is an event that ends streams. Loop-affine.
class Pacer {
 public:
  /// All of them outlive this.
  Pacer(net::Loop& loop, log::EventLog& log, Schedule& schedule);
  ~Pacer();
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;

  /// A stream opens. The caller feeds it a first time.
  void add(PacedSubscriber& stream, std::chrono::nanoseconds interval, const log::View& view);
  /// A stream ends. REQUIRES: its filter is still there.
  void remove(PacedSubscriber& stream);

  /// Tests new events, releases what is due and marks streams, within a budget. True: the next
  /// turn goes on.
  bool turn(const log::View& view);

  /// Releases everything: the log has come to its end.
  void release_all(const log::View& view);
  /// The log was restarted: what was held back is not sent any more.
  void reset(const log::View& view);

  /// Sends the stream what it may have now. kCaughtUp: it has all that was released. kLeftBehind:
  /// what it may have begins before what the view holds.
  FeedResult feed(PacedSubscriber& stream, const log::View& view, BootTime now, Counts& counts,
                  SharedWrite& shared, Budget& budget);

  /// What is not in memory any more is sent to each stream of its own, in rounds that end where the
  /// others do. Both after kLeftBehind, in this order; `part` holds the stream's next event.
  static void begin_old_round(PacedSubscriber& stream, const log::View& view);
  static FeedResult feed_old(PacedSubscriber& stream, const log::View& part, BootTime now,
                             Counts& counts, SharedWrite& shared, Budget& budget);

  /// A stream that rests wants nothing before this event.
  wire::Sequence wanted_from(const PacedSubscriber& stream) const;

 private:
  /// Names a group. The filter is that of one of its streams.
  struct Key {
    std::chrono::nanoseconds interval{0};
    const Filter* filter = nullptr;
  };
  struct Less {
    bool operator()(const Key& a, const Key& b) const;
  };

  void collect(const log::View& view, Budget& budget);
  void visit(PacedGroup& group, wire::Sequence sequence, const log::StoredEvent& event,
             Budget& budget);
  void hold(PacedGroup& group, wire::Sequence first);
  void hurry(PacedGroup& group);
  bool hurry_old(const log::View& view, Budget& budget);
  bool release_due(Budget& budget);
  void release(PacedGroup& group, wire::Sequence first);
  void mark(Budget& budget);
  void set_timer();
  BootTime due_for(std::chrono::nanoseconds interval) const;
  static wire::EventId end_for(const PacedSubscriber& stream, const log::View& view);
  std::optional<FeedResult> begin_round(PacedSubscriber& stream, const wire::EventId& end,
                                        const log::View& view, BootTime now, Counts& counts,
                                        Budget& budget);

  net::Loop& loop_;
  log::EventLog& log_;
  Schedule& schedule_;

  std::map<Key, PacedGroup, Less> groups_;
  InterestOf<PacedGroup> interest_;   // of groups with a filter
  std::set<PacedGroup*> want_every_;  // groups without one that hold nothing back
  std::set<PacedGroup*> may_end_;     // groups that any event may end: no index finds them
  wire::EventId collected_;           // events up to this one were tested
  wire::Sequence newer_half_ = 0;     // where that of the log began, last turn
  bool has_old_ = false;              // something before that may be held back

  std::set<std::pair<BootTime, PacedGroup*>> due_;  // groups that hold something back
  std::map<std::uint64_t, PacedGroup*> marking_;    // groups whose streams are being marked
  std::uint64_t next_ticket_ = 1;
  std::optional<net::TimerId> timer_;  // at the first of due_, or before

  SharedRound round_;
};

}  // namespace sse::hub
