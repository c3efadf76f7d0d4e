#pragma once

/// \file
/// The part that new chunks are added to.

#include <cstdint>
#include <span>

#include "sse/base/export.h"
#include "sse/base/keyed_hash.h"
#include "sse/journal/kept_parts.h"
#include "sse/journal/newest_of_pairs.h"
#include "sse/log/entry.h"

namespace sse::journal {

/// Thread-compatible.
class SSE_EXPORT PartBuilder {
 public:
  /// A part is complete with so many bytes of chunks.
  PartBuilder(std::uint64_t part_bytes, const KeyedHash& hash)
      : part_bytes_(part_bytes), newest_(hash) {}

  bool empty() const { return extent_.last == 0; }
  const PartExtent& extent() const { return extent_; }

  /// Whether a chunk of so many events belongs to the next part.
  bool is_complete_before(std::size_t events) const;

  /// REQUIRES: they follow what is there.
  void add(std::span<const log::Entry> chunk, std::size_t bytes);

  /// The part; then the builder is empty.
  PartRow take();
  void clear();

  /// The part is this one again. Its pairs are not known unless it was this one all the time.
  void go_back_to(const PartExtent& extent);
  bool knows_pairs() const { return knows_pairs_; }
  /// What go_back_to() has forgotten, in order; to be called for each chunk of the part.
  void add_pairs(std::span<const log::Entry> chunk) { newest_.add(chunk); }

 private:
  std::uint64_t part_bytes_;
  PartExtent extent_;  // last is 0 while there is none
  NewestOfPairs newest_;
  bool knows_pairs_ = true;
};

}  // namespace sse::journal
