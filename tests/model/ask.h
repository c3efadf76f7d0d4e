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
  bool id_in_header = false;
  RequestForm form = RequestForm::kHttp11;

  /// Of `/events/watch`, or of `/events`; `more`: parameters of its own, each behind an `&`.
  std::string request(std::string_view path, std::string_view more = {}) const;
};

}  // namespace sse::model
