#pragma once

/// \file
/// What a journal knows of the names in a part of the log.

#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/keyed_hash.h"
#include "sse/log/entry.h"
#include "sse/log/part.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// The newest event of each pair of type and topic. Thread-compatible.
class SSE_EXPORT NewestOfPairs {
 public:
  explicit NewestOfPairs(const KeyedHash& hash) : by_pair_(0, hash) {}

  void add(std::span<const log::Entry> entries);
  void clear() { by_pair_.clear(); }
  /// What was added is of no use any more. Pairs tend to come again, so their names stay.
  void forget();

  /// Those of this sequence or a higher one, by sequence.
  std::vector<log::NewestInPart> in_order(wire::Sequence first) const;

 private:
  // By u16 size of the type | type | topic.
  std::unordered_map<std::string, wire::Sequence, KeyedHash, std::equal_to<>> by_pair_;
  std::string key_;
};

}  // namespace sse::journal
