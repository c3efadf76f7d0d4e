#pragma once

/// \file
/// The table `damage`: what earlier starts have told of events and answers that are damaged. The
/// damaged rows themselves stay where they are until retention removes them, so that `sse-serve
/// check` finds them.

#include <set>
#include <string>

#include "sse/base/export.h"
#include "sse/journal/database.h"

namespace sse::journal {

/// Damage that is reported once, and not at each start. Thread-compatible.
class SSE_EXPORT KeptDamage {
 public:
  static Try<KeptDamage> open(Database& database);

  /// Notes that this start has found this damage. Returns whether no earlier start has told it.
  bool note(const std::string& damage);

  /// Replaces what earlier starts have told with what this one has found. In a transaction of the
  /// caller's.
  Try<void> write() const;

 private:
  explicit KeptDamage(Database& database) : database_(&database) {}

  Database* database_;
  std::set<std::string> told_;
  std::set<std::string> found_;
};

}  // namespace sse::journal
