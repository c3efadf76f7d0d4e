#pragma once

#include <cstddef>
#include <memory>

#include "sse/base/budget.h"
#include "sse/base/export.h"
#include "sse/log/selection.h"

namespace sse::log {

/// A search that goes on as the log grows, and holds next to nothing while it rests: it asks its
/// selector about each of few new events, and makes a Selection for many. All searches of a process
/// together have kMostSelections: past that, the next one asks about each event, which takes longer
/// and no memory. Loop-affine (one user at a time).
class SSE_EXPORT Search {
 public:
  /// Bounds what searches hold, however many streams come back at once.
  static constexpr std::size_t kMostSelections = 1024;

  /// The selector must outlive it.
  explicit Search(const Selector& selector) : selector_(selector) {}

  /// As Selection::next().
  NextWanted next(const View& view, wire::Sequence from, Budget& budget);

  /// Asks the selector about one event of the view.
  bool wants(const View& view, wire::Sequence sequence, Budget& budget) const;

  /// It has come to the head: gives the memory back. next() goes on from any event.
  void rest() { selection_.reset(); }

  /// What it holds beside itself: at most Selection::kMostBytes, and nothing after rest().
  std::size_t bytes() const { return selection_ != nullptr ? selection_->bytes() : 0; }

 private:
  NextWanted ask_each(const View& view, wire::Sequence from, Budget& budget) const;

  struct Drop {
    SSE_EXPORT void operator()(Selection* selection) const;
  };
  using OwnedSelection = std::unique_ptr<Selection, Drop>;

  static OwnedSelection make_selection(const Selector& selector);

  const Selector& selector_;
  OwnedSelection selection_;
};

}  // namespace sse::log
