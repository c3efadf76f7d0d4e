#pragma once

/// \file
/// A subscriber's way through the log: a WholeReader, a FilteredReader, or a ConflatedReader.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <variant>

#include "sse/base/budget.h"
#include "sse/base/export.h"
#include "sse/log/conflated_reader.h"
#include "sse/log/filtered_reader.h"
#include "sse/log/whole_reader.h"

namespace sse::log {

/// One of the three: for each write it gathers pieces of a View, and consumes those that were
/// taken. Reading all of the log takes 24 bytes; what the others take beside is kept apart. A
/// conflated one that is over goes on as one of the others. Loop-affine.
///
///     NextWrite write(share);
///     reader.gather(view, view.head(), write, budget);
///     const auto taken = socket.write(write.pieces()).bytes;
///     reader.consume(view, write, taken);
class SSE_EXPORT Reader {
 public:
  explicit Reader(const Cursor& cursor) : kind_(WholeReader(cursor)) {}
  /// See FilteredReader.
  Reader(std::unique_ptr<const Selector> selector, const Cursor& cursor, wire::Sequence announced)
      : kind_(std::make_unique<FilteredReader>(std::move(selector), cursor, announced)) {}
  explicit Reader(std::unique_ptr<ConflatedReader> conflated) : kind_(std::move(conflated)) {}

  const Cursor& cursor() const {
    if (is_whole()) return whole().cursor();
    return is_filtered() ? filtered().cursor() : conflated().cursor();
  }
  /// Null when everything is wanted.
  const Selector* selector() const {
    if (is_whole()) return nullptr;
    return is_filtered() ? &filtered().selector() : conflated().selector();
  }

  /// See EventPieces. Never true when everything is read.
  bool has_ended() const {
    if (is_whole()) return false;
    return is_filtered() ? filtered().has_ended() : conflated().has_ended();
  }

  /// The event whose id the peer knows last: what it was sent, or told with announce().
  wire::Sequence announced() const {
    if (is_whole()) return whole().cursor().next - 1;
    return is_filtered() ? filtered().announced() : conflated().announced();
  }
  void announce(wire::Sequence sequence) {
    if (is_whole()) return;
    is_filtered() ? filtered().announce(sequence) : conflated().announce(sequence);
  }

  /// See WholeReader, FilteredReader and ConflatedReader. Reading everything takes nothing from the
  /// budget, and is not cut. After an empty write that was not cut, the reader may have more before
  /// `last` all the same when it was a conflated one: see cursor().
  void gather(const View& view, wire::Sequence last, NextWrite& write, Budget& budget) {
    if (is_whole()) return whole().gather(view, last, write);
    if (is_filtered()) return filtered().gather(view, last, write, budget);
    conflated().gather(view, last, write, budget);
  }
  std::uint64_t consume(const View& view, const NextWrite& write, std::size_t bytes) {
    if (is_whole()) return whole().consume(view, bytes);
    if (is_filtered()) return filtered().consume(write, bytes);
    return consume_conflated(write, bytes);
  }

  /// Nothing before `next` is wanted. Not when everything is read; only at a boundary.
  void skip_to(wire::Sequence next) {
    if (is_whole()) return;
    is_filtered() ? filtered().skip_to(next) : conflated().skip_to(next);
  }
  /// It begins at `next`: nothing before it is wanted. Before anything is gathered.
  void begin_at(wire::Sequence next) {
    if (is_whole()) return whole().begin_at(next);
    skip_to(next);
  }
  /// Up to this event it reads the newest of each pair alone; 0: it reads all that is wanted.
  wire::Sequence conflated_to() const { return is_conflated() ? conflated().end() : 0; }
  /// It was sent everything before `cursor` in another way. Only a conflated one.
  void stand_at(const Cursor& cursor) {
    if (is_conflated()) conflated().stand_at(cursor);
  }
  /// It has come to the head: gives memory back.
  void rest() {
    if (is_whole()) return;
    is_filtered() ? filtered().rest() : conflated().rest();
  }

  /// Bytes that its search holds now; see Search::bytes().
  std::size_t bytes() const {
    if (is_whole()) return 0;
    return is_filtered() ? filtered().bytes() : conflated().bytes();
  }

  bool is_conflated() const { return kind_.index() == 2; }
  /// Null unless it reads everything.
  WholeReader* whole_reader() { return std::get_if<WholeReader>(&kind_); }

 private:
  using Filtered = std::unique_ptr<FilteredReader>;
  using Conflated = std::unique_ptr<ConflatedReader>;

  bool is_whole() const { return kind_.index() == 0; }
  bool is_filtered() const { return kind_.index() == 1; }
  const WholeReader& whole() const { return *std::get_if<WholeReader>(&kind_); }
  WholeReader& whole() { return *std::get_if<WholeReader>(&kind_); }
  const FilteredReader& filtered() const { return **std::get_if<Filtered>(&kind_); }
  FilteredReader& filtered() { return **std::get_if<Filtered>(&kind_); }
  const ConflatedReader& conflated() const { return **std::get_if<Conflated>(&kind_); }
  ConflatedReader& conflated() { return **std::get_if<Conflated>(&kind_); }

  std::uint64_t consume_conflated(const NextWrite& write, std::size_t bytes);

  std::variant<WholeReader, Filtered, Conflated> kind_;
};

}  // namespace sse::log
