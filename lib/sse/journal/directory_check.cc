#include "sse/journal/directory_check.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "sse/base/crc32.h"
#include "sse/base/little_endian.h"
#include "sse/base/random.h"
#include "sse/journal/chunk_ages.h"
#include "sse/journal/data_directory.h"
#include "sse/journal/database.h"
#include "sse/journal/kept_log.h"
#include "sse/journal/kept_repeats.h"
#include "sse/journal/kept_rows.h"
#include "sse/journal/kept_state.h"
#include "sse/journal/parts_check.h"
#include "sse/journal/schema.h"
#include "sse/log/chunk.h"

namespace sse::journal {
namespace {

// Of the row of `repeats` that is not a list: kept_repeats.h.
constexpr std::size_t kChecksumSize = 4;
constexpr std::size_t kRepeatsTableSize = kChecksumSize + 3 * 8;

/// Fills a report from an open database.
class DirectoryCheck {
 public:
  explicit DirectoryCheck(Database& database) : database_(database) {}

  Try<CheckReport> run(const std::optional<wire::EventId>& witness) {
    SSE_TRY(check_structure());
    const auto state = SSE_TRY(KeptState::load(database_));
    if (state.is_damaged()) complain("the state, or an epoch, has a wrong checksum");
    report_.epochs = state.epochs().size();
    report_.is_copy = state.state().is_copy;
    report_.is_clean = state.state().is_clean;
    SSE_TRY(check_log(state));
    // Damage moves the tail; what is before it stays until it is too old.
    if (report_.first > state.state().tail.sequence() + 1) {
      complain("the oldest event is " + std::to_string(report_.first) + ", retention ended at " +
               std::to_string(state.state().tail.sequence()));
    }
    if (witness) check_witness(*witness);
    SSE_TRY(check_rows(state.state().rows_at));
    SSE_TRY(check_repeats());
    return std::move(report_);
  }

 private:
  void complain(std::string problem) {
    ++report_.problem_count;
    if (report_.problems.size() < CheckReport::kMostProblems) {
      report_.problems.push_back(std::move(problem));
    }
  }

  Try<void> check_structure() {
    Statement check = SSE_TRY(database_.prepare("PRAGMA integrity_check"));
    while (SSE_TRY(check.step())) {
      if (check.blob(0) != "ok") complain("SQLite: " + std::string(check.blob(0)));
    }
    return {};
  }

  Try<void> check_log(const KeptState& state) {
    KeptLog log = SSE_TRY(KeptLog::open(database_));
    PartsCheck parts(log.parts(), state.state().tail.sequence(),
                     [this](const std::string& problem) { complain(problem); });
    Try<void> checked;
    SSE_TRY(log.read_from(0, [&](const ChunkRow& row, std::string_view chunk) {
      const auto entries = log::decode_chunk(chunk, KeyedHash());
      const bool is_whole = entries && row.tells_of(*entries);
      check_chunk(row, chunk.size(), entries, state.epochs());
      checked = parts.add(row, is_whole ? &*entries : nullptr);
      return checked.has_value();
    }));
    SSE_TRY(std::move(checked));
    return parts.end();
  }

  void check_chunk(const ChunkRow& row, std::size_t bytes,
                   const Result<std::vector<log::Entry>>& entries,
                   const std::vector<log::EpochStart>& epochs) {
    ++report_.chunks;
    report_.bytes += bytes;
    const std::string name = "chunk " + std::to_string(row.first) + ": ";
    if (report_.last != 0 && row.first != report_.last + 1) {
      complain(name + "sequences " + std::to_string(report_.last + 1) + " to " +
               std::to_string(row.first - 1) + " are missing before it");
    }
    if (report_.first == 0) report_.first = row.first;
    report_.last = std::max(report_.last, row.last());
    report_.events += row.count;
    if (!entries) return complain(name + entries.error().text);
    const wire::EventId& first = entries->front().id;
    const auto expected = wire::EventId::make(row.time, row.epoch, row.first);
    if (first != expected || entries->size() != row.count) {
      complain(name + "its row tells of other events than it holds");
    }
    if (first.unix_time() < newest_.unix_time()) complain(name + "its ids run backwards");
    newest_ = entries->back().id;
    const auto epoch = std::find_if(epochs.rbegin(), epochs.rend(), [&](const auto& start) {
      return start.first <= first.sequence();
    });
    if (epoch == epochs.rend() || epoch->epoch != first.epoch()) {
      complain(name + "its epoch is not the epoch that began there");
    }
  }

  // The file `head` is never synced: it may be older, not newer.
  void check_witness(const wire::EventId& witness) {
    if (witness.sequence() < report_.last) return;
    // A damaged chunk is already reported.
    const bool is_known = newest_.sequence() == report_.last;
    if (witness.sequence() == report_.last && (!is_known || witness == newest_)) return;
    complain("event " + std::to_string(witness.sequence()) + " was shown, and the log ends at " +
             std::to_string(report_.last));
  }

  Try<void> check_rows(wire::Sequence rows_at) {
    if (rows_at > report_.last) {
      complain("rows are saved at " + std::to_string(rows_at) + ", and the log ends at " +
               std::to_string(report_.last));
    }
    SSE_TRY(check_lists());
    // What gives way is not judged here: the limits are the hub's.
    constexpr log::RowLimits kNone{SIZE_MAX, SIZE_MAX, SIZE_MAX};
    KeptRows rows = SSE_TRY(KeptRows::open(database_, kNone));
    const Report report = [&](const std::string& text) { complain(text); };
    SSE_TRY(rows.load(rows_at, report_.last, report));
    report_.rows = rows.book().size();
    const auto all = SSE_TRY(rows.read_all(report));
    for (const auto& kept : all) {
      if (kept.kind == log::RowChange::Kind::kAdd) ++report_.members;
      if (kept.sequence > report_.last) {
        complain("a row has sequence " + std::to_string(kept.sequence) + ", and the log ends at " +
                 std::to_string(report_.last));
      }
    }
    return {};
  }

  Try<void> check_lists() {
    Statement select =
        SSE_TRY(database_.prepare("SELECT first, last, members, list FROM changes ORDER BY first"));
    wire::Sequence before = 0;
    while (SSE_TRY(select.step())) {
      const auto first = static_cast<wire::Sequence>(select.number(0));
      const auto last = static_cast<wire::Sequence>(select.number(1));
      if (first <= before || last < first || last > report_.last) {
        complain("changes " + std::to_string(first) + " to " + std::to_string(last) +
                 " are out of order");
      }
      before = std::max(before, last);
      check_list(first, last, select.number(2), select.blob(3));
    }
    return {};
  }

  // A damaged list is reported when the rows are loaded.
  void check_list(wire::Sequence first, wire::Sequence last, std::int64_t members,
                  std::string_view bytes) {
    auto list = ChangeListReader::open(bytes);
    if (!list) return;
    StoredChange change;
    wire::Sequence next = first;
    std::int64_t found = 0;
    while (true) {
      const auto has_next = list->next(change);
      if (!has_next || !*has_next) break;
      if (change.sequence < next || change.sequence > last) {
        return complain("changes from " + std::to_string(first) + " on: one has sequence " +
                        std::to_string(change.sequence));
      }
      next = change.sequence;
      if (change.kind == log::RowChange::Kind::kAdd) ++found;
    }
    if (found != members) {
      complain("changes from " + std::to_string(first) + " on: " + std::to_string(found) +
               " members, where " + std::to_string(members) + " were written");
    }
  }

  // A hub forgets answers of events that are lost when it starts.
  Try<void> check_repeats() {
    Statement select =
        SSE_TRY(database_.prepare("SELECT id, list FROM repeats WHERE id <= 0 OR id > ?"));
    select.query(report_.last);
    while (SSE_TRY(select.step())) {
      if (select.number(0) == 0) {
        check_repeats_table(select.blob(1));
      } else {
        complain("answers of sequence " + std::to_string(select.number(0)) +
                 ", and the log ends at " + std::to_string(report_.last));
      }
    }
    select.reset();
    KeptRepeats repeats = SSE_TRY(KeptRepeats::open(database_, {}));
    SystemRandom random;  // for a table that has no secret yet
    const auto kept = SSE_TRY(repeats.load(report_.last, ChunkAges({}, report_.last), {}, random,
                                           [&](const std::string& text) { complain(text); }));
    report_.answers = kept.texts.size();
    return {};
  }

  void check_repeats_table(std::string_view bytes) {
    const bool is_whole = bytes.size() == kRepeatsTableSize &&
                          number_of(bytes, kChecksumSize) == crc32c(bytes.substr(kChecksumSize));
    if (!is_whole) complain("the secret of answers has a wrong checksum");
  }

  Database& database_;
  CheckReport report_;
  wire::EventId newest_;
};

Try<CheckReport> check_database(const std::string& path,
                                const std::optional<wire::EventId>& witness) {
  Database::Options options;
  options.path = path;
  options.may_create = false;
  const auto database = SSE_TRY(Database::open(options));
  if (SSE_TRY(database->number("SELECT count(*) FROM sqlite_schema")) == 0) {
    return Failure{FailureKind::kDamaged, "cannot use " + path + ": it is empty"};
  }
  SSE_TRY(format_of(*database));
  return DirectoryCheck(*database).run(witness);
}

/// Leaves no write-ahead log where there was none.
Try<CheckReport> check_file(const std::string& path, const std::optional<wire::EventId>& witness) {
  std::error_code ignored;
  const std::string wal = path + "-wal";
  const bool had_wal = std::filesystem::exists(wal, ignored);
  auto report = check_database(path, witness);
  if (!had_wal) std::filesystem::remove(wal, ignored);
  return report;
}

}  // namespace

Try<CheckReport> check_directory(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return failure_of_errno("read " + path, ENOENT);
  if (!std::filesystem::is_directory(status)) return check_file(path, std::nullopt);
  const auto directory = SSE_TRY(DataDirectory::open_to_look(path));
  return check_file(directory.database(), HeadFile::read_from(directory.file("head")));
}

}  // namespace sse::journal
