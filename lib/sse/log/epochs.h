#pragma once

/// \file
/// The epochs that a log has had, and which sequences each of them gave out.

#include <cstddef>
#include <optional>
#include <vector>

#include "sse/base/export.h"
#include "sse/wire/event_id.h"

namespace sse::log {

/// The newest kMost are known. Immutable once a View has it. Thread-compatible.
class SSE_EXPORT Epochs {
 public:
  static constexpr std::size_t kMost = 64;

  /// From the sequence `first` on, ids have this epoch; what other epochs gave out from there on is
  /// lost. A log that begins again at its origin is another one: what it was is forgotten.
  void begin(wire::Epoch epoch, wire::Sequence first);

  bool knows(wire::Epoch epoch) const;

  /// The epoch that gave out this sequence, or will; nullopt where it is not known any more.
  std::optional<wire::Epoch> of(wire::Sequence sequence) const;

  /// Whether this epoch gave out this sequence, in a log whose newest is `head`: also 0, the origin
  /// that subscribers of a log without events were sent.
  bool covers(wire::Epoch epoch, wire::Sequence sequence, wire::Sequence head) const;

 private:
  struct Range {
    wire::Epoch epoch;
    wire::Sequence first;
    wire::Sequence end;  // past its last; may be `first`, when all of them are lost
  };
  std::vector<Range> ranges_;  // in the order in which they began
};

}  // namespace sse::log
