#include "sse/hub/stream_opening.h"

#include <utility>

#include "sse/hub/control_text.h"
#include "sse/wire/encoder.h"

namespace sse::hub {

std::string StreamOpening::greeting(std::chrono::milliseconds reconnection_time) const {
  std::string text = hub::greeting(reconnection_time);
  text += comments;
  if (start.gap) text += gap_block(*start.gap);
  if (!has_replay() && ids == Ids::kAll) text += wire::encode_id_only(log_head);
  return text;
}

std::optional<wire::EventId> StreamOpening::replay_end() const {
  return has_replay() && ids == Ids::kAll ? std::optional(log_head) : std::nullopt;
}

log::Reader StreamOpening::take_reader() {
  // Without a replay the greeting tells the head's id.
  const wire::Sequence announced = replay_end() ? 0 : start.cursor.next - 1;
  if (every.count() > 0) {
    return log::Reader(
        std::make_unique<log::ConflatedReader>(std::move(filter), start.cursor, announced));
  }
  if (start.newest_of_each && has_replay()) {
    return log::Reader(std::make_unique<log::ConflatedReader>(std::move(filter), start.cursor,
                                                              announced, log_head.sequence()));
  }
  if (filter == nullptr) return log::Reader(start.cursor);
  return log::Reader(std::move(filter), start.cursor, announced);
}

}  // namespace sse::hub
