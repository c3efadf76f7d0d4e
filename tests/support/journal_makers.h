#pragma once

/// \file
/// Journals that the contract is asked of, in addition to those that tests always have: each is in
/// a file of its own, which is built only where the journal is.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "sse/base/clock.h"
#include "sse/log/journal.h"
#include "sse/log/row_ledger.h"

namespace sse::test {

using JournalMaker =
    std::function<std::unique_ptr<log::Journal>(const Clock&, const log::RowLimits&)>;

inline std::map<std::string, JournalMaker>& journal_makers() {
  static std::map<std::string, JournalMaker> makers;
  return makers;
}

}  // namespace sse::test
