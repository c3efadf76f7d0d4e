#pragma once

#include <cstddef>

#include "sse/base/draft.h"
#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/hub/publisher.h"
#include "sse/log/append_draft.h"
#include "sse/wire/event.h"

namespace sse::hub {

/// Events of one request on their way; see Draft. Outcomes are their ids. Thread-compatible.
class SSE_EXPORT EventDraft final : public log::AppendDraft<Draft> {
 public:
  /// `publisher` must outlive it.
  explicit EventDraft(Publisher& publisher);

  /// Checks and encodes the event. `slot`: the caller's own number for it. Errors: kInvalid
  /// (check_event), kTooLarge; then it is not in the draft.
  Status add(const wire::Event& event, std::size_t slot);
};

}  // namespace sse::hub
