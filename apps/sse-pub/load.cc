#include "load.h"

#include <map>
#include <utility>

#include "sse/base/logging.h"

namespace sse::pub {
namespace {

using client::ItemResult;
using client::PublishError;

bool is_bulk(const Options& options) {
  return options.command == Command::kLoad;
}

BatchReader::Limits limits_of(const Options& options, const Pacer& pacer) {
  const BatchSize size = options.batch.value_or(is_bulk(options) ? kBulkBatch : kLineBatch);
  return {pacer.most_at_once(size.most), size.longest};
}

cli::ExitCode exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kIo:
      return cli::ExitCode::kCannotCreate;
    case ErrorCode::kInvalid:
      return cli::ExitCode::kBadInput;
    default:
      return cli::ExitCode::kConfig;
  }
}

}  // namespace

Load::Load(const Session& session, const Parts& parts)
    : session_(session),
      parts_(parts),
      ids_(session.client, session.options.create, parts.script, session.clock,
           [this] {
             if (flight_) flight_->land();
           }),
      pacer_(session.options.rate, session.clock, parts.waiter),
      reader_(parts.input, session.signals.fd(), parts.format, ids_,
              limits_of(session.options, pacer_), session.clock) {
}

cli::ExitCode Load::go_on() {
  Journal& journal = parts_.journal;
  parts_.ledger.start_from(journal.tally());
  const bool is_there =
      reader_.skip(journal.done(), [&](std::string_view bytes) { journal.pass(bytes); });
  if (!is_there && session_.signals.received() != 0) return cli::ExitCode::kDone;
  check(journal.check_passed());
  if (const auto end = journal.sent_end()) reader_.end_batch_at(*end);
  return worst_.value_or(cli::ExitCode::kDone);
}

cli::ExitCode Load::run() {
  const Got got = read_batches();
  land();
  is_complete_ = got == Got::kEnd && goes_on_;
  check(parts_.journal.finish(parts_.rejects));
  return exit_code(got);
}

BatchReader::Got Load::read_batches() {
  Batch batch;
  for (;;) {
    const Got got = reader_.gather(batch, flight_ ? flight_->landed_fd() : -1);
    if (got == Got::kWoken) {
      land();
      if (goes_on_) continue;
    }
    if (got == Got::kNoMetric && give_up_metric(batch)) continue;
    if (!batch.is_empty()) launch(std::exchange(batch, {}));
    if (!goes_on_ || (got != Got::kFull && got != Got::kDeadline)) return got;
  }
}

/// A metric's id could not be asked for. False: there is no point in going on.
bool Load::give_up_metric(Batch& batch) {
  log_line(LogLevel::kError, "line " + std::to_string(reader_.held_line()) + " not published:");
  worst_ = report(reader_.lookup_failure());
  if (!goes_on_after(reader_.lookup_failure())) return false;
  reader_.reject_held(batch);
  return true;
}

/// Sends a batch when the one before is settled.
void Load::launch(Batch&& batch) {
  land();
  if (!goes_on_) return parts_.ledger.report_lost(batch, 0);
  if (batch.items.empty()) return settle(batch, {});
  pacer_.admit(batch.items.size());
  parts_.journal.keep_window(session_.client.key_window());
  auto admitted = parts_.journal.admit(batch, parts_.rejects);
  if (!admitted) return fail(admitted.error());
  if (admitted->is_published) return settle(batch, std::vector<ItemResult>(batch.items.size()));
  if (parts_.script != nullptr) print(ids_.take_script());
  flight_ = std::make_unique<Flight>(parts_.outlet, std::move(batch),
                                     BatchKey{std::move(admitted->key), admitted->sent_since});
}

/// Waits for the batch that is on its way, and settles it.
void Load::land() {
  if (!flight_) return;
  Outcome outcome = std::move(flight_->land());
  const auto flight = std::move(flight_);
  const Batch& batch = flight->batch();
  if (outcome.failure && outcome.failure->kind == PublishError::Kind::kForgotten &&
      parts_.journal.is_kept()) {
    log_line(LogLevel::kWarning, outcome.failure->text);
    return decide(*flight);
  }
  if (outcome.failure) return lose(batch, outcome);
  if (republish(batch, outcome.results)) settle(batch, outcome.results);
}

/// It is unknown whether the batch was published: `--in-doubt` decides.
void Load::decide(Flight& flight) {
  auto decided = parts_.journal.decide();
  if (!decided) {
    parts_.ledger.report_lost(flight.batch(), 0);
    return fail(decided.error());
  }
  Batch batch = flight.take_batch();
  if (decided->is_published) return settle(batch, std::vector<ItemResult>(batch.items.size()));
  flight_ =
      std::make_unique<Flight>(parts_.outlet, std::move(batch), BatchKey{std::move(decided->key)});
  land();
}

void Load::settle(const Batch& batch, const std::vector<ItemResult>& results) {
  const Status settled = parts_.ledger.settle(batch, results);
  if (!settled && !parts_.ledger.is_stdout_broken()) return fail(settled.error());
  parts_.journal.settle(batch, parts_.ledger.tally(), parts_.rejects);
  if (settled) return;
  worst_ = cli::ExitCode::kOutputFailed;  // said already
  goes_on_ = false;
}

/// A request failed. With a journal nothing of the batch is settled: the next run sends it again.
void Load::lose(const Batch& batch, const Outcome& outcome) {
  if (!parts_.journal.is_kept()) check(parts_.ledger.settle(batch, outcome.results));
  parts_.ledger.report_lost(batch, outcome.results.size());
  worst_ = report(*outcome.failure);
  goes_on_ = goes_on_ && goes_on_after(*outcome.failure);
}

/// After a restart of the hub, or when a metric was made again, a name has another id. Readings
/// that were rejected get one more try when that is so. False: that failed, and with a journal the
/// whole batch is for the next run.
bool Load::republish(const Batch& batch, std::vector<ItemResult>& results) {
  if (batch.kind != Item::Kind::kReading) return true;
  std::map<std::string, std::optional<std::string>> ids;  // of names; nullopt: as before
  std::vector<std::size_t> again;
  std::string body;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i].is_accepted()) continue;
    const Item& item = reader_.reread(batch.bytes_of(batch.items[i]));
    const auto [known, is_new] = ids.try_emplace(item.metric);
    if (is_new) known->second = ids_.find_anew(item.metric);
    if (!known->second) continue;
    append_item(item, *known->second, body);
    again.push_back(i);
  }
  if (again.empty()) return true;
  Outcome outcome = parts_.outlet.send(batch.kind, body, again.size(), {});
  for (std::size_t i = 0; i < outcome.results.size(); ++i) {
    results[again[i]] = std::move(outcome.results[i]);
  }
  if (!outcome.failure) return true;
  worst_ = report(*outcome.failure);
  goes_on_ = goes_on_after(*outcome.failure);
  return !parts_.journal.is_kept();
}

/// Whether the next lines may fare better. In a live pipe, yes, when the hub may
/// even have these, or says that they are wrong; when all tries found no hub there is no point. A
/// bulk load has an order to keep.
bool Load::goes_on_after(const PublishError& error) const {
  using Kind = PublishError::Kind;
  const bool is_hub_there = error.kind == Kind::kUnknown || error.kind == Kind::kForgotten ||
                            error.kind == Kind::kTimedOut || error.kind == Kind::kInvalid;
  return is_hub_there && !is_bulk(session_.options);
}

void Load::check(const Status& status) {
  if (!status) fail(status.error());
}

void Load::fail(const Error& error) {
  log_line(LogLevel::kError, error.text);
  if (!worst_) worst_ = exit_code_of(error.code);
  goes_on_ = false;
}

cli::ExitCode Load::exit_code(Got got) {
  if (worst_) return *worst_;
  if (got == Got::kFailed) {
    log_line(LogLevel::kError, "cannot read the input: " + reader_.failure().text);
    return reader_.failure().code == ErrorCode::kIo ? cli::ExitCode::kNoInput
                                                    : cli::ExitCode::kBadInput;
  }
  const bool is_clean = parts_.ledger.tally().rejected == 0;
  return is_clean ? cli::ExitCode::kDone : cli::ExitCode::kNotAsWanted;
}

}  // namespace sse::pub
