#include "model/stream_judge.h"

#include <algorithm>
#include <utility>

namespace sse::model {
namespace {

std::string name_of(Sequence sequence) {
  return "event " + std::to_string(sequence);
}

std::string reason_of(std::string_view closing) {
  constexpr std::string_view kBegin = R"({"reason":")";
  if (!closing.starts_with(kBegin)) return "?";
  closing.remove_prefix(kBegin.size());
  return std::string(closing.substr(0, closing.find('"')));
}

}  // namespace

StreamJudge::StreamJudge(const Life& life, Ask ask, Window when, Sequence head)
    : life_(life), ask_(std::move(ask)), filter_(ask_.passing()), when_(when), least_head_(head) {
}

void StreamJudge::take_head(const Transcript& transcript) {
  part_ = Part::kRetry;
  if (transcript.status() != 200) return fail("status " + std::to_string(transcript.status()));
  if (transcript.is_chunked() != (ask_.form == RequestForm::kHttp11)) return fail("the framing");
  const std::string head_id = transcript.field("SSE-Head");
  const auto head = life_.position_of(head_id);
  if (!head) return fail("SSE-Head is the id of no event: " + head_id);
  if (*head < least_head_) {
    return fail("SSE-Head is " + name_of(*head) + ", before " + name_of(least_head_));
  }
  head_ = *head;
  const std::string resume = transcript.field("SSE-Resume");
  const bool names_position = ask_.each || ask_.position.kind != Position::Kind::kLatest;
  if (resume.empty() == names_position || (resume == "each") != ask_.each) {
    return fail("SSE-Resume is '" + resume + "'");
  }
  if (resume.starts_with("gap; ")) {
    part_ = Part::kRetry;
    claim_.emplace();  // what it says is held against the block
    claim_->reason = resume;
  } else if (!resume.empty() && resume != "exact" && resume != "each") {
    return fail("SSE-Resume is '" + resume + "'");
  }
  if (claim_) return;
  const FirstEvent first = start_of(life_, ask_, {when_, head_, head_}, {}, Counting::kExact);
  begin_at(first);
}

void StreamJudge::take(const Item& item) {
  if (!fault_.empty()) return;
  if (part_ == Part::kClosed) {
    const bool is_filler =
        item.kind == Item::Kind::kComment && item.text.find_first_not_of(' ') == std::string::npos;
    if (!is_filler) fail("something stands behind sse.closing: " + item.text);
    return;
  }
  switch (item.kind) {
    case Item::Kind::kRetry:
      take_greeting(item);
      break;
    case Item::Kind::kComment:
      if (part_ == Part::kComment) {
        take_greeting(item);
      } else {
        take_heartbeat(item);
      }
      break;
    case Item::Kind::kGap:
      take_gap(item);
      break;
    case Item::Kind::kEvent:
      take_event(item);
      break;
    case Item::Kind::kIdOnly:
      take_id(item);
      break;
    case Item::Kind::kClosing:
      take_closing(item);
      break;
  }
  last_bytes_ = item.at;
}

void StreamJudge::take_greeting(const Item& item) {
  if (part_ == Part::kRetry && item.kind == Item::Kind::kRetry) {
    const auto retry = std::chrono::duration_cast<std::chrono::milliseconds>(life_.rules().retry);
    const auto least = static_cast<std::uint64_t>(retry.count());
    if (item.retry_ms < least || item.retry_ms > least + least / 4 + 1) fail("the time to retry");
    part_ = Part::kComment;
  } else if (part_ == Part::kComment && item.text == " open") {
    part_ = claim_ ? Part::kGap : Part::kEvents;
  } else {
    fail("the greeting: " + item.text);
  }
}

void StreamJudge::take_gap(const Item& item) {
  if (part_ != Part::kGap) return fail("a gap is told where there is none: " + item.text);
  part_ = Part::kEvents;
  const auto gap = read_gap(item.text);
  if (!gap) return fail("the form of the gap: " + item.text);
  const std::string head =
      "gap; missed=" + (gap->missed ? std::to_string(*gap->missed) : "unknown") +
      "; oldest=" + gap->oldest;
  if (claim_->reason != head) return fail("head and gap differ: " + claim_->reason + ", " + head);
  const auto& position = ask_.position;
  const bool is_id = position.kind == Position::Kind::kAfter;
  if (is_id && gap->requested != position.id) return fail("the gap is of " + gap->requested);
  if (position.kind == Position::Kind::kLast &&
      gap->requested != "-" + std::to_string(position.events)) {
    return fail("the gap is of " + gap->requested);
  }
  const FirstEvent first = start_of(life_, ask_, {when_, head_, head_}, gap, Counting::kExact);
  begin_at(first);
}

void StreamJudge::begin_at(const FirstEvent& first) {
  if (!first.fault.empty()) return fail(first.fault);
  next_ = first.least;
  most_ = first.most;
  is_live_ = first.least > head_;
  round_.begin(first.least - 1);
}

// Every wanted event between what was passed and `last` may have expired before the stream began.
bool StreamJudge::has_all_to(Sequence last, std::string_view why) {
  if (is_conflated()) {
    const std::string fault = round_.judge(life_, filter_, last, most_);
    if (!fault.empty()) fail(fault + ", " + std::string(why));
    return fault.empty();
  }
  for (Sequence at = life_.next_wanted(filter_, next_, last); at <= last;
       at = life_.next_wanted(filter_, at + 1, last)) {
    if (at < most_) continue;
    fail(name_of(at) + " is missing " + std::string(why));
    return false;
  }
  return true;
}

void StreamJudge::take_event(const Item& item) {
  if (part_ != Part::kEvents) return fail("an event before the greeting or a gap");
  if (is_done_) return fail("an event behind the one that ends the stream");
  const Event* event = life_.find(item.id);
  if (event == nullptr) return fail("an event that nothing published: " + item.text);
  const Sequence sequence = event->sequence;
  if (sequence < next_) {
    return fail(name_of(sequence) + " comes again, or too late, behind " + name_of(next_ - 1));
  }
  if (!filter_.wants(event->type, event->topic)) {
    return fail(name_of(sequence) + " is not wanted: " + event->type + " " + event->topic);
  }
  if (!ask_.events_only && !end_was_told_ && sequence > head_) {
    return fail(name_of(sequence) + " comes without the id of the replay's end before it");
  }
  // Without an id of its own the end of the newest of each is the first event behind it.
  if (ask_.each && !is_live_ && sequence > head_ && !end_round(head_)) return;
  if (is_conflated()) {
    if (ask_.every.count() > 0 && round_.is_empty()) judge_pace(item.at);
    round_.add(sequence);
  } else if (!has_all_to(sequence - 1, "before " + name_of(sequence))) {
    return;
  }
  std::string block = event->block;
  last_id_ = event->id;
  if (ask_.ends_at(*event)) {
    is_done_ = true;
    last_id_ += "/done";
    block.insert(block.size() - 1, "id: " + last_id_ + "\n");
    if (is_conflated() && !has_all_to(sequence, "at the end")) return;
  }
  if (item.text != block) {
    return fail("the bytes of " + name_of(sequence) + " differ:\n" + item.text + "instead of\n" +
                block);
  }
  next_ = sequence + 1;
  if (!is_conflated()) most_ = std::min(most_, next_);
  last_position_ = sequence;
}

// In each interval at most one, but for the replay, and but for what must not be held back: what
// may expire, what is in the older half of the segments, and what comes before an end.
void StreamJudge::judge_pace(Time at) {
  const Rules& rules = life_.rules();
  const bool may_hurry = rules.ttl.count() > 0 || rules.max_events > 0 || !ask_.until.empty() ||
                         rules.max_bytes < Rules().max_bytes ||
                         life_.bytes_behind(0) > rules.segment_size / 4;
  const Time before = std::exchange(round_at_, at);
  if (!keeps_pace_ || may_hurry || !end_was_told_ || before.count() == 0) return;
  if (at / ask_.every == before / ask_.every) fail("two rounds in one interval");
}

// Also one whose events were all superseded before they were sent. A paced stream that cannot have
// the round of others is told the end of one without wanted events, too.
bool StreamJudge::is_round_to(Sequence end) const {
  if (ask_.every.count() > 0) return end > round_.place();
  return !round_.is_empty() || life_.next_wanted(filter_, round_.place() + 1, end) <= end;
}

// What came from its place on is the newest of each up to `end`; from there on the next begins.
bool StreamJudge::end_round(Sequence end) {
  if (!has_all_to(end, "in a round")) return false;
  round_.begin(end);
  next_ = std::max(next_, end + 1);
  is_live_ = is_live_ || end >= head_;
  return true;
}

void StreamJudge::take_data(const Item& event, std::string_view data) {
  const Event* published = life_.find(event.id);
  if (published != nullptr && published->data != data) {
    fail("a client reads in " + name_of(published->sequence) + ": " + std::string(data));
  }
}

void StreamJudge::take_id(const Item& item) {
  if (part_ != Part::kEvents) return fail("an id before the greeting or a gap");
  if (ask_.events_only) return fail("an id alone, with ids=events");
  if (is_done_) return fail("an id behind the event that ends the stream");
  const auto position = life_.position_of(item.text);
  if (!position) return fail("an id of no event: " + item.text);
  const bool ends_round = is_conflated() && is_round_to(*position);
  const bool is_right = is_conflated()
                            ? end_round(*position)
                            : has_all_to(*position, "before the id of " + name_of(*position));
  if (!is_right) return;
  if (!end_was_told_) {
    if (*position != head_) {
      return fail("the replay ends at " + name_of(*position) + " instead of " + name_of(head_));
    }
    end_was_told_ = true;
  } else if (!ends_round) {
    const bool hides = !filter_.is_whole() || ask_.every.count() > 0;
    if (!hides) return fail("an id alone in a stream that hides nothing");
    if (*position <= last_position_)
      return fail("the id of " + name_of(*position) + " is not newer");
    take_heartbeat(item);
  }
  next_ = std::max(next_, *position + 1);
  most_ = std::min(most_, next_);
  last_id_ = item.text;
  last_position_ = *position;
}

void StreamJudge::take_heartbeat(const Item& item) {
  if (part_ != Part::kEvents) return fail("a comment in the greeting: " + item.text);
  if (item.kind == Item::Kind::kComment) {
    if (item.text.find_first_not_of(' ') != std::string::npos)
      return fail("a comment: " + item.text);
    // It fills a chunk whose size was sent: of events that newer ones have taken the place of, or
    // at the end of a stream whose peer has left.
    if (is_conflated() || ask_.each) return;
    if (!item.text.empty()) {
      part_ = Part::kClosed;
      return;
    }
  }
  const Time heartbeat = life_.rules().heartbeat;
  if (heartbeat.count() == 0) return fail("a heartbeat where there are none");
  if (life_.rules().times_are_exact && item.at - last_bytes_ < heartbeat - heartbeat / 4) {
    return fail("a heartbeat after " + std::to_string((item.at - last_bytes_).count() / 1'000'000) +
                " ms");
  }
}

void StreamJudge::take_closing(const Item& item) {
  closing_ = reason_of(item.text);
  part_ = Part::kClosed;
  const std::string expected =
      R"({"reason":")" + closing_ + R"(","retry":)" + std::to_string(item.retry_ms) + "}";
  if (item.text != expected) return fail("the form of sse.closing: " + item.text);
  const auto retry =
      std::chrono::duration_cast<std::chrono::milliseconds>(life_.rules().retry).count();
  const auto ms = static_cast<std::int64_t>(item.retry_ms);
  const auto is_within = [&](std::int64_t least, std::int64_t most) {
    if (ms < least || ms > most) fail("the time to stay away: " + item.text);
  };
  if ((closing_ == "done") != is_done_) return fail("it is closed as " + closing_);
  if (is_done_) return is_within(0, 2'000);
  if (closing_ == "evicted") return is_within(30'000, 60'000);
  if (closing_ == "shutdown") return is_within(retry, retry + 5'000);
  if (closing_ == "slow") return is_within(retry, retry + retry / 4 + 1);
  fail("the reason " + closing_);
}

void StreamJudge::take_end(End end, const Causes& causes) {
  if (!fault_.empty() || causes.vanished) return;
  if (!closing_.empty()) {
    const bool must_be_whole = causes.takes_all && ask_.form == RequestForm::kHttp11;
    if (must_be_whole && end != End::kWhole) return fail("sse.closing is not the end of its chunk");
    return judge_reason(causes);
  }
  if (end == End::kWhole) {
    if (!causes.left) return fail("the stream ended without sse.closing");
    has_all_to(causes.left_at, "at the end of a stream whose peer sent FIN");
    return;
  }
  // A socket that does not take the end is cut, and so is a stream that ends inside an event.
  const bool may_end = causes.evicted || causes.shut_down || causes.left || may_be_slow(causes);
  if (is_left_behind(causes) || (may_end && (causes.was_limited || end == End::kInside))) {
    return;
  }
  fail("the stream was cut");
}

void StreamJudge::judge_reason(const Causes& causes) {
  if (closing_ == "done") return;
  if (closing_ == "evicted" && causes.evicted) return;
  if (closing_ == "shutdown" && causes.shut_down) {
    if (causes.stuck >= life_.rules().drain_limit) return;  // it was waited for
    // What would have to be read from the disk is not, any more.
    if (life_.rules().part_events > 0 && life_.may_be_archived(next_)) return;
    has_all_to(life_.head(), "at the end of a drain");
    return;
  }
  if (closing_ == "slow" && may_be_slow(causes)) return;
  fail("it was closed as " + closing_ + ", and there is no cause");
}

// Also one that the log has left behind: it published more at once than it keeps.
bool StreamJudge::may_be_slow(const Causes& causes) const {
  const Rules& rules = life_.rules();
  if (is_left_behind(causes)) return true;
  if (!causes.was_limited) return false;
  const bool is_stuck = rules.slow_after.count() > 0 && causes.stuck >= rules.slow_after;
  return is_stuck || life_.bytes_behind(last_position_) > rules.max_lag;
}

// A socket that takes no more may lack the end of a chunk, and to the hub the last event with it.
bool StreamJudge::is_left_behind(const Causes& causes) const {
  const Sequence tail = life_.tail(life_.head(), {Time(0), causes.now}).most;
  // Of a start at a time on the disk the hub knows only the part, until it has read that.
  const bool may_be_in_part = ask_.position.kind == Position::Kind::kTime && last_position_ == 0 &&
                              life_.rules().part_events > 0;
  if (may_be_in_part && tail > life_.tail(head_, when_).least) return true;
  const bool may_lack_last = causes.was_limited && last_position_ > 0;
  const Sequence next = may_lack_last ? std::min(next_, last_position_) : next_;
  // What it had at rest it has, also when nothing of that was wanted, or said.
  return std::max(next, had_ + 1) < tail;
}

void StreamJudge::must_have(Sequence head) {
  if (!fault_.empty() || part_ == Part::kClosed) return;
  if (part_ != Part::kEvents) return fail("the greeting, or a gap, is missing");
  if (is_done_) return fail("it was sent the event that ends it, and is not closed");
  if (is_conflated()) {
    const std::string missing = round_.missing(life_, filter_, head, most_);
    if (!missing.empty()) return fail(missing + ", at rest");
    if (!ask_.events_only && !round_.is_empty()) return fail("the id of a round's end is missing");
  } else if (!has_all_to(head, "at rest")) {
    return;
  }
  if (!ask_.events_only && !end_was_told_) return fail("the id of the replay's end is missing");
  was_caught_up_ = true;
  had_ = std::max(had_, head);
}

void StreamJudge::must_not_be_silent(Time last, Time now, Time slack) {
  const Time heartbeat = life_.rules().heartbeat;
  if (!fault_.empty() || part_ != Part::kEvents || heartbeat.count() == 0) return;
  if (now - last > heartbeat + slack) {
    fail("it is silent for " + std::to_string((now - last).count() / 1'000'000) + " ms");
  }
}

void StreamJudge::fail(std::string what) {
  if (fault_.empty()) fault_ = std::move(what);
}

}  // namespace sse::model
