#include "sse/api/poll_answer.h"

#include <utility>

#include "sse/hub/control_text.h"
#include "sse/json/writer.h"
#include "sse/web/pieces.h"
#include "sse/wire/parser.h"

namespace sse::api {
namespace {

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
      left_(wanted.limit) {
  note_progress(view);
}

log::NextWanted PollAnswer::look(const log::View& view) {
  if (gap_) return {log::NextWanted::State::kFound, next_};
  return find_next(view);
}

http::Piece PollAnswer::operator()(std::string& out, const FunctionRef<http::Resume()>& later) {
  const log::View view = log_.view();
  if (view.generation() != generation_) return http::Piece::kGone;
  if (next_ < view.tail() && !last_) go_on_at_tail(view);
  const std::size_t start = out.size();
  for (;;) {
    const log::NextWanted found = find_next(view);
    if (found.is_cut()) {
      if (out.size() > start) return http::Piece::kMore;
      search_later(later());
      return http::Piece::kLater;
    }
    if (!found.is_found()) break;
    if (out.size() - start >= web::kPieceSize) return http::Piece::kMore;
    append_event(out, view.event(next_));
  }
  append_end(out);
  return http::Piece::kLast;
}

log::NextWanted PollAnswer::find_next(const log::View& view) {
  using State = log::NextWanted::State;
  const bool is_over =
      is_done_ || left_ == 0 || bytes_ >= kMaxPollBytes || next_ > head_.sequence();
  if (is_over || next_ < view.tail()) return {State::kNothing, next_};
  log::NextWanted found = search(view);
  next_ = found.sequence;
  if (next_ > head_.sequence()) found.state = State::kNothing;
  if (found.is_cut()) note_progress(view);
  return found;
}

log::NextWanted PollAnswer::search(const log::View& view) {
  if (newest_of_each_) return search_->next_conflated(view, next_, head_.sequence());
  return search_->next(view, next_);
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

void PollAnswer::go_on_at_tail(const log::View& view) {
  log::Start start = log::locate(view, request_);
  const wire::Sequence before = std::exchange(next_, start.cursor.next);
  if (gap_ && start.gap) {
    gap_->oldest = start.gap->oldest;
    if (gap_->missed) *gap_->missed += next_ - before;
  } else if (start.gap) {
    gap_ = std::move(start.gap);
  }
}

void PollAnswer::search_later(http::Resume resume) {
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

// Behind everything that was looked at, so that nothing is looked at twice.
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
