#pragma once

/// \file
/// The response of a poll: events of the log as JSON, in pieces.

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "sse/http/response.h"
#include "sse/hub/poll_search.h"
#include "sse/log/event_log.h"
#include "sse/log/start.h"

namespace sse::api {

/// Past it a response ends at the next event, and its cursor says where: its reader holds a
/// response whole.
inline constexpr std::size_t kMaxPollBytes = 8U << 20U;

/// `{"events":[...],"cursor":ID,"gap":...}`: an http::PieceSource. With a filter that ends at an
/// event, the response ends there, too, and says with a member `done` whether it has. A search that
/// takes more than a few steps goes on among the hub's waiters, a part of it in each turn; the
/// response comes later then, as it does while a part of the history is read from the disk. Between
/// two pieces it holds nothing of the log. When retention overtakes it, the response ends, and the
/// next one, after its cursor, tells the gap; one without an event yet goes on at the tail and
/// tells the gap itself. Loop-affine; held by shared_ptr.
class PollAnswer : public std::enable_shared_from_this<PollAnswer> {
 public:
  /// What it is about.
  struct Wanted {
    log::Start start;           ///< as it was located in the view
    log::StartRequest request;  ///< what start was located for
    std::size_t limit = 0;
  };

  /// From the start to the head of `view`; of the newest of each, to the head at the first piece.
  PollAnswer(log::EventLog& log, const log::View& view, Wanted wanted,
             std::shared_ptr<hub::PollSearch> search);

  /// A first look for news, which does not take long: an event for it, or a gap to tell. Before the
  /// first piece.
  log::NextWanted look(const log::View& view);

  http::Piece operator()(std::string& out, const FunctionRef<http::Resume()>& later);

 private:
  bool is_over() const {
    return is_done_ || left_ == 0 || bytes_ >= kMaxPollBytes || next_ > head_.sequence();
  }
  bool is_next_archived(const log::View& view);
  http::Piece await_part(const log::View& view, std::string& out,
                         const FunctionRef<http::Resume()>& later);
  void begin_in(const log::View& part);
  log::NextWanted find_next(const log::View& view);
  log::NextWanted search(const log::View& view);
  void note_progress(const log::View& view);
  void go_on_at_tail(const log::View& view);
  void search_later(http::Resume resume, bool in_part);
  void append_event(std::string& out, const log::StoredEvent& event);
  void append_begin(std::string& out);
  void append_end(std::string& out);

  log::EventLog& log_;
  const std::shared_ptr<hub::PollSearch> search_;
  log::StartRequest request_;  // what the search has come to, as a position to locate
  std::optional<log::Gap> gap_;
  const bool newest_of_each_;
  const std::uint64_t generation_;
  wire::EventId head_;
  wire::Sequence next_;
  std::optional<std::chrono::milliseconds> not_before_;  // see log::Start; none once it is found
  std::size_t left_;
  std::size_t bytes_ = 0;
  std::optional<wire::EventId> last_;  // of the events in the response
  bool is_done_ = false;               // that event is the last one that is wanted
  bool began_ = false;
};

}  // namespace sse::api
