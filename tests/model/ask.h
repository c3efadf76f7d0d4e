#pragma once

/// \file
/// What a subscriber of the model asks for.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/life.h"

namespace sse::model {

/// Where to start.
struct Position {
  enum class Kind { kLatest, kEarliest, kLast, kTime, kAfter };

  Kind kind = Kind::kLatest;
  std::uint64_t events = 0;           ///< kLast: this many
  std::chrono::milliseconds time{0};  ///< kTime: of that millisecond or later
  std::string id;                     ///< kAfter: behind it
};

enum class RequestForm { kHttp11, kHttp10 };

/// A stream, or a poll.
struct Ask {
  Position position;
  Filter filter;
  bool events_only = false;  ///< ids=events
  bool each = false;         ///< since=each, with the position of a last event id or without one
  Time every{0};             ///< not 0: every=
  std::string until;         ///< until_type=, a glob; empty: none
  bool id_in_header = false;
  RequestForm form = RequestForm::kHttp11;

  /// What passes: the type that ends it does, whatever other types are filtered.
  Filter passing() const;
  /// Whether an event that passes is the last one.
  bool ends_at(const Event& event) const { return !until.empty() && fits_glob(until, event.type); }
  /// A last event id that says that it was read to its end.
  bool is_done() const { return position.id.ends_with("/done"); }

  /// Of `/events/watch`, or of `/events`; `more`: parameters of its own, each behind an `&`.
  std::string request(std::string_view path, std::string_view more = {}) const;
};

}  // namespace sse::model
