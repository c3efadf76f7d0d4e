#include "sse/journal/range_reader.h"

#include <algorithm>
#include <utility>

#include "sse/log/chunk.h"

namespace sse::journal {
namespace {

// What is read before a commit may have its turn: four pages, each perhaps from the disk.
constexpr std::size_t kPiece = std::size_t{16} << 10U;

/// Resets a statement, however its use ends.
class StatementEnd {
 public:
  explicit StatementEnd(Statement& statement) : statement_(statement) {}
  ~StatementEnd() { statement_.reset(); }
  StatementEnd(const StatementEnd&) = delete;
  StatementEnd& operator=(const StatementEnd&) = delete;

 private:
  Statement& statement_;
};

}  // namespace

bool RangeReading::take(const ChunkRow& row, std::string chunk) {
  const auto header = log::read_chunk_header(chunk);
  const bool is_own = header && header->count == row.count && header->first == row.first &&
                      header->epoch == row.epoch && header->time == row.time;
  if (!is_own) return false;
  chunks_.push_back(std::move(chunk));
  next_ = row.last() + 1;
  return true;
}

Try<RangeReader> RangeReader::open(Database& database) {
  RangeReader reader(database);
  reader.select_ = SSE_TRY(database.prepare(
      "SELECT first, count, ms, epoch, length(chunk), CASE WHEN length(chunk) <= " +
      std::to_string(kPiece) +
      " THEN chunk END FROM log WHERE first >= coalesce((SELECT max(first) FROM log WHERE first <= "
      "?1), ?1) ORDER BY first"));
  return reader;
}

Try<RangeReader::Step> RangeReader::go_on(RangeReading& range, FunctionRef<bool()> may_go_on) {
  auto progress = Progress::kGoOn;
  while (progress == Progress::kGoOn && !range.is_whole()) {
    if (range.large_) {
      progress = SSE_TRY(read_large(range, may_go_on));
    } else {
      progress = SSE_TRY(read_small(range, may_go_on));
    }
  }
  return progress == Progress::kDamaged ? Step::kDamaged : Step::kRead;
}

Try<RangeReader::Progress> RangeReader::read_small(RangeReading& range,
                                                   FunctionRef<bool()> may_go_on) {
  const StatementEnd end(select_);  // while it goes on nothing can be checkpointed
  select_.query(range.next_);
  while (SSE_TRY(select_.step())) {
    const ChunkRow row = ChunkRow::of(select_);
    const bool holds_next = range.chunks_.empty()
                                ? row.first <= range.next_ && range.next_ <= row.last()
                                : row.first == range.next_;
    if (!holds_next) return Progress::kDamaged;
    if (row.bytes > kPiece) {
      range.large_ = row;
      range.pieces_.clear();
      return Progress::kGoOn;
    }
    if (!range.take(row, std::string(select_.blob(5)))) return Progress::kDamaged;
    if (range.is_whole()) return Progress::kGoOn;
    if (!may_go_on()) return Progress::kPause;
  }
  return Progress::kDamaged;
}

Try<RangeReader::Progress> RangeReader::read_large(RangeReading& range,
                                                   FunctionRef<bool()> may_go_on) {
  const ChunkRow row = *range.large_;
  std::string& pieces = range.pieces_;
  const auto blob =
      SSE_TRY(database_->open_blob("log", "chunk", static_cast<std::int64_t>(row.first)));
  while (pieces.size() < std::min<std::uint64_t>(row.bytes, blob.size())) {
    const std::size_t size = std::min(kPiece, blob.size() - pieces.size());
    SSE_TRY(blob.read(pieces.size(), size, pieces));
    if (!may_go_on()) return Progress::kPause;
  }
  range.large_.reset();
  return range.take(row, std::exchange(pieces, {})) ? Progress::kGoOn : Progress::kDamaged;
}

}  // namespace sse::journal
