#include "sse/journal/redis_link.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sse/base/quantities.h"
#include "sse/journal/redis_info.h"
#include "sse/journal/redis_scripts.h"

namespace sse::journal {
namespace {

using std::chrono::milliseconds;

milliseconds milliseconds_of(const RedisReply& reply) {
  return milliseconds(static_cast<std::int64_t>(reply.number()));
}

wire::Epoch epoch_in(const RedisReply& reply) {
  return static_cast<wire::Epoch>(reply.number() & wire::kMaxEpoch);
}

/// `epoch first ms epoch-before`.
std::optional<EpochRecord> read_record(std::string_view text) {
  std::array<std::uint64_t, 4> numbers{};
  for (std::uint64_t& number : numbers) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const auto parsed = parse_digits(text.substr(0, end));
    if (!parsed) return std::nullopt;
    number = *parsed;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const auto [epoch, first, time, before] = numbers;
  if (first == 0) return std::nullopt;
  return EpochRecord{static_cast<wire::Epoch>(epoch), first,
                     wire::EventId::make(milliseconds(static_cast<std::int64_t>(time)),
                                         static_cast<wire::Epoch>(before), first - 1)};
}

Error forbidden(std::string why) {
  return {ErrorCode::kForbidden, std::move(why)};
}

/// A request that must succeed. Error: kForbidden, also where Redis does not know what is asked
/// for, such as a password that it does not need, or a database that it does not have.
Status request(RedisConnection& connection, std::initializer_list<std::string_view> words,
               const RedisPatience& patience) {
  const auto reply = SSE_TRY(connection.call(words, patience));
  if (!reply.is_error()) return {};
  return reply.is_error("ERR") ? forbidden(reply.text) : error_of_reply(reply);
}

/// Says who we are; without a password: nothing.
Status log_in(RedisConnection& connection, const std::string& user, const std::string& password,
              const RedisPatience& patience) {
  if (password.empty()) return {};
  if (user.empty()) return request(connection, {"AUTH", password}, patience);
  return request(connection, {"AUTH", user, password}, patience);
}

/// What INFO says that must hold.
Status check_info(std::string_view info) {
  const std::string_view version = info_field(info, "redis_version");
  const auto major = parse_digits(version.substr(0, version.find('.')));
  if (!major || *major < 7) {
    return forbidden("it is Redis " + std::string(version) + "; expected 7 or later");
  }
  if (info_field(info, "redis_mode") == "cluster") {
    return forbidden("it is in Redis Cluster mode; expected one master, with or without sentinels");
  }
  const std::string_view policy = info_field(info, "maxmemory_policy");
  if (policy != "noeviction") {
    return forbidden("its maxmemory-policy is " + std::string(policy) +
                     ", which deletes events as it likes; expected noeviction");
  }
  return {};
}

/// A connection to a server of this address, which need not be the one that is meant.
Result<RedisConnection> log_in(const RedisEngine& engine, const RedisPatience& patience) {
  auto connection = SSE_TRY(RedisConnection::open(engine.address, patience, engine.tls));
  SSE_TRY(log_in(connection, engine.user, engine.password, patience));
  if (engine.database != 0) {
    SSE_TRY(request(connection, {"SELECT", std::to_string(engine.database)}, patience));
  }
  return connection;
}

}  // namespace

Result<RedisConnection> RedisEngine::open(const RedisPatience& patience) const {
  auto connection = SSE_TRY(log_in(*this, patience));
  const auto info = SSE_TRY(connection.call({"INFO", "server"}, patience));
  if (info.is_error()) return error_of_reply(info);
  if (info_field(info.text, "run_id") == run_id) return connection;
  return Error{ErrorCode::kUnavailable, "two connections lead to two servers"};
}

Error error_of_reply(const RedisReply& reply) {
  ErrorCode code = ErrorCode::kUnavailable;
  for (const char* final : {"WRONGPASS", "NOAUTH", "NOPERM"}) {
    if (reply.is_error(final)) code = ErrorCode::kForbidden;
  }
  if (reply.is_error("OOM")) code = ErrorCode::kFull;
  return {code, reply.is_error() ? reply.text : "an unexpected reply"};
}

// ---- where the order stands

wire::Epoch Attached::epoch_of(wire::Sequence sequence) const {
  wire::Epoch found = epochs.empty() ? epoch : epochs.front().epoch;
  for (const EpochRecord& record : epochs) {
    if (record.first <= sequence) found = record.epoch;
  }
  return found;
}

bool Attached::has(const wire::EventId& id) const {
  const wire::Sequence sequence = id.sequence();
  if (sequence > head.sequence()) return false;
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    const EpochRecord& record = epochs[i];
    if (record.epoch != id.epoch()) continue;
    if (sequence == 0) return record.first == 1;
    return sequence >= record.first && (i + 1 == epochs.size() || sequence < epochs[i + 1].first);
  }
  return false;
}

// Orders are the same up to where one of them was cut off.
std::optional<wire::EventId> Attached::common(const std::vector<EpochRecord>& past,
                                              const wire::EventId& past_head) const {
  for (std::size_t i = past.size(); i-- > 0;) {
    const auto same = std::find_if(epochs.begin(), epochs.end(), [&](const EpochRecord& record) {
      return record.epoch == past[i].epoch && record.first == past[i].first;
    });
    if (same == epochs.end()) continue;
    const wire::EventId theirs = i + 1 < past.size() ? past[i + 1].before : past_head;
    const wire::EventId ours = same + 1 != epochs.end() ? (same + 1)->before : head;
    return theirs.sequence() < ours.sequence() ? theirs : ours;
  }
  return std::nullopt;
}

Result<Attached> RedisLink::read_attached(const RedisReply& reply) {
  if (reply.is_error()) return error_of_reply(reply);
  Attached attached;
  attached.why = reply.at(0).text;
  attached.epoch = epoch_in(reply.at(1));
  attached.head = wire::EventId::make(milliseconds_of(reply.at(2)), epoch_in(reply.at(4)),
                                      reply.at(3).number());
  attached.now = milliseconds_of(reply.at(5));
  const RedisReply& limits = reply.at(6);
  attached.limits = {limits.at(0).number(), limits.at(1).number(), limits.at(2).number()};
  attached.max_event_size = limits.at(3).number();
  attached.retention = {milliseconds_of(limits.at(4)), limits.at(5).number()};
  for (const RedisReply& item : reply.at(7).items) {
    const auto record = read_record(item.text);
    if (!record) return Error{ErrorCode::kInvalid, "the list of epochs in Redis is damaged"};
    attached.epochs.push_back(*record);
  }
  // A log that is made again has the key that its nodes have.
  digest_key_ = reply.at(8).text;
  const std::size_t space = std::min(digest_key_.find(' '), digest_key_.size());
  attached.digest_key = {
      parse_digits(std::string_view(digest_key_).substr(0, space)).value_or(0),
      parse_digits(std::string_view(digest_key_).substr(std::min(space + 1, digest_key_.size())))
          .value_or(0)};
  if (attached.epochs.empty()) {
    return Error{ErrorCode::kInvalid, "the list of epochs in Redis is gone"};
  }
  return attached;
}

// ---- connecting

RedisLink::RedisLink(const ClusterOptions& options, RedisUrl url, const RedisLogLimits& limits,
                     RandomSource& random)
    : options_(options),
      url_(std::move(url)),
      limits_(limits),
      random_(random),
      prefix_("{" + url_.name + "}:"),
      digest_key_(std::to_string(random.next()) + " " + std::to_string(random.next())) {
}

void RedisLink::close() {
  calls_ = RedisConnection();
  tail_ = RedisConnection();
  asides_ = RedisConnection();
}

std::optional<RedisTlsFiles> RedisLink::tls() const {
  if (!url_.is_secure) return std::nullopt;
  return options_.tls;
}

Result<Attached> RedisLink::connect(const RedisPatience& patience) {
  close();
  const auto servers = SSE_TRY(find_servers(patience));
  Error failure{ErrorCode::kUnavailable, "there is no server"};
  for (const RedisAddress& address : servers) {
    auto attached = connect_to(address, patience);
    if (attached) return attached;
    close();
    failure = {attached.error().code, to_string(address) + ": " + attached.error().text};
    if (failure.code == ErrorCode::kForbidden) break;
  }
  return failure;
}

Result<std::vector<RedisAddress>> RedisLink::find_servers(const RedisPatience& patience) const {
  if (url_.sentinel.empty()) return url_.addresses;
  Error failure{ErrorCode::kUnavailable, "no sentinel answers"};
  for (const RedisAddress& sentinel : url_.addresses) {
    auto master = ask_sentinel(sentinel, patience);
    if (master) return std::vector<RedisAddress>{*std::move(master)};
    // That a password is wrong is not hidden by another sentinel that is away.
    if (failure.code == ErrorCode::kForbidden) continue;
    failure = {master.error().code,
               "the sentinel " + to_string(sentinel) + ": " + master.error().text};
  }
  return failure;
}

Result<RedisAddress> RedisLink::ask_sentinel(const RedisAddress& sentinel,
                                             const RedisPatience& patience) const {
  auto connection = SSE_TRY(RedisConnection::open(sentinel, patience, tls()));
  SSE_TRY(log_in(connection, url_.sentinel_user, options_.sentinel_password, patience));
  const auto reply =
      SSE_TRY(connection.call({"SENTINEL", "get-master-addr-by-name", url_.sentinel}, patience));
  if (reply.is_error()) return error_of_reply(reply);
  if (reply.items.size() != 2) {
    return Error{ErrorCode::kUnavailable, "it knows no master called " + url_.sentinel};
  }
  return RedisAddress{reply.at(0).text, static_cast<std::uint16_t>(reply.at(1).number())};
}

Result<Attached> RedisLink::connect_to(const RedisAddress& address, const RedisPatience& patience) {
  engine_ = {address, url_.user, options_.password, url_.database, tls(), {}};
  calls_ = SSE_TRY(log_in(engine_, patience));
  const auto max_memory = SSE_TRY(check(patience));
  send_attach();
  const auto reply = SSE_TRY(calls_.wait(patience));
  auto attached = SSE_TRY(read_attached(reply));
  attached.max_memory = max_memory;
  tail_ = SSE_TRY(engine_.open(patience));
  asides_ = SSE_TRY(engine_.open(patience));
  address_ = to_string(address);
  return attached;
}

Result<std::uint64_t> RedisLink::check(const RedisPatience& patience) {
  const auto info = SSE_TRY(calls_.call({"INFO"}, patience));
  if (info.is_error()) return error_of_reply(info);
  SSE_TRY(check_info(info.text));
  engine_.run_id = info_field(info.text, "run_id");
  const bool is_master = info_field(info.text, "role") == "master";
  if (!is_master) return Error{ErrorCode::kUnavailable, "it is not the master"};
  const auto loaded = SSE_TRY(calls_.call({"SCRIPT", "LOAD", append_script()}, patience));
  if (loaded.is_error()) return error_of_reply(loaded);
  append_sha_ = loaded.text;
  const auto rights = SSE_TRY(calls_.call({"EVAL", rights_script(), "1", key("rights")}, patience));
  if (rights.is_error()) return error_of_reply(rights);
  if (rights.items.empty()) return parse_digits(info_field(info.text, "maxmemory")).value_or(0);
  std::string missing;
  for (const RedisReply& command : rights.items) missing += " " + command.text;
  return forbidden("the user of this connection has no right to:" + missing);
}

// ---- scripts

void RedisLink::send_attach() {
  const auto epoch = std::to_string(random_.below(wire::kMaxEpoch) + 1);
  const auto rows = std::to_string(limits_.rows.rows);
  const auto series = std::to_string(limits_.rows.per_series);
  const auto all = std::to_string(limits_.rows.all_series);
  const auto event = std::to_string(limits_.max_event_size);
  const auto ttl = std::to_string(limits_.retention.ttl.count());
  const auto bytes = std::to_string(limits_.retention.bytes);
  calls_.send({"EVAL", attach_script(), "3", key("log"), key("meta"), key("epochs"), epoch, rows,
               series, all, digest_key_, event, ttl, bytes});
}

void RedisLink::send_oldest() {
  calls_.send({"EVAL", oldest_script(), "3", key("log"), key("meta"), key("parts")});
}

Result<OldestEntry> RedisLink::read_oldest(const RedisReply& reply) {
  if (reply.is_error()) return error_of_reply(reply);
  if (reply.at(0).text.empty()) {
    return OldestEntry{std::nullopt,
                       wire::EventId::make(milliseconds_of(reply.at(1)), epoch_in(reply.at(3)),
                                           reply.at(2).number() + 1)};
  }
  const auto place = SSE_TRY(read_place(reply.at(0).text));
  const std::uint64_t count = reply.at(1).number();
  if (count == 0 || count > place.last) {
    return Error{ErrorCode::kInvalid, "the oldest entry of the stream is damaged"};
  }
  return OldestEntry{
      place, wire::EventId::make(place.time, epoch_in(reply.at(2)), place.last + 1 - count)};
}

void RedisLink::send_append(std::span<const std::string_view> keys,
                            std::span<const std::string_view> arguments) {
  const std::string fixed[] = {key("log"), key("meta"), key("rows"), key("names"), key("fullest")};
  const auto count = std::to_string(std::size(fixed) + keys.size());
  std::vector<std::string_view> request;
  if (append_sha_.empty()) {
    request = {"EVAL", append_script()};
  } else {
    request = {"EVALSHA", append_sha_};
  }
  request.insert(request.end(), {count, fixed[0], fixed[1], keys[0], fixed[2], fixed[3], fixed[4]});
  request.insert(request.end(), keys.begin() + 1, keys.end());
  request.insert(request.end(), arguments.begin(), arguments.end());
  calls_.send(request);
}

}  // namespace sse::journal
