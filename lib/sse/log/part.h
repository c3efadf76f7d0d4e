#pragma once

/// \file
/// History that is kept by a journal and not in memory: parts, which are read one at a time.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sse/wire/event_id.h"

namespace sse::log {

/// Where what is kept begins.
struct Tail {
  wire::EventId oldest;                           ///< the first event that is kept
  std::optional<std::chrono::milliseconds> gone;  ///< time in the id of the newest one that is not
};

/// The newest event of a (type, topic) pair in a part.
struct NewestInPart {
  wire::Sequence sequence = 0;
  std::string type;
  std::string topic;

  friend bool operator==(const NewestInPart&, const NewestInPart&) = default;
};

/// A run of events that a journal keeps, as its start has read it back: what is known of it without
/// reading it. Parts follow each other densely.
struct KeptPart {
  wire::EventId first;  ///< its first event that is kept
  wire::Sequence last = 0;
  std::vector<NewestInPart> newest;  ///< of each pair, by sequence
};

}  // namespace sse::log
