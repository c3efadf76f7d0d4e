// In place of the journal, in a build without SQLite (SSE_SQLITE=OFF).

#include "sse/journal/durable_journal.h"

namespace sse::journal {

bool has_durable_journal() {
  return false;
}

std::unique_ptr<DurableJournal> make_durable_journal(const DurableOptions& /*options*/,
                                                     const Clock& /*clock*/,
                                                     RandomSource& /*random*/) {
  return nullptr;
}

}  // namespace sse::journal
