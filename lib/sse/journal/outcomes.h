#pragma once

/// \file
/// The outcomes of appends that were not kept, or that may not have been kept. Nothing here throws:
/// a text for which there is no memory is a short one, so that every append gets its answer.

#include <string>

#include "sse/base/later.h"
#include "sse/base/result.h"
#include "sse/journal/failure.h"
#include "sse/log/append.h"
#include "sse/log/journal_counts.h"

namespace sse::journal {

/// Fails every item that add() has not refused, whatever was judged of it.
void fail_all(log::Append& append, const Error& error) noexcept;

/// Calls what may throw and must not stop the rest, such as an append's own callback. An exception
/// is logged, and ends there.
void call_guarded(FunctionRef<void()> callback) noexcept;

/// A copy of `text`.
std::string copied(const std::string& text) noexcept;

/// Whether nothing more may be written after it.
bool is_final(const Failure& failure);

/// Of appends whose commit failed so.
Error outcome_of(const Failure& failure) noexcept;
/// Of appends after a final failure.
Error failed_refusal(const std::string& why) noexcept;
Error stopped_refusal() noexcept;  ///< the hub stopped before their commit began
Error too_late() noexcept;         ///< the time was over before their commit began
Error not_known() noexcept;        ///< the time was over during their commit

/// As what it is counted.
log::JournalFailure reason_of(const Failure& failure);

}  // namespace sse::journal
