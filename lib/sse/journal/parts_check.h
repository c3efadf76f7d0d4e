#pragma once

/// \file
/// `sse-serve check`: whether the table `parts` says what the chunks hold.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sse/base/keyed_hash.h"
#include "sse/journal/kept_log.h"
#include "sse/journal/kept_parts.h"
#include "sse/journal/part_builder.h"
#include "sse/log/entry.h"

namespace sse::journal {

/// Takes each chunk, in order, and then their end. Thread-compatible.
class PartsCheck {
 public:
  using Complain = std::function<void(const std::string&)>;

  /// What is up to `tail` need not be in a part.
  PartsCheck(KeptParts& parts, wire::Sequence tail, Complain complain);

  /// `entries`: null when the chunk is damaged.
  Try<void> add(const ChunkRow& row, const std::vector<log::Entry>* entries);
  Try<void> end();

 private:
  Try<void> go_to(wire::Sequence first);
  Try<void> next_row();
  void compare();

  KeptParts& parts_;
  const wire::Sequence tail_;
  const Complain complain_;

  bool has_begun_ = false;
  std::int64_t next_key_ = 0;
  std::optional<PartRow> row_;   // that the next chunks are held against; none: no more rows
  wire::Sequence gap_told_ = 0;  // events up to there are in no part
  NewestOfPairs newest_{KeyedHash()};
  std::uint64_t bytes_ = 0;   // of the chunks of row_ so far
  wire::Sequence first_ = 0;  // of them; 0: none
  wire::Sequence last_ = 0;
  bool is_damaged_ = false;  // one of them
};

}  // namespace sse::journal
