#pragma once

#include <optional>
#include <string>

#include "batch.h"
#include "commands.h"
#include "outlet.h"
#include "progress.h"
#include "rejects_file.h"
#include "tally.h"

namespace sse::pub {

/// Keeps account of what became of every record: counts, ids on stdout, complaints on stderr, bad
/// records in their file. Thread-compatible.
class Ledger {
 public:
  /// `rejects` may be null.
  Ledger(const Options& options, RejectsFile* rejects, Progress& progress)
      : options_(options), rejects_(rejects), progress_(progress) {}

  /// Goes on from what earlier runs have done.
  void start_from(const Tally& tally) { tally_ = at_start_ = tally; }

  /// Settles a batch of which each item has a result. Error: kIo when the bad records cannot be
  /// written, or stdout: then is_stdout_broken() says which.
  Status settle(const Batch& batch, const std::vector<client::ItemResult>& results);

  /// Says that the items from `first` on were not published.
  void report_lost(const Batch& batch, std::size_t first);

  const Tally& tally() const { return tally_; }
  const Tally& at_start() const { return at_start_; }
  bool is_stdout_broken() const { return is_stdout_broken_; }

 private:
  Status reject(const Batch& batch, const Place& place, const std::string& why);
  void complain(const Place& place, const std::string& why);
  std::string printed(const client::ItemResult& result) const;

  const Options& options_;
  RejectsFile* const rejects_;
  Progress& progress_;
  Tally tally_;
  Tally at_start_;
  std::uint64_t complaints_ = 0;
  bool is_stdout_broken_ = false;
};

}  // namespace sse::pub
