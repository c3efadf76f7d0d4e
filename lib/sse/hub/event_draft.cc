#include "sse/hub/event_draft.h"

#include <utility>

namespace sse::hub {
namespace {

Result<Uuid> result_of(const log::Append& /*append*/, const log::AppendItem& item) {
  if (item.outcome.kind == log::Outcome::Kind::kAppended) return item.outcome.id.uuid();
  return item.outcome.error();
}

}  // namespace

EventDraft::EventDraft(Publisher& publisher)
    : AppendDraft(publisher.journal(), publisher.limits(), result_of) {
}

Status EventDraft::add(const wire::Event& event, std::size_t slot) {
  SSE_TRY(check_event(event));
  return AppendDraft::add_event(event, {}, log::Condition::kNone, slot);
}

}  // namespace sse::hub
