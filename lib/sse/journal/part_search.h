#pragma once

/// \file
/// The parts of a log, as a start finds them: rows of `parts` where they are whole, and the chunks
/// themselves where they are not.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/journal/kept_log.h"
#include "sse/journal/kept_parts.h"
#include "sse/journal/part_builder.h"
#include "sse/log/entry.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// Parts that follow each other densely, from a tail to the head. Thread-compatible.
class SSE_EXPORT PartSearch {
 public:
  /// What comes after `tail`, up to `head`, is looked for. `report` gets the chunks that are
  /// damaged.
  PartSearch(KeptLog& log, wire::Sequence tail, wire::Sequence head,
             std::function<void(const std::string&)> report);

  /// Goes on, until everything is found or some tens of MiB of chunks were read. Writes rows that
  /// were not there, and deletes those that are wrong. Whether everything is found. In a
  /// transaction of the caller's; when that fails the search is over.
  Try<bool> go_on();

  /// The first event that was not found yet.
  wire::Sequence next() const { return next_; }

  // What was found.

  /// What is up to it is of no use: damage has moved it.
  wire::Sequence tail() const { return tail_; }
  /// Complete parts, oldest first. The first may begin before the tail.
  std::vector<PartExtent> take_parts() { return std::move(parts_); }
  /// The part of the newest chunks, which has no row.
  PartBuilder take_open() { return std::move(open_); }

 private:
  Try<void> read_rows();
  Try<bool> take_row();
  Try<void> read_chunks();
  bool has_row_at(wire::Sequence sequence) const { return rows_.contains(sequence); }
  Try<void> add(std::span<const log::Entry> entries, std::size_t bytes);
  Try<void> write_open();
  void lose(wire::Sequence next);
  Try<void> forget_wrong_rows();

  KeptLog& log_;
  wire::Sequence tail_;
  const wire::Sequence head_;
  const std::function<void(const std::string&)> report_;

  bool has_rows_ = false;
  std::map<wire::Sequence, PartExtent> rows_;  // whole ones that were not taken
  std::set<std::int64_t> wrong_rows_;          // keys

  wire::Sequence next_;
  bool is_first_ = true;    // a part may have begun before next_
  bool is_broken_ = false;  // next_ is not known: damage is before it
  std::vector<PartExtent> parts_;
  PartBuilder open_;
  std::uint64_t bytes_ = 0;  // of chunks, in this step
};

}  // namespace sse::journal
