#pragma once

/// \file
/// Those who wait for one event, and are no stream: long-polling.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>

#include "sse/hub/filter.h"
#include "sse/log/selection.h"
#include "sse/log/view.h"
#include "sse/net/loop.h"

namespace sse::hub {

/// What somebody waits for.
struct Wait {
  wire::Sequence next = 1;               ///< the first event that was not looked at yet
  std::shared_ptr<const Filter> filter;  ///< null: any event will do
  std::chrono::nanoseconds longest{0};
  /// Called once, on the loop, when there is such an event, when the time is over, or when somebody
  /// says so; destroyed uncalled with the hub. Nothing before `next` is wanted. Must not block, nor
  /// wait anew.
  std::function<void(wire::Sequence next)> done;
};

/// The waiting of one loop. Each event is looked at once for each of them; the one who was looked
/// at longest ago stands first, so that a turn looks at no more than are behind. Loop-affine, but
/// for count().
class Waiters {
 public:
  using Ticket = std::uint64_t;

  explicit Waiters(net::Loop& loop) : loop_(loop) {}

  Ticket add(Wait wait);
  /// Calls `done` of one that still waits.
  void end(Ticket ticket);
  void end_all();

  /// New events may be there. True: there is more to look at, in another turn.
  bool look(const log::View& view);

  /// How many wait. From any thread.
  std::size_t count() const { return count_.load(std::memory_order_seq_cst); }

 private:
  struct Waiter {
    explicit Waiter(Wait what);

    Wait wait;
    std::unique_ptr<log::Selection> selection;  // null: any event will do
    Ticket ticket = 0;
    net::TimerId timer;
  };
  using List = std::list<Waiter>;

  bool is_wanted(Waiter& waiter, const log::View& view) const;
  void finish(List::iterator waiter);

  net::Loop& loop_;
  List waiters_;  // by Wait::next
  std::unordered_map<Ticket, List::iterator> by_ticket_;
  Ticket last_ticket_ = 0;
  std::atomic<std::size_t> count_ = 0;
};

}  // namespace sse::hub
