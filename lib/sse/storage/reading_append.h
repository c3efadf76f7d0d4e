#pragma once

#include <cstddef>

#include "sse/base/result.h"
#include "sse/base/uuid.h"
#include "sse/domain/reading.h"
#include "sse/domain/store.h"
#include "sse/log/append_draft.h"
#include "sse/storage/event_forms.h"
#include "sse/wire/event.h"

namespace sse::storage {

/// Readings on their way into the journal, as events and as members of their metrics' series.
/// Thread-compatible.
class ReadingAppend final : public log::AppendDraft<domain::ReadingDraft> {
 public:
  ReadingAppend(log::Journal& journal, const log::EventLimits& limits, const EventForms& forms);

  Status add(const domain::Reading& reading, std::size_t slot) override;

 private:
  const EventForms forms_;
  wire::Event event_;  // of the last one: its memory serves again
};

}  // namespace sse::storage
