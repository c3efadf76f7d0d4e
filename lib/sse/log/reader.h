#pragma once

/// \file
/// A subscriber's way through the log: a WholeReader, or a FilteredReader.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <variant>

#include "sse/base/budget.h"
#include "sse/log/filtered_reader.h"
#include "sse/log/whole_reader.h"

namespace sse::log {

/// One of the two: for each write it gathers pieces of a View, and consumes those that were taken.
/// Reading all of the log takes 24 bytes; what a filter takes beside is kept apart. Loop-affine.
///
///     NextWrite write(share);
///     reader.gather(view, view.head(), write, budget);
///     const auto taken = socket.write(write.pieces()).bytes;
///     reader.consume(view, write, taken);
class Reader {
 public:
  explicit Reader(const Cursor& cursor) : kind_(WholeReader(cursor)) {}
  /// See FilteredReader.
  Reader(std::unique_ptr<const Selector> selector, const Cursor& cursor, wire::Sequence announced)
      : kind_(std::make_unique<FilteredReader>(std::move(selector), cursor, announced)) {}

  const Cursor& cursor() const { return is_whole() ? whole().cursor() : filtered().cursor(); }
  /// Null when everything is read.
  const Selector* selector() const { return is_whole() ? nullptr : &filtered().selector(); }

  /// See FilteredReader. Never true when everything is read.
  bool has_ended() const { return !is_whole() && filtered().has_ended(); }

  /// The event whose id the peer knows last: what it was sent, or told with announce().
  wire::Sequence announced() const {
    return is_whole() ? whole().cursor().next - 1 : filtered().announced();
  }
  void announce(wire::Sequence sequence) {
    if (!is_whole()) filtered().announce(sequence);
  }

  /// See WholeReader and FilteredReader. Only a filter takes something from the budget, and only
  /// then the write can be cut.
  void gather(const View& view, wire::Sequence last, NextWrite& write, Budget& budget) {
    if (is_whole()) {
      whole().gather(view, last, write);
    } else {
      filtered().gather(view, last, write, budget);
    }
  }
  std::uint64_t consume(const View& view, const NextWrite& write, std::size_t bytes) {
    return is_whole() ? whole().consume(view, bytes) : filtered().consume(write, bytes);
  }

  /// Nothing before `next` is wanted. Only with a filter, and at a boundary.
  void skip_to(wire::Sequence next) {
    if (!is_whole()) filtered().skip_to(next);
  }
  /// It has come to the head: gives memory back.
  void rest() {
    if (!is_whole()) filtered().rest();
  }

  /// Bytes that its search holds now; see Search::bytes().
  std::size_t bytes() const { return is_whole() ? 0 : filtered().bytes(); }

 private:
  using Filtered = std::unique_ptr<FilteredReader>;

  bool is_whole() const { return kind_.index() == 0; }
  const WholeReader& whole() const { return *std::get_if<WholeReader>(&kind_); }
  WholeReader& whole() { return *std::get_if<WholeReader>(&kind_); }
  const FilteredReader& filtered() const { return **std::get_if<Filtered>(&kind_); }
  FilteredReader& filtered() { return **std::get_if<Filtered>(&kind_); }

  std::variant<WholeReader, Filtered> kind_;
};

}  // namespace sse::log
