// From the outcomes of calls to the answers of their appends.

#include <algorithm>
#include <utility>

#include "sse/journal/outcomes.h"
#include "sse/journal/redis_journal.h"

namespace sse::journal {
namespace {

using std::chrono::steady_clock;

/// A longer answer is known to the hub alone that has given it; others say 409.
constexpr std::size_t kMostKeptAnswer = std::size_t{64} << 10U;

}  // namespace

/// Answers the calls whose outcome is known and here.
void RedisJournal::settle_calls() {
  for (Call& call : calls_) {
    if (call.state != Call::State::kReplied || head_.sequence() < call.known_by) continue;
    if (!call.left_out && !call.has_entry) {
      // It was taken, and retention has deleted it before this node has seen it.
      fail(call, {ErrorCode::kUnknown, "the event was taken, and is not in the log any more"});
    }
    if (call.waits_for_replicas) continue;
    if (call.left_out) tell_left_out(call);
    for (Waiting& waiting : call.appends) {
      if (call.lacks_replicas && !note_lack(waiting)) continue;
      call_guarded([&] { keep_answer(waiting); });
      answer(waiting);
    }
    call.appends.clear();
  }
  std::erase_if(calls_, [](const Call& call) { return call.appends.empty(); });
}

/// Of what was kept, now or by an earlier try, and fewer replicas have than was asked for. Its key
/// is given back: Redis knows it, so a repeat is not done again, and waits for replicas itself.
/// False: it was answered before.
bool RedisJournal::note_lack(Waiting& waiting) {
  const auto items = waiting.append.items();
  const bool is_kept = std::any_of(items.begin(), items.end(), [](const auto& item) {
    return item.outcome.kind == log::Outcome::Kind::kAppended;
  });
  if (!is_kept && !waiting.is_known) return true;
  if (waiting.is_answered) {
    settle(waiting, false);
    return false;
  }
  if (waiting.settle) call_guarded([&] { waiting.settle(false); });
  if (waiting.is_known) waiting.claim->known.reset();
  fail_all(waiting.append, {ErrorCode::kUnknown,
                            "the event is in the log, but fewer replicas than --cluster-replicas "
                            "have said in time that they have it; a fail-over may lose it"});
  return true;
}

/// An entry that this node has asked for. The follower has it.
void RedisJournal::take_own(const RedisEntry& entry) {
  if (entry.node != node_key_) return;
  own_events_ += entry.entries.size();
  newest_own_ = std::max(newest_own_, entry.counter);
  const auto call = std::find_if(calls_.begin(), calls_.end(),
                                 [&](const Call& each) { return each.counter == entry.counter; });
  if (call == calls_.end() || call->has_entry) return;
  // A call that is under way may be known here before its reply is. What an engine has said that
  // lost it says nothing of this place.
  call->has_entry = true;
  call->known_by = entry.place.last;
  if (call->state == Call::State::kUnsent) call->state = Call::State::kReplied;
  wire::EventId before = wire::EventId::make(entry.place.time, entry.epoch, entry.first() - 1);
  for (Waiting& waiting : call->appends) {
    take_claims(waiting, entry.left_out);
    before = tell_outcomes(waiting.append, waiting.first_event, entry.left_out, before);
  }
}

/// All events of the call were left out.
void RedisJournal::tell_left_out(Call& call) {
  const auto left_out = read_left_out(*call.left_out);
  if (!left_out) return fail(call, {ErrorCode::kUnknown, left_out.error().text});
  for (Waiting& waiting : call.appends) {
    take_claims(waiting, *left_out);
    tell_outcomes(waiting.append, waiting.first_event, *left_out, head_);
  }
}

/// Notes that the request of the append was done already, if it was.
void RedisJournal::take_claims(Waiting& waiting, std::span<const LeftOut> left_out) {
  if (!waiting.claim) return;
  const auto found = std::find_if(left_out.begin(), left_out.end(), [&](const LeftOut& left) {
    return left.event == waiting.first_event && left.why == LeftOut::Why::kKeyKnown;
  });
  if (found == left_out.end()) return;
  waiting.is_known = true;
  // A caller that has got the early answer may read the claim now.
  if (!waiting.is_answered) waiting.claim->known = read_known_key(found->text);
}

/// Gives the answer to a request with a key to the other nodes, where it is short.
void RedisJournal::keep_answer(const Waiting& waiting) {
  if (!waiting.claim || waiting.is_known || !link_->calls().is_open()) return;
  const std::string text = waiting.append.repeat().text;
  if (text.empty() || text.size() > kMostKeptAnswer) return;
  link_->calls().send({"SET", link_->key("once:" + waiting.claim->name),
                       known_key_of(waiting.claim->fingerprint, text), "XX", "KEEPTTL"});
  await_reply(Reply::kKept);
}

void RedisJournal::fail(Call& call, const Error& error) {
  for (Waiting& waiting : call.appends) {
    if (!waiting.is_answered) {
      fail_all(waiting.append, error);
      answer(waiting);
    } else if (error.code != ErrorCode::kUnknown) {
      settle(waiting, false);
    }
  }
  call.appends.clear();
}

/// Tells what has become of an append that was answered without its outcome.
void RedisJournal::settle(Waiting& waiting, bool is_kept) {
  call_guarded([&] {
    // Made of the outcomes, while the older record still holds the key.
    const auto record = waiting.append.repeat();
    if (record.settle) record.settle(is_kept && !waiting.is_known);
    waiting.settle = nullptr;
  });
}

/// Gives the append its outcomes.
void RedisJournal::answer(Waiting& waiting) {
  if (waiting.is_answered) return settle(waiting, true);
  {
    const MutexLock lock(mutex_);
    --pending_appends_;
    pending_.give_back(waiting.peer, waiting.bytes);
  }
  waiting.settle = nullptr;  // before the answer: it holds the key
  call_guarded([&] { waiting.done(std::move(waiting.append)); });
}

void RedisJournal::answer_early(Waiting& waiting, const Error& error) {
  waiting.is_answered = true;
  ++timed_out_;
  {
    const MutexLock lock(mutex_);
    --pending_appends_;
    pending_.give_back(waiting.peer, waiting.bytes);
  }
  call_guarded([&] {
    log::Append copy = waiting.append;  // its outcome may still come
    fail_all(copy, error);
    waiting.done(std::move(copy));
  });
}

/// Answers the appends that came at `before` or earlier, without their outcomes.
void RedisJournal::expire(SteadyTime before, const Error& unsent, const Error& sent) {
  Batch late;
  {
    const MutexLock lock(mutex_);
    while (!queue_.empty() && queue_.front().since <= before) {
      late.splice(late.end(), queue_, queue_.begin());
    }
  }
  for (Waiting& waiting : late) answer_early(waiting, unsent);
  for (Call& call : calls_) {
    bool are_all_answered = true;
    for (Waiting& waiting : call.appends) {
      if (!waiting.is_answered && waiting.since <= before) {
        answer_early(waiting, call.may_be_taken ? sent : unsent);
      }
      are_all_answered = are_all_answered && waiting.is_answered;
    }
    // What was answered so long ago shall not appear later.
    if (are_all_answered && call.state == Call::State::kUnsent) call.is_abandoned = true;
  }
  forget_calls();
}

/// Of abandoned calls those that may have been taken are kept, until it is known.
void RedisJournal::forget_calls() {
  // The log here holds all that an engine before this one has handed on.
  const bool has_past = !epochs_.empty() && head_.sequence() + 1 >= epochs_.back().first;
  const auto is_refused = [&](const Call& call) {
    if (!call.is_abandoned || call.has_entry) return false;
    // The engine takes no call after a later one of this node, nor one of an epoch that is over.
    return !call.may_be_taken || call.counter < newest_own_ || (call.epoch != epoch_ && has_past);
  };
  for (Call& call : calls_) {
    if (!is_refused(call)) continue;
    for (Waiting& waiting : call.appends) settle(waiting, false);
    call.appends.clear();
  }
  std::erase_if(calls_, [](const Call& call) { return call.appends.empty(); });
}

}  // namespace sse::journal
