#pragma once

/// \file
/// A poll of the model: what it asks, and what its answer must hold.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "model/ask.h"
#include "model/life.h"
#include "model/start.h"

namespace sse::model {

struct PollAsk {
  Ask ask;
  std::size_t limit = 1000;
  std::chrono::milliseconds wait{0};

  std::string request() const;
};

/// An answer's body, its framing taken off, once it is there; `received` begins with the head.
std::optional<std::string> whole_body(std::string_view received);

struct PollVerdict {
  std::string fault;   ///< empty: the answer is right
  std::string cursor;  ///< where the next poll goes on
};

/// The answer to a poll that was handled as `handling` says: `when` ends when the answer was there.
PollVerdict judge_poll(const Life& life, const PollAsk& poll, const Handling& handling,
                       std::string_view body);

}  // namespace sse::model
