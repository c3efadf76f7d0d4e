// From appends to calls of append.lua.

#include <algorithm>
#include <exception>
#include <utility>

#include "sse/base/logging.h"
#include "sse/journal/arriving.h"
#include "sse/journal/outcomes.h"
#include "sse/journal/redis_journal.h"

namespace sse::journal {
namespace {

using log::Answered;
using log::JournalState;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Of one call; a larger append alone.
constexpr std::size_t kCallBytes = std::size_t{1} << 20U;
/// After the engine has refused writes that it may take later.
constexpr milliseconds kRetry{100};

Error lost_log_refusal() {
  return {ErrorCode::kUnavailable,
          "the event was not taken: the cluster's log was lost meanwhile, and the keys of requests "
          "with it; ask again"};
}

}  // namespace

// ---- any thread

Answered RedisJournal::append(log::Append& append, FunctionRef<Done()> later) {
  if (!append.has_pending()) return Answered::kNow;
  const std::size_t bytes = append.footprint();
  const auto peer = append.peer();
  std::optional<Error> refused;
  {
    const MutexLock lock(mutex_);
    if (state_ != JournalState::kReady) {
      refused = log::journal_refusal(state_);
    } else if (auto taken = pending_.take(peer, bytes); !taken) {
      refused = std::move(taken).error();
      ++refused_;
    } else {
      ++arriving_;
    }
  }
  if (refused) {
    append.refuse(*std::move(refused));
    return Answered::kNow;
  }
  Batch alone;
  try {
    Batch* const gathered = Arriving<RedisJournal>::gathered(*this);
    Done done = later();
    (gathered != nullptr ? *gathered : alone).emplace_back(append, done, bytes);
  } catch (...) {
    const MutexLock lock(mutex_);
    pending_.give_back(peer, bytes);
    --arriving_;
    throw;
  }
  if (!alone.empty()) put(std::move(alone));
  return Answered::kLater;
}

void RedisJournal::put(Batch arrived) {
  const std::size_t count = arrived.size();
  {
    const MutexLock lock(mutex_);
    arriving_ -= count;
    if (!is_ended_) {
      pending_appends_ += count;
      queue_.splice(queue_.end(), arrived);
      wake_.wake();
      return;
    }
    for (const Waiting& waiting : arrived) pending_.give_back(waiting.peer, waiting.bytes);
  }
  for (Waiting& waiting : arrived) {
    fail_all(waiting.append, stopped_refusal());
    call_guarded([&] { waiting.done(std::move(waiting.append)); });
  }
}

// ---- the journal's thread

bool RedisJournal::has_pending() const {
  const MutexLock lock(mutex_);
  return pending_appends_ > 0;
}

/// Makes a call of what waits, when none is under way.
void RedisJournal::gather() {
  const bool is_busy = std::any_of(calls_.begin(), calls_.end(), [](const Call& call) {
    return call.state != Call::State::kReplied && !call.is_abandoned;
  });
  if (is_busy) return;
  // It is among the calls before it takes anything: what has come gets an answer, whatever fails.
  Call& call = calls_.emplace_back();
  {
    const MutexLock lock(mutex_);
    std::size_t bytes = 0;
    while (!queue_.empty() &&
           (call.appends.empty() || bytes + queue_.front().bytes <= kCallBytes)) {
      bytes += queue_.front().bytes;
      call.appends.splice(call.appends.end(), queue_, queue_.begin());
    }
  }
  if (call.appends.empty()) return calls_.pop_back();
  try {
    fill(call);
    if (call.appends.empty()) return calls_.pop_back();
    call.counter = ++counter_;
  } catch (const std::exception& failure) {
    fail(call,
         {ErrorCode::kUnavailable, std::string("the event was not taken: ") + failure.what()});
    calls_.pop_back();
  }
}

/// Makes the batch of the call's appends.
void RedisJournal::fill(Call& call) {
  std::vector<const log::Append*> appends;
  std::uint32_t event = 0;
  for (auto each = call.appends.begin(); each != call.appends.end();) {
    Waiting& waiting = *each;
    waiting.first_event = event;
    // The outcomes are pending still: a claim does not depend on them.
    auto record = waiting.append.repeat();
    waiting.claim = std::move(record.claim);
    waiting.settle = std::move(record.settle);
    if (is_of_lost_log(waiting)) {
      fail_all(waiting.append, lost_log_refusal());
      answer(waiting);
      each = call.appends.erase(each);
      continue;
    }
    ++each;
    event += static_cast<std::uint32_t>(waiting.append.pending_count());
    appends.push_back(&waiting.append);
  }
  call.batch = make_batch(appends);
}

/// Whether the key of the request has a name that no other node gives it: under that name it would
/// be done a second time.
bool RedisJournal::is_of_lost_log(const Waiting& waiting) const {
  return waiting.claim && waiting.claim->digest_key != digest_key_;
}

/// None of these is in this order: they were made for another one, or are not sent yet.
void RedisJournal::refuse_calls_of_lost_log() {
  for (Call& call : calls_) {
    const bool is_old = std::any_of(call.appends.begin(), call.appends.end(),
                                    [&](const Waiting& each) { return is_of_lost_log(each); });
    if (is_old && !call.has_entry) fail(call, lost_log_refusal());
  }
  std::erase_if(calls_, [](const Call& call) { return call.appends.empty(); });
}

void RedisJournal::send_next() {
  if (std::find(replies_.begin(), replies_.end(), Reply::kAppend) != replies_.end()) return;
  if (steady_clock::now() < retry_at_) return;
  const auto next = std::find_if(calls_.begin(), calls_.end(), [](const Call& call) {
    return call.state == Call::State::kUnsent && !call.is_abandoned;
  });
  if (next == calls_.end()) return;
  const std::string epoch = std::to_string(epoch_);
  const std::string counter = std::to_string(next->counter);
  const std::string events = std::to_string(next->batch.events);
  const auto milliseconds_text = [](std::chrono::nanoseconds time) {
    return std::to_string(std::chrono::ceil<milliseconds>(time).count());
  };
  const std::string window = milliseconds_text(settings_.repeats.window);
  std::string claims;
  std::vector<std::string> once_keys;
  for (const Waiting& waiting : next->appends) {
    if (!waiting.claim || settings_.repeats.window.count() == 0) continue;
    append_claim(claims, waiting.first_event, waiting.append, waiting.claim->fingerprint);
    once_keys.push_back(link_->key("once:" + waiting.claim->name));
  }
  std::vector<std::string_view> keys{node_key_};
  keys.insert(keys.end(), once_keys.begin(), once_keys.end());
  const std::string_view arguments[] = {
      epoch, counter, events, next->batch.chunks, next->batch.changes, claims, window};
  link_->send_append(keys, arguments);
  await_reply(Reply::kAppend);
  next->state = Call::State::kUnderWay;
  next->epoch = epoch_;
  next->may_be_taken = true;
  next->waits_for_replicas = settings_.cluster.replicas > 0;
}

/// Sent once the call is known to be written: what it refuses would wait for what was before it.
void RedisJournal::ask_replicas(const Call& call) {
  const auto timeout = std::chrono::ceil<milliseconds>(settings_.cluster.timeout);
  link_->calls().send(
      {"WAIT", std::to_string(settings_.cluster.replicas), std::to_string(timeout.count())});
  await_reply(Reply::kReplicas);
  asked_replicas_.push_back(call.counter);
}

void RedisJournal::take_replicas(const RedisReply& reply) {
  const std::uint64_t counter = asked_replicas_.front();
  asked_replicas_.pop_front();
  const auto call = std::find_if(calls_.begin(), calls_.end(),
                                 [&](const Call& each) { return each.counter == counter; });
  if (call == calls_.end()) return;
  call->waits_for_replicas = false;
  call->lacks_replicas =
      reply.is_error() || static_cast<std::size_t>(reply.integer) < settings_.cluster.replicas;
}

/// Of a request that was just sent.
void RedisJournal::await_reply(Reply kind) {
  if (replies_.empty()) replies_since_ = steady_clock::now();
  replies_.push_back(kind);
}

Status RedisJournal::take_replies() {
  Status exchanged = link_->calls().exchange();
  while (auto reply = SSE_TRY(link_->calls().next())) {
    if (replies_.empty()) return Error{ErrorCode::kInvalid, "a reply that was not asked for"};
    const Reply kind = replies_.front();
    replies_.pop_front();
    replies_since_ = steady_clock::now();
    if (kind == Reply::kAppend) SSE_TRY(take_append_reply(*reply));
    if (kind == Reply::kAttach) {
      const auto now = SSE_TRY(link_->read_attached(*reply));
      // Other requests are under way: what must be read is read over another connection.
      if (auto why = reason_to_load(now)) return Error{ErrorCode::kUnavailable, *std::move(why)};
      SSE_TRY(attached(now));
    }
    if (kind == Reply::kReplicas) take_replicas(*reply);
    if (kind == Reply::kOldest) take_oldest(*reply);
  }
  settle_calls();
  return exchanged;
}

Status RedisJournal::take_append_reply(const RedisReply& reply) {
  const auto found = std::find_if(calls_.begin(), calls_.end(), [](const Call& call) {
    return call.state == Call::State::kUnderWay;
  });
  if (found == calls_.end()) return {};
  Call& call = *found;
  if (reply.is_error()) return take_append_error(call, reply);
  ++answered_calls_;
  call.state = Call::State::kReplied;
  call.known_by = reply.at(2).number();
  engine_head_ = std::max(engine_head_.load(), call.known_by);
  if (reply.at(0).text == "none") call.left_out = reply.at(3).text;
  if (call.waits_for_replicas) ask_replicas(call);
  return {};
}

// None of these has done anything; of an earlier try that is not known, but by its entry.
Status RedisJournal::take_append_error(Call& call, const RedisReply& reply) {
  call.state = call.has_entry ? Call::State::kReplied : Call::State::kUnsent;
  call.may_be_taken = call.is_reply_lost;
  call.waits_for_replicas = false;
  if (reply.is_error("NOSCRIPT")) {
    link_->forget_script();
    return {};
  }
  for (const char* code : {"NOREPLICAS", "BUSY", "MISCONF"}) {
    if (!reply.is_error(code)) continue;
    retry_at_ = steady_clock::now() + kRetry;
    return {};
  }
  for (const char* code : {"STALE", "READONLY", "LOADING", "MASTERDOWN", "NOAUTH"}) {
    if (reply.is_error(code)) return Error{ErrorCode::kUnavailable, reply.text};
  }
  if (call.has_entry) return {};
  ++failed_;
  Error error{ErrorCode::kIo, "the event was not taken: Redis says " + reply.text};
  if (call.may_be_taken) {
    error = {ErrorCode::kUnknown, "the event may have been taken: Redis says " + reply.text};
  }
  if (reply.is_error("OOM")) {
    error = {ErrorCode::kFull, "the event was not taken: Redis has no memory left (maxmemory)"};
  } else if (reply.is_error("NOSEQUENCE")) {
    error = {ErrorCode::kFull, "the log has used up its sequence numbers"};
  }
  fail(call, error);
  const std::uint64_t counter = call.counter;
  std::erase_if(calls_, [&](const Call& each) { return each.counter == counter; });
  return {};
}

}  // namespace sse::journal
