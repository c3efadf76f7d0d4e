#include "ledger.h"

#include "sse/base/logging.h"

namespace sse::pub {
namespace {

/// Of a bulk load, the first bad records are reported one by one, and all of them with -v.
constexpr std::uint64_t kMaxComplaints = 10;

std::string numbered(std::uint64_t line) {
  return "line " + std::to_string(line);
}

}  // namespace

Status Ledger::settle(const Batch& batch, const std::vector<client::ItemResult>& results) {
  std::string ids;
  auto bad = batch.bad.begin();
  const auto reject_before = [&](std::size_t start) -> Status {
    for (; bad != batch.bad.end() && bad->place.start < start; ++bad) {
      SSE_TRY(reject(batch, bad->place, bad->why));
    }
    return {};
  };
  for (std::size_t i = 0; i < results.size(); ++i) {
    SSE_TRY(reject_before(batch.items[i].start));
    if (results[i].is_accepted()) {
      ++tally_.published;
      ids += printed(results[i]);
    } else {
      SSE_TRY(reject(batch, batch.items[i], results[i].error));
    }
  }
  SSE_TRY(reject_before(batch.raw.size()));
  tally_.skipped += batch.skipped;
  tally_.bytes += batch.raw.size();
  progress_.update(tally_, at_start_);
  if (ids.empty() || print(ids)) return {};
  is_stdout_broken_ = true;
  return Error{ErrorCode::kIo, "stdout"};
}

void Ledger::report_lost(const Batch& batch, std::size_t first) {
  if (first >= batch.items.size()) return;
  const auto from = batch.items[first].line;
  const auto to = batch.items.back().line;
  progress_.clear();
  log_line(LogLevel::kError,
           (from == to ? numbered(from)
                       : "lines " + std::to_string(from) + " to " + std::to_string(to)) +
               " not published:");
}

Status Ledger::reject(const Batch& batch, const Place& place, const std::string& why) {
  if (rejects_ != nullptr) SSE_TRY(rejects_->write(batch.bytes_of(place), batch.ends_record));
  if (!batch.ends_record) return {};  // the last piece counts for all
  ++tally_.rejected;
  complain(place, why);
  return {};
}

void Ledger::complain(const Place& place, const std::string& why) {
  const bool is_bulk = options_.command == Command::kLoad;
  const bool is_told = !is_bulk || ++complaints_ <= kMaxComplaints;
  if (!is_told && !log_enabled(LogLevel::kInfo)) return;
  progress_.clear();
  log_line(is_told ? LogLevel::kError : LogLevel::kInfo, numbered(place.line) + ": " + why);
  if (is_bulk && complaints_ == kMaxComplaints) {
    log_line(LogLevel::kWarning, "further bad records are only counted; -v reports them all");
  }
}

std::string Ledger::printed(const client::ItemResult& result) const {
  if (options_.dry_run) return {};
  switch (options_.print) {
    case Print::kNone:
      break;
    case Print::kId:
      return result.id + "\n";
    case Print::kJson:
      return "{\"id\":\"" + result.id + "\"}\n";
  }
  return {};
}

}  // namespace sse::pub
