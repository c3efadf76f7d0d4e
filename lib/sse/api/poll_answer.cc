#include "sse/api/poll_answer.h"

#include <utility>

#include "sse/hub/control_text.h"
#include "sse/json/writer.h"
#include "sse/wire/parser.h"

namespace sse::api {
namespace {

constexpr std::size_t kPiece = 64U << 10U;

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

PollAnswer::PollAnswer(log::EventLog& log, const log::View& view, const log::Start& start,
                       std::shared_ptr<const hub::Filter> filter, std::size_t limit)
    : log_(log),
      view_(view),
      filter_(std::move(filter)),
      gap_(start.gap),
      generation_(view.generation()),
      head_(view.head_id()),
      next_(start.cursor.next),
      left_(limit) {
  if (filter_ != nullptr) selection_.emplace(*filter_);
}

bool PollAnswer::has_news() {
  return gap_.has_value() || next_event(*view_).has_value();
}

http::Piece PollAnswer::operator()(std::string& out) {
  const log::View view = view_ ? *std::exchange(view_, std::nullopt) : log_.view();
  if (view.generation() != generation_) return http::Piece::kGone;
  if (!std::exchange(began_, true)) out += R"({"events":[)";
  while (const auto event = next_event(view)) {
    if (out.size() >= kPiece) return http::Piece::kMore;
    append_event(out, *event);
  }
  append_end(out);
  return http::Piece::kLast;
}

std::optional<log::StoredEvent> PollAnswer::next_event(const log::View& view) {
  if (left_ == 0 || bytes_ >= kMaxPollBytes || next_ > head_.sequence()) return std::nullopt;
  if (next_ < view.tail()) return std::nullopt;
  if (selection_) next_ = selection_->next(view, next_).value_or(head_.sequence() + 1);
  if (next_ > head_.sequence()) {
    next_ = head_.sequence() + 1;
    return std::nullopt;
  }
  return view.event(next_);
}

void PollAnswer::append_event(std::string& out, const log::StoredEvent& event) {
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
  ++next_;
  --left_;
}

// Behind everything that was looked at, so that nothing is looked at twice.
void PollAnswer::append_end(std::string& out) const {
  const bool saw_all = next_ > head_.sequence() || !last_;
  out += R"(],"cursor":)";
  json::append_uuid(out, (saw_all ? head_ : *last_).uuid());
  out += R"(,"gap":)" + (gap_ ? hub::gap_json(*gap_) : "null") + '}';
}

}  // namespace sse::api
