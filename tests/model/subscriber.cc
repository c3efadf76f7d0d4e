#include "model/subscriber.h"

#include <utility>

namespace sse::model {

void Subscriber::begin(Ask ask) {
  ask_ = std::move(ask);
  has_begun_ = true;
  last_id_.clear();
}

Ask Subscriber::resuming() const {
  Ask ask = ask_;
  if (last_id_.empty()) return ask;
  ask.position = {};
  ask.position.kind = Position::Kind::kAfter;
  ask.position.id = last_id_;
  return ask;
}

void Subscriber::connect(const Life& life, const Ask& ask, Window when, Sequence head,
                         Expected expected) {
  transcript_ = std::make_unique<Transcript>();
  judge_ = std::make_unique<StreamJudge>(life, ask, when, head);
  expected_ = expected;
  has_seen_head_ = false;
}

void Subscriber::take(std::string_view bytes, Time now) {
  if (!transcript_->take(bytes, now)) return note_fault(transcript_->fault());
  if (!transcript_->has_head()) return;
  if (expected_ == Expected::kRefusal) return judge_refusal();
  if (expected_ == Expected::kDone) return judge_done();
  if (!std::exchange(has_seen_head_, true)) judge_->take_head(*transcript_);
  const auto data = transcript_->take_data();
  std::size_t events = 0;
  for (const Item& item : transcript_->take_items()) {
    judge_->take(item);
    if (item.kind == Item::Kind::kEvent && judge_->fault().empty()) {
      judge_->take_data(item, events < data.size() ? data[events] : "nothing");
      ++events;
    }
  }
  if (!judge_->last_id().empty()) last_id_ = judge_->last_id();
  if (judge_->fault().empty() && transcript_->last_event_id() != judge_->last_id()) {
    note_fault("a client's last event id is " + transcript_->last_event_id() + " instead of " +
               judge_->last_id());
  }
  note_fault(judge_->fault());
}

// 10 to 30 s, and a reason as a comment, so that nothing is dispatched.
void Subscriber::judge_refusal() {
  constexpr std::uint64_t kLeast = 10'000;
  constexpr std::uint64_t kMost = 30'000;
  const std::string why = transcript_->field("SSE-Refused");
  if (transcript_->status() != 200 || why != "full") note_fault("it is not refused: " + why);
  for (const Item& item : transcript_->take_items()) {
    if (item.kind == Item::Kind::kComment) continue;
    const bool is_retry = item.kind == Item::Kind::kRetry;
    if (!is_retry || item.retry_ms < kLeast || item.retry_ms > kMost) {
      note_fault("a refusal says " + item.text);
    }
  }
}

void Subscriber::judge_done() {
  if (transcript_->status() != 204 || !transcript_->body().empty()) {
    note_fault("a stream that was read to its end is answered with " + transcript_->head());
  }
}

void Subscriber::take_end(const Causes& causes) {
  if (is_stream()) {
    // Without framing an end and a cut look alike; a peer that left expects an end.
    const bool looks_whole = transcript_->is_chunked() ? transcript_->is_whole()
                                                       : causes.left && !causes.was_limited &&
                                                             transcript_->is_between_blocks();
    const bool is_whole = transcript_->has_head() && looks_whole;
    using End = StreamJudge::End;
    const End broken = transcript_->is_between_blocks() ? End::kCut : End::kInside;
    judge_->take_end(is_whole ? End::kWhole : broken, causes);
    note_fault(judge_->fault());
  }
  judge_.reset();
  transcript_.reset();
}

void Subscriber::note_fault(const std::string& fault) {
  if (fault_.empty() && !fault.empty()) fault_ = fault;
}

}  // namespace sse::model
