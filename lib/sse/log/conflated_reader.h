#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "sse/base/budget.h"
#include "sse/base/export.h"
#include "sse/log/conflation.h"
#include "sse/log/event_pieces.h"
#include "sse/log/next_write.h"
#include "sse/log/search.h"
#include "sse/log/view.h"

namespace sse::log {

/// Reads the newest event of each (type, topic) pair: what next_conflated() finds from its cursor
/// to the event that gather() is given. An event that was begun is sent to its end, even when it is
/// no longer the newest. Loop-affine.
class SSE_EXPORT ConflatedReader {
 public:
  /// The end of a reader that conflates for ever.
  static constexpr wire::Sequence kNoEnd = wire::kMaxSequence;

  /// `selector`: null for everything. `announced`: see EventPieces. `end`: it reads up to this
  /// event; see is_over().
  ConflatedReader(std::unique_ptr<const Selector> selector, const Cursor& cursor,
                  wire::Sequence announced, wire::Sequence end = kNoEnd)
      : selector_(std::move(selector)), pieces_(cursor, announced, selector_.get()), end_(end) {
    if (selector_ != nullptr) search_.emplace(*selector_);
  }

  /// Null when everything is wanted.
  const Selector* selector() const { return selector_.get(); }

  /// The last event that it may read.
  wire::Sequence end() const { return end_; }
  /// It has read up to its end, and reads nothing more. False when the selector has ended it before
  /// (has_ended()).
  bool is_over() const { return cursor().next > end_ && !has_ended(); }
  /// REQUIRES: is_over(); nothing but cursor() and announced() is called after it.
  std::unique_ptr<const Selector> take_selector() {
    search_.reset();
    return std::move(selector_);
  }

  // As EventPieces.

  const Cursor& cursor() const { return pieces_.cursor(); }
  bool has_ended() const { return pieces_.has_ended(); }
  wire::Sequence announced() const { return pieces_.announced(); }
  void announce(wire::Sequence sequence) { pieces_.announce(sequence); }
  void skip_to(wire::Sequence next) { pieces_.skip_to(next); }
  void stand_at(const Cursor& cursor) { pieces_.stand_at(cursor); }

  /// See EventPieces::gather(). The search spends the budget; when that is spent, the write is cut.
  void gather(const View& view, wire::Sequence last, NextWrite& write, Budget& budget) {
    const wire::Sequence limit = std::min(last, end_);
    pieces_.gather(view, limit, write, selector_.get(), budget, [&](wire::Sequence from) {
      return next_conflated(view, from, limit, search(), budget);
    });
  }
  std::uint64_t consume(const NextWrite& write, std::size_t bytes) {
    return pieces_.consume(write, bytes);
  }

  /// It has come to the head: gives its memory back, until it searches again.
  void rest() {
    if (search_) search_->rest();
  }
  /// What its search holds beside it; see Search::bytes().
  std::size_t bytes() const { return search_ ? search_->bytes() : 0; }

 private:
  Search* search() { return search_ ? &*search_ : nullptr; }

  std::unique_ptr<const Selector> selector_;
  std::optional<Search> search_;
  EventPieces pieces_;
  const wire::Sequence end_;
};

}  // namespace sse::log
