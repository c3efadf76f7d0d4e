// In place of the journal, in a build without SQLite (SSE_SQLITE=OFF).

#include "sse/journal/directory_check.h"
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

Try<CheckReport> check_directory(const std::string& path) {
  return Failure{FailureKind::kRefused,
                 "cannot read " + path + ": this build has no SQLite (SSE_SQLITE=OFF)"};
}

}  // namespace sse::journal
