#pragma once

/// \file
/// History that is kept by a journal and not in memory: parts, which are read one at a time.

#include <chrono>
#include <cstdint>
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

/// How much is known of the types and topics of a part.
enum class KnownNames : std::uint8_t {
  kAll,
  kPairs,  ///< of each pair that no later part has
  kNone,   ///< any event may be the newest of its pair
};

/// A run of events that a journal keeps, as its start has read it back: what is known of it without
/// reading it. Parts follow each other densely.
struct KeptPart {
  wire::EventId first;  ///< its first event that is kept
  wire::Sequence last = 0;
  std::vector<NewestInPart> newest;  ///< of each pair, by sequence
  KnownNames known = KnownNames::kAll;
};

/// All that a journal keeps up to a place in its order, and that is not given to the log.
struct KeptHistory {
  std::optional<Tail> tail = {};     ///< where it begins; nullopt: with the first part
  std::vector<KeptPart> parts = {};  ///< oldest first; empty: there is nothing
};

}  // namespace sse::log
