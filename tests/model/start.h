#pragma once

/// \file
/// Where a stream or a poll must start, given what the hub says of it.

#include <optional>
#include <string>
#include <string_view>

#include "model/ask.h"
#include "model/life.h"

namespace sse::model {

/// A gap, as the hub tells it.
struct GapClaim {
  std::string requested;
  std::string oldest;
  std::optional<std::uint64_t> missed;
  std::string reason;
};

/// From the JSON of `sse.gap`, or of a poll's `gap`. Nullopt: it is not in the form of
/// docs/stream.md.
std::optional<GapClaim> read_gap(std::string_view json);

/// What comes first. An event before `least` must not come. One from `least` on, and before `most`,
/// may be there or have expired; from `most` on every wanted one must come.
struct FirstEvent {
  Sequence least = 1;
  Sequence most = 1;
  std::string fault;  ///< the claim is wrong
};

/// How exactly a claimed gap must count. A poll that waits, or that takes several turns, does not
/// count what it has looked at before it expired.
enum class Counting { kExact, kFromWhatWasSeen };

/// When a request was handled, and what was the newest event then.
struct Handling {
  Window when;
  Sequence head = 0;    ///< when the position was looked up
  Sequence newest = 0;  ///< when the gap was told: later, for a poll that waits
};

/// What `ask` leads to, when the hub claims `gap` (or none).
FirstEvent start_of(const Life& life, const Ask& ask, const Handling& handling,
                    const std::optional<GapClaim>& gap, Counting counting);

}  // namespace sse::model
