// In place of the journal of a cluster, in a build without hiredis (SSE_REDIS=OFF).

#include "sse/journal/cluster_journal.h"

namespace sse::journal {

bool has_cluster_journal() {
  return false;
}

Status check_cluster_files(const ClusterOptions& /*options*/) {
  return {};
}

std::unique_ptr<ClusterJournal> make_cluster_journal(const ClusterSettings& /*settings*/,
                                                     const Clock& /*clock*/,
                                                     RandomSource& /*random*/) {
  return nullptr;
}

}  // namespace sse::journal
