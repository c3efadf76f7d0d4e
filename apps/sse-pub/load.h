#pragma once

#include <memory>
#include <optional>

#include "batch_reader.h"
#include "commands.h"
#include "flight.h"
#include "journal.h"
#include "ledger.h"
#include "metric_ids.h"
#include "outlet.h"
#include "pacer.h"

namespace sse::pub {

/// `load`, `reading -l` and `event -l`: records from a file or a pipe, published in batches, in
/// order, one batch on its way while the next one is read. A bad record never holds the good ones
/// back. Thread-compatible.
class Load {
 public:
  /// What it works with; all of it outlives the load.
  struct Parts {
    int input = 0;
    Format& format;
    Outlet& outlet;
    Ledger& ledger;
    Journal& journal;
    RejectsFile* rejects;       ///< null: they are not kept
    client::Waiter& waiter;     ///< for --rate
    const ShellScript* script;  ///< null: no dry run
  };

  Load(const Session& session, const Parts& parts);

  /// Goes behind what earlier runs have published. kDone, or what has been said on stderr.
  cli::ExitCode go_on();

  /// To the end of the input, to a stop signal, or until publishing fails for good.
  cli::ExitCode run();

  /// Whether the input was read to its end, and all of it is settled.
  bool is_complete() const { return is_complete_; }

 private:
  using Got = BatchReader::Got;

  Got read_batches();
  bool give_up_metric(Batch& batch);
  void launch(Batch&& batch);
  void land();
  void decide(Flight& flight);
  void settle(const Batch& batch, const std::vector<client::ItemResult>& results);
  void lose(const Batch& batch, const Outcome& outcome);
  bool republish(const Batch& batch, std::vector<client::ItemResult>& results);
  bool goes_on_after(const client::PublishError& error) const;
  void check(const Status& status);
  void fail(const Error& error);
  cli::ExitCode exit_code(Got got);

  const Session& session_;
  const Parts parts_;
  std::unique_ptr<Flight> flight_;
  MetricIds ids_;
  Pacer pacer_;
  BatchReader reader_;
  std::optional<cli::ExitCode> worst_;  // something failed
  bool goes_on_ = true;
  bool is_complete_ = false;
};

}  // namespace sse::pub
