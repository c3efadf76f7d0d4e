#pragma once

#include <cstdint>

#include "sse/wire/event_id.h"

namespace sse::log {

/// A subscriber's place in the log: the next event it is to be sent, and how many bytes of that
/// event's block it already has (after a short write; 0 at an event boundary). A value.
struct Cursor {
  wire::Sequence next = 1;
  std::uint32_t sent = 0;

  bool at_boundary() const { return sent == 0; }
  friend bool operator==(const Cursor&, const Cursor&) = default;
};

}  // namespace sse::log
