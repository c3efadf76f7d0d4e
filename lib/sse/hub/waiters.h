#pragma once

/// \file
/// Long polls: each waits for one event, then ends.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

#include "sse/base/budget.h"
#include "sse/base/identity.h"
#include "sse/base/ip_address.h"
#include "sse/base/later.h"
#include "sse/hub/filter.h"
#include "sse/log/search.h"
#include "sse/log/view.h"
#include "sse/net/loop.h"

namespace sse::hub {

/// One wait for an event.
struct Wait {
  wire::Sequence next = 1;               ///< the first event that was not tested yet
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
  /// The peer_group() of its address, which its searches take turns by.
  std::optional<IpAddress> peer = std::nullopt;
  /// Whose it is; null where no credentials are asked for.
  SharedIdentity identity = nullptr;
};

/// The waits of one loop. Each tests each event once, within the budget of a turn. The wait that
/// looked at the log longest ago comes first, so a turn visits only waits with new events. Those
/// that have more to search take turns by peer address, and those of one address among themselves:
/// many of one peer delay its own. They and the others are first in turn, so no search delays the
/// others by more than a turn. Loop-affine, but for count().
class Waiters {
 public:
  using Ticket = std::uint64_t;

  explicit Waiters(net::Loop& loop) : loop_(loop) {}

  /// `head`: of the log.
  Ticket add(Wait wait, wire::Sequence head);
  /// Calls `done` of one that still waits.
  void end(Ticket ticket);
  void end_all();
  /// Those of an identity that `is_over` says this of.
  void end_of(FunctionRef<bool(const Identity&)> is_over);

  /// New events may be there. True: there is more to test, in another turn.
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

  using Peer = std::optional<IpAddress>;

  /// The one whose search is next; null when none searches.
  List* next_searching();
  /// The waits that rest, when there is an event to test for the first of them; else null.
  List* next_resting(const log::View& view);
  /// Tests events for the first of `list`. True: it has ended.
  bool visit(List& list, const log::View& view, Budget& budget);
  log::NextWanted find(Waiter& waiter, const log::View& view, Budget& budget) const;
  bool has_work(const log::View& view) const;
  void move(List::iterator waiter, bool is_searching);
  /// Out of the list that it is in.
  List take_out(List::iterator waiter);
  void finish(List::iterator waiter);

  net::Loop& loop_;
  List resting_;  // by Wait::next: they tested everything before it
  // They have not come to the head yet; each address's in turn. Ordered: no peer can make a search
  // of it long. No list is empty.
  std::map<Peer, List> searching_;
  Peer searched_last_;
  bool searching_first_ = false;
  std::unordered_map<Ticket, List::iterator> by_ticket_;
  Ticket last_ticket_ = 0;
  std::atomic<std::size_t> count_ = 0;
};

}  // namespace sse::hub
