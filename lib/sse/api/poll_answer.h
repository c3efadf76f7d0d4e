#pragma once

/// \file
/// The answer of a poll: events of the log as JSON, in pieces.

#include <memory>
#include <optional>
#include <string>

#include "sse/hub/filter.h"
#include "sse/log/event_log.h"
#include "sse/log/selection.h"
#include "sse/log/start.h"
#include "sse/web/pieces.h"

namespace sse::api {

/// Past it an answer ends at the next event, and its cursor says where: whoever polls holds an
/// answer whole.
inline constexpr std::size_t kMaxPollBytes = 8U << 20U;

/// `{"events":[...],"cursor":ID,"gap":...}`: a web::PieceSource (web/pieces.h). Between two pieces
/// it holds nothing of the log. When retention overtakes it, the answer ends, and the next one,
/// after its cursor, tells the gap.
class PollAnswer {
 public:
  /// From `start`, which was located in `view`, to the head of `view`.
  PollAnswer(log::EventLog& log, const log::View& view, const log::Start& start,
             std::shared_ptr<const hub::Filter> filter, std::size_t limit);

  /// Whether there is an event for it, or a gap to tell.
  bool has_news();

  http::Piece operator()(std::string& out);

 private:
  std::optional<log::StoredEvent> next_event(const log::View& view);
  void append_event(std::string& out, const log::StoredEvent& event);
  void append_end(std::string& out) const;

  log::EventLog& log_;
  std::optional<log::View> view_;  // until the first piece is made
  const std::shared_ptr<const hub::Filter> filter_;
  std::optional<log::Selection> selection_;
  const std::optional<log::Gap> gap_;
  const std::uint64_t generation_;
  const wire::EventId head_;
  wire::Sequence next_;
  std::size_t left_;
  std::size_t bytes_ = 0;
  std::optional<wire::EventId> last_;  // of the events in the answer
  bool began_ = false;
};

}  // namespace sse::api
