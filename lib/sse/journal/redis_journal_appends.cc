// From appends to calls of append.lua.

#include <algorithm>
#include <utility>

#include "sse/base/gathering.h"
#include "sse/base/logging.h"
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

bool has_pending_item(const log::Append& append) {
  const auto items = append.items();
  return std::any_of(items.begin(), items.end(),
                     [](const auto& item) { return item.is_pending(); });
}

}  // namespace

// ---- any thread

Answered RedisJournal::append(log::Append& append, FunctionRef<Done()> later) {
  if (!has_pending_item(append)) return Answered::kNow;
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
    Batch* const gathered = gathered_batch();
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

/// What the requests of a turn publish: one call then.
struct RedisJournal::Arriving final : Parcel {
  explicit Arriving(RedisJournal& its_journal) : journal(its_journal) {}
  void deliver() override { journal.put(std::move(appends)); }

  RedisJournal& journal;  // stop() waits for what arrives
  Batch appends;
};

/// Null where nothing is gathered.
RedisJournal::Batch* RedisJournal::gathered_batch() {
  Gathering* const gathering = Gathering::current();
  if (gathering == nullptr) return nullptr;
  auto& parcel = gathering->parcel(this, [this] { return std::make_unique<Arriving>(*this); });
  return &static_cast<Arriving&>(parcel).appends;
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
  Call call;
  {
    const MutexLock lock(mutex_);
    std::size_t bytes = 0;
    while (!queue_.empty() &&
           (call.appends.empty() || bytes + queue_.front().bytes <= kCallBytes)) {
      bytes += queue_.front().bytes;
      call.appends.splice(call.appends.end(), queue_, queue_.begin());
    }
  }
  if (call.appends.empty()) return;
  std::vector<const log::Append*> appends;
  std::uint32_t event = 0;
  for (Waiting& waiting : call.appends) {
    const auto items = waiting.append.items();
    waiting.first_event = event;
    // The outcomes are pending still: a claim does not depend on them.
    call_guarded([&] { waiting.claim = waiting.append.repeat().claim; });
    event += static_cast<std::uint32_t>(std::count_if(
        items.begin(), items.end(), [](const auto& item) { return item.is_pending(); }));
    appends.push_back(&waiting.append);
  }
  call.batch = make_batch(appends);
  call.counter = ++counter_;
  calls_.push_back(std::move(call));
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
  const std::string ttl = milliseconds_text(settings_.log.ttl);
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
      epoch, counter, events, next->batch.chunks, next->batch.changes, claims, ttl, window};
  if (replies_.empty()) replies_since_ = steady_clock::now();
  link_->send_append(keys, arguments);
  replies_.push_back(Reply::kAppend);
  next->state = Call::State::kUnderWay;
  next->may_be_taken = true;
  if (settings_.cluster.replicas == 0) return;
  link_->calls().send({"WAIT", std::to_string(settings_.cluster.replicas),
                       milliseconds_text(settings_.cluster.timeout)});
  replies_.push_back(Reply::kReplicas);
  next->waits_for_replicas = true;
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
      SSE_TRY(attached(now));
    }
    if (kind != Reply::kReplicas) continue;
    const auto call = std::find_if(calls_.begin(), calls_.end(),
                                   [](const Call& each) { return each.waits_for_replicas; });
    if (call == calls_.end()) continue;
    call->waits_for_replicas = false;
    call->lacks_replicas =
        reply->is_error() || static_cast<std::size_t>(reply->integer) < settings_.cluster.replicas;
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
  if (reply.at(0).text != "none") return {};
  call.left_out = reply.at(3).text;
  return {};
}

// None of these has done anything.
Status RedisJournal::take_append_error(Call& call, const RedisReply& reply) {
  call.state = Call::State::kUnsent;
  call.may_be_taken = false;
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
  ++failed_;
  Error error{ErrorCode::kIo, "the event was not taken: Redis says " + reply.text};
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
