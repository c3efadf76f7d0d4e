#include "sse/log/sequencer.h"

#include <algorithm>

namespace sse::log {

void Sequencer::restart(const Origin& origin, std::span<const KeptRow> rows) {
  head_ = origin.head;
  epoch_ = origin.epoch;
  ledger_.load(rows);
}

void Sequencer::restart_counted(const Origin& origin, std::span<const CountedRow> rows) {
  head_ = origin.head;
  epoch_ = origin.epoch;
  ledger_.load_counted(rows);
}

std::size_t Sequencer::order(Append& append, std::size_t from, std::chrono::milliseconds unix_time,
                             std::vector<Entry>& entries) {
  // Ids never run backwards, whatever the clock does.
  const auto time = std::max(unix_time, head_.unix_time());
  const auto items = append.items();
  std::size_t bytes = 0;
  std::size_t next = from;
  for (; next < items.size() && next - from < kMaxSliceEvents && bytes < kMaxSliceBytes; ++next) {
    Append::Item& item = items[next];
    if (!item.is_pending()) continue;
    if (head_.sequence() == wire::kMaxSequence) {
      item.outcome.fail({ErrorCode::kFull, "the log has used up its sequence numbers"});
      continue;
    }
    Entry entry = append.entry(item, {});
    if (!ledger_.judge(entry.row, item.condition(), item.outcome)) continue;
    head_ = wire::EventId::make(time, epoch_, head_.sequence() + 1);
    item.outcome.kind = Outcome::Kind::kAppended;
    item.outcome.id = head_;
    entry.id = head_;
    entry.drop = ledger_.apply(entry.row, head_.sequence());
    entries.push_back(entry);
    bytes += item.block_size();
  }
  return next;
}

}  // namespace sse::log
