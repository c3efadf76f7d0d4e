#include "sse/journal/redis_asides.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "sse/journal/outcomes.h"
#include "sse/journal/redis_link.h"

namespace sse::journal {
namespace {

using std::chrono::steady_clock;

Error stopping() {
  return {ErrorCode::kUnavailable, "the hub is stopping"};
}

Error not_in_time() {
  return {ErrorCode::kUnavailable, "Redis does not answer in time (--cluster-timeout)"};
}

Error too_many() {
  return {ErrorCode::kUnavailable, "too many calls wait for Redis (--max-connections)"};
}

void tell(const RedisAsides::Done& done, const Result<RedisReply>& outcome) {
  if (done) call_guarded([&] { done(outcome); });
}

}  // namespace

void RedisAsides::set_script(Script script, std::string text, std::vector<std::string> keys) {
  text_of(script) = {std::move(text), std::move(keys), Known::kNo, {}};
}

void RedisAsides::begin() {
  const MutexLock lock(mutex_);
  own_thread_ = std::this_thread::get_id();
}

void RedisAsides::ask(Script script, std::vector<std::string> arguments, const Done& done) {
  Status kept;
  {
    const MutexLock lock(mutex_);
    kept = keep(script, std::move(arguments), done);
  }
  if (!kept) return tell(done, kept.error());
  wake_();
}

Status RedisAsides::keep(Script script, std::vector<std::string> arguments, const Done& done) {
  if (is_ended_) return stopping();
  Place place;
  if (std::this_thread::get_id() != own_thread_) {
    if (kept_ >= most_) return too_many();
    place.reset(&kept_);
    ++kept_;
  }
  queue_.push_back(
      {script, std::move(arguments), done, steady_clock::now(), false, std::move(place)});
  return {};
}

void RedisAsides::send(RedisConnection& connection) {
  if (!load_scripts(connection)) return;
  std::deque<Call> calls;
  {
    const MutexLock lock(mutex_);
    calls.swap(queue_);
  }
  for (Call& call : calls) send_call(connection, std::move(call));
}

/// Whether the engine has them.
bool RedisAsides::load_scripts(RedisConnection& connection) {
  bool are_known = true;
  for (const auto script : {Script::kTickets, Script::kHubs}) {
    Text& text = text_of(script);
    are_known = are_known && text.known == Known::kYes;
    if (text.known != Known::kNo) continue;
    text.known = Known::kAsked;
    if (under_way_.empty()) replies_since_ = steady_clock::now();
    connection.send({"SCRIPT", "LOAD", text.text});
    under_way_.push_back({script, {}, nullptr, steady_clock::now(), true});
  }
  return are_known;
}

void RedisAsides::send_call(RedisConnection& connection, Call call) {
  const Text& text = text_of(call.script);
  const std::string count = std::to_string(text.keys.size());
  std::vector<std::string_view> words{"EVALSHA", text.sha, count};
  words.insert(words.end(), text.keys.begin(), text.keys.end());
  words.insert(words.end(), call.arguments.begin(), call.arguments.end());
  if (under_way_.empty()) replies_since_ = steady_clock::now();
  connection.send(words);
  under_way_.push_back(std::move(call));
}

Status RedisAsides::take(RedisConnection& connection) {
  Status exchanged = connection.exchange();
  while (const auto reply = SSE_TRY(connection.next())) {
    if (under_way_.empty()) return Error{ErrorCode::kInvalid, "a reply that was not asked for"};
    replies_since_ = steady_clock::now();
    SSE_TRY(take_reply(*reply));
  }
  return exchanged;
}

Status RedisAsides::take_reply(const RedisReply& reply) {
  Call call = std::move(under_way_.front());
  under_way_.pop_front();
  Text& text = text_of(call.script);
  if (call.is_load) {
    if (reply.is_error()) return error_of_reply(reply);
    text.known = Known::kYes;
    text.sha = reply.text;
    return {};
  }
  // As after SCRIPT FLUSH. Others may be under way that say the same.
  if (reply.is_error("NOSCRIPT")) {
    if (text.known == Known::kYes) text.known = Known::kNo;
    put_back(std::move(call));
    return {};
  }
  if (reply.is_error("READONLY")) {
    put_back(std::move(call));
    return error_of_reply(reply);
  }
  if (reply.is_error()) {
    tell(call.done, error_of_reply(reply));
  } else {
    tell(call.done, reply);
  }
  return {};
}

/// In front of what was asked later.
void RedisAsides::put_back(Call call) {
  if (!call.done) return;
  const MutexLock lock(mutex_);
  const auto later = std::find_if(queue_.begin(), queue_.end(),
                                  [&](const Call& each) { return each.since > call.since; });
  queue_.insert(later, std::move(call));
}

bool RedisAsides::is_silent(std::chrono::nanoseconds longest) const {
  return !under_way_.empty() && steady_clock::now() - replies_since_ > longest;
}

void RedisAsides::lose() {
  for (Text& text : texts_) text.known = Known::kNo;
  for (Call& call : std::exchange(under_way_, {})) {
    if (!call.is_load) put_back(std::move(call));
  }
}

void RedisAsides::expire(SteadyTime now) {
  const auto is_late = [&](const Call& call) { return now - call.since > longest_; };
  std::deque<Call> late;
  {
    const MutexLock lock(mutex_);
    while (!queue_.empty() && is_late(queue_.front())) {
      late.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
  }
  for (const Call& call : late) tell(call.done, not_in_time());
  // Their replies come in their places.
  for (Call& call : under_way_) {
    if (call.done && is_late(call)) tell(std::exchange(call.done, nullptr), not_in_time());
  }
}

void RedisAsides::end() {
  std::deque<Call> calls;
  {
    const MutexLock lock(mutex_);
    is_ended_ = true;
    calls.swap(queue_);
  }
  for (const Call& call : std::exchange(under_way_, {})) tell(call.done, stopping());
  for (const Call& call : calls) tell(call.done, stopping());
}

}  // namespace sse::journal
