#include "sse/api/poll_answer.h"

#include <algorithm>
#include <utility>

#include "sse/hub/control_text.h"
#include "sse/json/writer.h"
#include "sse/web/pieces.h"
#include "sse/wire/parser.h"

namespace sse::api {
namespace {

using State = log::NextWanted::State;

/// The log keeps an event as it is sent to a stream: reading it gives what a subscriber would read.
class DataOf final : private wire::EventSink {
 public:
  explicit DataOf(std::string_view block) {
    wire::Parser parser(*this, block.size());
    static_cast<void>(parser.push(block));  // never too large: it was given its own size
  }
  const std::string& text() const { return text_; }

 private:
  bool on_event(wire::ReceivedEvent& event) override {
    text_ = std::move(event.data);
    return true;
  }

  std::string text_;
};

}  // namespace

PollAnswer::PollAnswer(log::EventLog& log, const log::View& view, Wanted wanted,
                       std::shared_ptr<hub::PollSearch> search)
    : log_(log),
      search_(std::move(search)),
      request_(std::move(wanted.request)),
      gap_(std::move(wanted.start.gap)),
      newest_of_each_(wanted.start.newest_of_each),
      generation_(view.generation()),
      head_(view.head_id()),
      next_(wanted.start.cursor.next),
      not_before_(wanted.start.not_before),
      left_(wanted.limit) {
  note_progress(view);
}

log::NextWanted PollAnswer::look(const log::View& view) {
  if (gap_ || is_next_archived(view)) return {log::NextWanted::State::kFound, next_};
  return find_next(view);
}

http::Piece PollAnswer::operator()(std::string& out, const FunctionRef<http::Resume()>& later) {
  const log::View view = log_.view();
  if (view.generation() != generation_) return http::Piece::kGone;
  if (next_ < view.tail() && !last_) go_on_at_tail(view);
  // What was found may be superseded by now: the newer event is an answer, and none would be a wait
  // that ends too early.
  if (newest_of_each_ && !began_) head_ = view.head_id();
  const std::size_t start = out.size();
  while (!is_over() && next_ >= view.tail()) {
    std::optional<log::View> part;
    if (is_next_archived(view)) {
      part = search_->find_part(view, next_);
      if (!part) return out.size() > start ? http::Piece::kMore : await_part(view, out, later);
      begin_in(*part);
    }
    const log::View& from = part ? *part : view;
    for (auto found = find_next(from); found.state != State::kNothing; found = find_next(from)) {
      if (found.is_cut()) {
        if (out.size() > start) return http::Piece::kMore;
        search_later(later(), from.is_part());
        return http::Piece::kLater;
      }
      if (out.size() - start >= web::kPieceSize) return http::Piece::kMore;
      append_event(out, from.event(next_));
    }
    if (!part) break;
    note_progress(*part);
  }
  append_end(out);
  return http::Piece::kLast;
}

// Events that only the journal has are not read for nothing: neither those that are not the newest
// of each, nor those that the filter does not want.
bool PollAnswer::is_next_archived(const log::View& view) {
  if (is_over() || !view.is_archived(next_)) return false;
  if (newest_of_each_) {
    next_ = std::min(view.next_archived_newest(next_), head_.sequence() + 1);
    if (is_over() || !view.is_archived(next_)) return false;
  }
  next_ = std::min(search_->next_archived(view, next_), head_.sequence() + 1);
  return !is_over() && view.is_archived(next_);
}

// The journal of a hub that drains reads no more. What is there already is an answer; without an
// event it would say that there is none.
http::Piece PollAnswer::await_part(const log::View& view, std::string& out,
                                   const FunctionRef<http::Resume()>& later) {
  if (search_->can_load()) {
    search_->load_part(view, next_, later());
    return http::Piece::kLater;
  }
  if (!last_) return http::Piece::kGone;
  append_end(out);
  return http::Piece::kLast;
}

void PollAnswer::begin_in(const log::View& part) {
  if (const auto time = std::exchange(not_before_, std::nullopt)) next_ = part.first_since(*time);
}

// In a view of the log, or of the part that the next event is in.
log::NextWanted PollAnswer::find_next(const log::View& view) {
  if (is_over()) return {State::kNothing, next_};
  log::NextWanted found = search(view);
  next_ = found.sequence;
  if (next_ > head_.sequence()) found.state = State::kNothing;
  if (found.is_cut()) note_progress(view);
  return found;
}

log::NextWanted PollAnswer::search(const log::View& view) {
  if (!newest_of_each_) return search_->next(view, next_);
  return search_->next_conflated(view, next_, std::min(head_.sequence(), view.head()));
}

// The event before the next one, while the log has it, is where the search can be taken up again.
void PollAnswer::note_progress(const log::View& view) {
  const wire::Sequence passed = next_ - 1;
  if (passed >= view.first_held() && passed <= view.head()) {
    std::string id = to_string(view.event(passed).id);
    if (newest_of_each_) {
      request_ = log::NewestOfEach{std::move(id)};
    } else {
      request_ = log::AfterId{std::move(id)};
    }
  }
}

// The last N events are those of when it was asked, not of now.
void PollAnswer::go_on_at_tail(const log::View& view) {
  const auto* last = std::get_if<log::FromLast>(&request_);
  log::Start start = log::locate(view, last ? log::FromLast{view.head() + 1 - next_} : request_);
  if (last != nullptr && start.gap) start.gap->requested = "-" + std::to_string(last->events);
  not_before_ = start.not_before;
  const wire::Sequence before = std::exchange(next_, start.cursor.next);
  if (gap_ && start.gap) {
    gap_->oldest = start.gap->oldest;
    if (gap_->missed) *gap_->missed += next_ - before;
  } else if (start.gap) {
    gap_ = std::move(start.gap);
  }
}

void PollAnswer::search_later(http::Resume resume, bool in_part) {
  if (in_part) return search_->part_later(std::move(resume));
  search_->next_later(next_, head_.sequence(),
                      [self = weak_from_this(), resume = std::move(resume)](wire::Sequence next) {
                        if (const auto answer = self.lock()) {
                          answer->next_ = next;
                          answer->note_progress(answer->log_.view());
                        }
                        resume();
                      });
}

void PollAnswer::append_begin(std::string& out) {
  if (!std::exchange(began_, true)) out += R"({"events":[)";
}

void PollAnswer::append_event(std::string& out, const log::StoredEvent& event) {
  append_begin(out);
  const std::size_t before = out.size();
  if (last_) out += ',';
  out += R"({"id":)";
  json::append_uuid(out, event.id.uuid());
  out += R"(,"type":)";
  json::append_string(out, event.type);
  out += R"(,"topic":)";
  json::append_string(out, event.topic);
  out += R"(,"data":)";
  json::append_string(out, DataOf(event.block).text());
  out += '}';
  bytes_ += out.size() - before;
  last_ = event.id;
  is_done_ = search_->ends(event.type);
  ++next_;
  --left_;
}

// Behind everything that was searched, so that nothing is searched twice.
void PollAnswer::append_end(std::string& out) {
  append_begin(out);
  const bool saw_all = (next_ > head_.sequence() || !last_) && !is_done_;
  out += R"(],"cursor":)";
  json::append_uuid(out, (saw_all ? head_ : *last_).uuid());
  out += R"(,"gap":)" + (gap_ ? hub::gap_json(*gap_) : "null");
  if (search_->may_end()) out += is_done_ ? R"(,"done":true)" : R"(,"done":false)";
  out += '}';
}

}  // namespace sse::api
