#pragma once

/// \file
/// What appends are told that were not kept, or of which that is not known.

#include <string>

#include "sse/base/result.h"
#include "sse/journal/failure.h"
#include "sse/log/append.h"
#include "sse/log/journal_counts.h"

namespace sse::journal {

/// Fails every item, whatever was judged of it: but for those that were refused before.
void fail_all(log::Append& append, const Error& error);

/// Whether nothing more may be written after it.
bool is_final(const Failure& failure);

/// Of appends whose commit failed so.
Error outcome_of(const Failure& failure);
/// Of appends after a final failure.
Error failed_refusal(const std::string& why);
Error stopped_refusal();  ///< the hub stopped before it looked at them
Error too_late();         ///< the time was over before it looked at them
Error not_known();        ///< the time was over while they were being committed

/// As what it is counted.
log::JournalFailure reason_of(const Failure& failure);

}  // namespace sse::journal
