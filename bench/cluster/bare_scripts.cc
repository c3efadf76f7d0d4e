#include "cluster/bare_scripts.h"

#include <charconv>
#include <utility>

#include <hiredis/hiredis.h>

namespace sse::bench {
namespace {

constexpr const char* kEpoch = "bare";

constexpr std::string_view kAttach = R"(
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[2], 'epoch', ARGV[1], 'ms', 0, 'seq', 0)
return 1)";

constexpr std::string_view kAppend = R"(
local meta = redis.call('HMGET', KEYS[2], 'epoch', 'ms', 'seq')
if meta[1] ~= ARGV[1] then return redis.error_reply('STALE') end
local counter = tonumber(ARGV[2])
if counter <= tonumber(redis.call('GET', KEYS[3]) or '0') then return 0 end
local time = redis.call('TIME')
local now = math.max(time[1] * 1000 + math.floor(time[2] / 1000), tonumber(meta[2]))
local events = tonumber(ARGV[3])
local last = tonumber(meta[3]) + events
redis.call('XADD', KEYS[1], string.format('%.0f-%.0f', now, last), 'e', meta[1], 'n', events, 'b', ARGV[4])
redis.call('HSET', KEYS[2], 'ms', now, 'seq', last)
redis.call('SET', KEYS[3], counter, 'EX', 86400)
return events)";

Error broken(const std::string& what) {
  return {ErrorCode::kUnavailable, "Redis: " + what};
}

/// Of digits that our own script has written.
std::uint64_t number(std::string_view digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

}  // namespace

void BareScripts::Free::operator()(redisContext* context) const {
  redisFree(context);
}

void BareScripts::Free::operator()(redisReply* reply) const {
  freeReplyObject(reply);
}

BareScripts::BareScripts(redisContext* context, std::string name)
    : context_(context), name_(std::move(name)) {
}

Result<BareScripts> BareScripts::connect(std::uint16_t port, std::string name) {
  BareScripts scripts(redisConnect("127.0.0.1", port), std::move(name));
  if (scripts.context_ == nullptr || scripts.context_->err != 0) {
    return broken("no server listens on port " + std::to_string(port) + " of 127.0.0.1");
  }
  return scripts;
}

Result<BareScripts::Reply> BareScripts::ask(const std::vector<std::string_view>& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  for (const auto word : words) {
    texts.push_back(word.data());
    lengths.push_back(word.size());
  }
  Reply reply(static_cast<redisReply*>(redisCommandArgv(
      context_.get(), static_cast<int>(texts.size()), texts.data(), lengths.data())));
  if (reply == nullptr) return broken(context_->errstr);
  if (reply->type == REDIS_REPLY_ERROR) return broken(std::string(reply->str, reply->len));
  return reply;
}

std::string BareScripts::key(std::string_view part) const {
  return "{" + name_ + "}:" + std::string(part);
}

Status BareScripts::attach() {
  const auto log = key("log");
  const auto meta = key("meta");
  const auto node = key("node");
  SSE_TRY(ask({"EVAL", kAttach, "3", log, meta, node, kEpoch}));
  const auto loaded = SSE_TRY(ask({"SCRIPT", "LOAD", kAppend}));
  digest_.assign(loaded->str, loaded->len);
  return {};
}

Status BareScripts::append(std::uint64_t events, std::string_view chunk) {
  const auto log = key("log");
  const auto meta = key("meta");
  const auto node = key("node");
  const auto counter = std::to_string(++counter_);
  const auto count = std::to_string(events);
  const auto reply =
      SSE_TRY(ask({"EVALSHA", digest_, "3", log, meta, node, kEpoch, counter, count, chunk}));
  if (std::cmp_not_equal(reply->integer, events)) return broken("a chunk was taken for a repeat");
  return {};
}

Result<std::vector<BareScripts::Entry>> BareScripts::read(const std::string& id,
                                                          std::chrono::milliseconds wait) {
  const auto log = key("log");
  const auto limit = std::to_string(wait.count());
  const auto reply = SSE_TRY(ask({"XREAD", "COUNT", "1000", "BLOCK", limit, "STREAMS", log, id}));
  std::vector<Entry> entries;
  if (reply->type == REDIS_REPLY_NIL) return entries;
  const auto& found = *reply->element[0]->element[1];
  for (std::size_t i = 0; i < found.elements; ++i) {
    const auto& name = *found.element[i]->element[0];
    const auto& fields = *found.element[i]->element[1];
    const std::string_view id_text(name.str, name.len);
    entries.push_back({std::string(id_text), number(id_text.substr(id_text.find('-') + 1)),
                       number({fields.element[3]->str, fields.element[3]->len})});
  }
  return entries;
}

Status BareScripts::ping() {
  SSE_TRY(ask({"PING"}));
  return {};
}

Status BareScripts::remove() {
  const auto log = key("log");
  const auto meta = key("meta");
  const auto node = key("node");
  SSE_TRY(ask({"DEL", log, meta, node}));
  return {};
}

}  // namespace sse::bench
