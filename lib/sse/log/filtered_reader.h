#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "sse/base/budget.h"
#include "sse/base/export.h"
#include "sse/log/event_pieces.h"
#include "sse/log/next_write.h"
#include "sse/log/search.h"
#include "sse/log/view.h"

namespace sse::log {

/// Reads the events of the log that a selector wants. Loop-affine.
class SSE_EXPORT FilteredReader {
 public:
  /// `announced`: see EventPieces.
  FilteredReader(std::unique_ptr<const Selector> selector, const Cursor& cursor,
                 wire::Sequence announced)
      : selector_(std::move(selector)),
        search_(*selector_),
        pieces_(cursor, announced, selector_.get()) {}

  const Selector& selector() const { return *selector_; }

  // As EventPieces.

  const Cursor& cursor() const { return pieces_.cursor(); }
  wire::Sequence announced() const { return pieces_.announced(); }
  void announce(wire::Sequence sequence) { pieces_.announce(sequence); }
  void skip_to(wire::Sequence next) { pieces_.skip_to(next); }
  bool has_ended() const { return pieces_.has_ended(); }

  /// See EventPieces::gather(). What the search takes is spent, and cuts the write.
  void gather(const View& view, wire::Sequence last, NextWrite& write, Budget& budget) {
    pieces_.gather(view, last, write, selector_.get(), budget,
                   [&](wire::Sequence from) { return search_.next(view, from, budget); });
  }
  std::uint64_t consume(const NextWrite& write, std::size_t bytes) {
    return pieces_.consume(write, bytes);
  }

  /// It has come to the head: gives its memory back, until it searches again.
  void rest() { search_.rest(); }

  /// What its search holds beside it; see Search::bytes().
  std::size_t bytes() const { return search_.bytes(); }

 private:
  const std::unique_ptr<const Selector> selector_;
  Search search_;
  EventPieces pieces_;
};

}  // namespace sse::log
