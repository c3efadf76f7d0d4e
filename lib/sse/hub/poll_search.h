#pragma once

/// \file
/// The search of one poll: a little at once, the rest among the waiters.

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/ip_address.h"
#include "sse/hub/filter.h"
#include "sse/hub/waiters.h"
#include "sse/log/search.h"
#include "sse/log/view.h"

namespace sse::net {
class Loop;
}

namespace sse::hub {

class Hub;

/// Finds what a filter wants without holding its loop up. It holds what Search::bytes() says.
/// Loop-affine.
class SSE_EXPORT PollSearch {
 public:
  /// `filter` may be null: every event is wanted. `peer`: as in Wait.
  PollSearch(Hub& hub, net::Loop& loop, std::shared_ptr<const Filter> filter,
             const std::optional<IpAddress>& peer);
  /// Ends what goes on in later turns.
  ~PollSearch();
  PollSearch(const PollSearch&) = delete;
  PollSearch& operator=(const PollSearch&) = delete;

  /// As log::Search::next(), with a small part of what the turn may still do.
  log::NextWanted next(const log::View& view, wire::Sequence from);
  /// The same for log::next_conflated().
  log::NextWanted next_conflated(const log::View& view, wire::Sequence from, wire::Sequence last);

  /// Goes on in later turns, in turn with the other waiters, until the event `last`. `done` is
  /// called then, once, not inside this call; it may be early: next() says whether to go on. Only
  /// when none is going on.
  void next_later(wire::Sequence from, wire::Sequence last,
                  std::function<void(wire::Sequence next)> done);

  /// The part of the history that holds an archived event, when it is at hand: next() searches it
  /// as it does a view. REQUIRES: view.is_archived(next).
  std::optional<log::View> find_part(const log::View& view, wire::Sequence next) const;
  /// The next archived event that may be wanted, or the first in memory, without reading what is
  /// before it. Spends what it takes. REQUIRES: the same.
  wire::Sequence next_archived(const log::View& view, wire::Sequence next) const;
  /// Has that part read; `done` is called then, once, on any thread. REQUIRES: can_load().
  void load_part(const log::View& view, wire::Sequence next, std::function<void()> done) const;
  /// False once the hub drains: its journal reads no more.
  bool can_load() const;
  /// As next_later(), for a search of a part: the caller searches on in the next turn.
  void part_later(std::function<void()> done) const;

  /// Whether a wanted event of this type is the last one that is wanted. Spends what it takes.
  bool ends(std::string_view type);
  /// False when ends() is false for every type.
  bool may_end() const { return filter_ != nullptr && filter_->may_end(); }

  /// What it has found out, for a Wait that goes on with it; null without a filter.
  const std::shared_ptr<log::Search>& search() const { return search_; }

 private:
  template <typename Search>
  log::NextWanted search_a_little(Search search);

  Hub& hub_;
  net::Loop& loop_;
  const std::shared_ptr<const Filter> filter_;
  const std::optional<IpAddress> peer_;
  const std::shared_ptr<log::Search> search_;
  std::shared_ptr<std::optional<Waiters::Ticket>> ticket_;  // while it goes on in later turns
};

}  // namespace sse::hub
