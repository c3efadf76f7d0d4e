#include "sse/storage/reading_append.h"

#include "sse/storage/row_bytes.h"

namespace sse::storage {
namespace {

using Kind = log::Outcome::Kind;

Result<Uuid> result_of(const log::Append& append, const log::AppendItem& item) {
  const log::RowChange row = append.row(item);
  if (item.outcome.kind == Kind::kAppended) return read_reading(row.key, row.bytes).id;
  if (item.outcome.kind == Kind::kNoSuchRow) return domain::no_such_metric(row.key);
  return item.outcome.error();
}

}  // namespace

ReadingAppend::ReadingAppend(log::Journal& journal, const log::EventLimits& limits,
                             const EventForms& forms)
    : AppendDraft(journal, limits, result_of), forms_(forms) {
}

Status ReadingAppend::add(const domain::Reading& reading, std::size_t slot) {
  forms_.reading_created(reading, event_);
  const auto bytes = reading_bytes(reading);
  return AppendDraft::add_event(
      event_, {log::RowChange::Kind::kAdd, reading.metric_id, {}, {bytes.data(), bytes.size()}},
      log::Condition::kRowExists, slot);
}

}  // namespace sse::storage
