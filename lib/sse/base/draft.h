#pragma once

/// \file
/// Many items that are published together, put together over as many turns as it takes.

#include <cstddef>
#include <cstdint>
#include <functional>

#include "sse/base/later.h"
#include "sse/base/result.h"
#include "sse/base/uuid.h"

namespace sse {

/// Gets the outcome of one item of a draft: the id that the item has, or why it was not published.
/// `slot`: the number that it was added under.
using TakeOutcome = FunctionRef<void(std::size_t slot, Result<Uuid> outcome)>;

/// Tells the outcomes of all items of a draft, during the call.
using Outcomes = FunctionRef<void(TakeOutcome take)>;

/// For outcomes that come later.
using LaterOutcomes = LaterCall<std::function<void(const Outcomes&)>, Outcomes>;

/// Items are checked and encoded one by one when they are added; publishing them takes no time that
/// grows with their number where the outcomes come later. Thread-compatible.
class Draft {
 public:
  virtual ~Draft() = default;

  /// Makes room: adding so many items moves none of those before them.
  virtual void reserve(std::size_t items) = 0;

  /// Items that were added and not published yet.
  virtual std::size_t size() const = 0;
  /// It holds as much as is published under one hold of a lock: more would only wait in memory.
  virtual bool is_slice() const = 0;

  /// Whether outcomes never come later. Where they do, all items are published or none, and the
  /// draft must have all of them before publish().
  virtual bool answers_at_once() const = 0;

  enum class Answered : std::uint8_t { kNow, kLater };
  /// Publishes what was added. kNow: `take` got the outcomes, and the draft is empty again. kLater:
  /// what `later` made gets them. Error: none was published, each for this reason; nothing may be
  /// added any more.
  virtual Result<Answered> publish(TakeOutcome take, LaterOutcomes later) = 0;
};

}  // namespace sse
