#pragma once

#include "sse/base/budget.h"
#include "sse/base/export.h"
#include "sse/log/search.h"
#include "sse/log/view.h"

namespace sse::log {

/// Finds conflated(c, h]: of each (type, topic) pair that is wanted, the newest event after c and
/// up to h. A pair that has a newer event after h is left out: it comes when the reader gets past
/// h. Returns the first such event of [from, last], or kNothing at last + 1; else as
/// Selection::next(). `search`: null when everything is wanted. REQUIRES: last <= view.head().
SSE_EXPORT NextWanted next_conflated(const View& view, wire::Sequence from, wire::Sequence last,
                                     Search* search, Budget& budget);

}  // namespace sse::log
