#pragma once

/// \file
/// Makes a plan that fails shorter.

#include <functional>

#include "model/plan.h"

namespace sse::model {

/// Takes steps out as long as `fails` holds, in ever smaller portions. Runs at most `most` plans.
Plan shrink(const Plan& plan, const std::function<bool(const Plan&)>& fails, int most);

}  // namespace sse::model
