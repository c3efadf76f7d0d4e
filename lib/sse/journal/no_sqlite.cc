// In place of the journal, in a build without SQLite (SSE_SQLITE=OFF).

#include "sse/journal/durable_journal.h"

namespace sse::journal {

bool has_durable_journal() {
  return false;
}

Result<std::unique_ptr<DurableJournal>> open_durable_journal(const DurableOptions& options,
                                                             const Clock& /*clock*/,
                                                             RandomSource& /*random*/) {
  return Error{ErrorCode::kNotFound,
               "cannot keep history in " + options.journal.directory +
                   ": this program was built without SQLite (SSE_SQLITE=OFF)"};
}

}  // namespace sse::journal
