#pragma once

/// \file
/// Long polls: each waits for one event, then ends.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>

#include "sse/base/budget.h"
#include "sse/hub/filter.h"
#include "sse/log/search.h"
#include "sse/log/view.h"
#include "sse/net/loop.h"

namespace sse::hub {

/// One wait for an event.
struct Wait {
  wire::Sequence next = 1;               ///< the first event that was not looked at yet
  std::shared_ptr<const Filter> filter;  ///< null: any event will do
  std::chrono::nanoseconds longest{0};
  /// Called once, on the loop: when there is such an event, when all events up to `last` were
  /// looked at, when the time is over, or when the wait is ended. Destroyed uncalled with the hub.
  /// No event before `next` is wanted. Must not block, nor wait again within the call.
  std::function<void(wire::Sequence next)> done;
  /// Only for events up to this one, which may be there already.
  std::optional<wire::Sequence> last = std::nullopt;
  /// With `filter`, and on its loop: a search that has begun and is to be gone on with.
  std::shared_ptr<log::Search> search = nullptr;
};

/// The waits of one loop. Each looks at each event once, within the budget of a turn. The wait that
/// looked at the log longest ago comes first, so a turn visits only waits with new events. One that
/// has more to search stands in a queue of its own. The queue and the others are first in turn, so
/// no search delays the others by more than a turn. Loop-affine, but for count().
class Waiters {
 public:
  using Ticket = std::uint64_t;

  explicit Waiters(net::Loop& loop) : loop_(loop) {}

  /// `head`: of the log.
  Ticket add(Wait wait, wire::Sequence head);
  /// Calls `done` of one that still waits.
  void end(Ticket ticket);
  void end_all();

  /// New events may be there. True: there is more to look at, in another turn.
  bool look(const log::View& view, Budget& budget);

  /// How many wait. From any thread.
  std::size_t count() const { return count_.load(std::memory_order_seq_cst); }

 private:
  struct Waiter {
    explicit Waiter(Wait what);

    Wait wait;
    bool is_searching = false;  // the list that it is in
    Ticket ticket = 0;
    net::TimerId timer;
  };
  using List = std::list<Waiter>;

  void look(List& list, const log::View& view, Budget& budget, std::size_t& may_end);
  log::NextWanted find(Waiter& waiter, const log::View& view, Budget& budget) const;
  bool has_work(const log::View& view) const;
  void finish(List::iterator waiter);

  net::Loop& loop_;
  List resting_;    // by Wait::next: they looked at everything before it
  List searching_;  // they have not come to the head yet; in turn
  bool searching_first_ = false;
  std::unordered_map<Ticket, List::iterator> by_ticket_;
  Ticket last_ticket_ = 0;
  std::atomic<std::size_t> count_ = 0;
};

}  // namespace sse::hub
