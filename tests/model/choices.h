#pragma once

/// \file
/// What a reader or a poller asks for, by the dice.

#include <chrono>
#include <deque>

#include "model/ask.h"
#include "model/life.h"
#include "model/plan.h"

namespace sse::model {

/// `lives`: of the hub and of those before it, the last one is its own. `wall`: the time of day, in
/// Unix time.
Ask choose_ask(Dice& dice, const std::deque<Life>& lives, std::chrono::milliseconds wall);

}  // namespace sse::model
