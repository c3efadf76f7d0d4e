#include "sse/journal/redis_loader.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "sse/base/little_endian.h"

namespace sse::journal {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kSequenceSize = 12;  // hexadecimal digits
constexpr std::size_t kRowHeadSize = kSequenceSize + 4;

struct Member {
  wire::Sequence sequence = 0;
  std::string bytes;
};

/// A row with its series, as of the sequence `as_of`.
struct Row {
  wire::Sequence as_of = 0;
  wire::Sequence put = 0;
  std::string name;
  std::string bytes;
  std::deque<Member> members;
};

using Rows = std::map<Uuid, Row>;

Error damaged() {
  return {ErrorCode::kInvalid, "a row in Redis is damaged"};
}

std::optional<std::uint64_t> hexadecimal(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

/// `<12 digits of sequence><4 of the size of the name><name><bytes>`, and of a member `<12
/// digits><bytes>`: see append.lua.
Result<Row> read_row(wire::Sequence as_of, std::string_view text, const RedisReply& members) {
  Row row;
  row.as_of = as_of;
  if (text.size() < kRowHeadSize) return damaged();
  const auto put = hexadecimal(text.substr(0, kSequenceSize));
  const auto size = hexadecimal(text.substr(kSequenceSize, 4));
  if (!put || !size || text.size() - kRowHeadSize < *size) return damaged();
  row.put = *put;
  row.name = text.substr(kRowHeadSize, *size);
  row.bytes = text.substr(kRowHeadSize + *size);
  for (const RedisReply& member : members.items) {
    if (member.text.size() < kSequenceSize) return damaged();
    const auto sequence = hexadecimal(std::string_view(member.text).substr(0, kSequenceSize));
    if (!sequence) return damaged();
    row.members.push_back({*sequence, member.text.substr(kSequenceSize)});
  }
  return row;
}

/// Makes the change in rows that are older than it.
void apply(const log::Entry& entry, Rows& rows) {
  const wire::Sequence sequence = entry.id.sequence();
  const auto found = rows.find(entry.row.key);
  const bool is_known = found != rows.end();
  const bool is_older = is_known && found->second.as_of < sequence;
  switch (entry.row.kind) {
    case log::RowChange::Kind::kNone:
      break;
    case log::RowChange::Kind::kPut:
      if (is_known) break;
      rows[entry.row.key] = {
          sequence, sequence, std::string(entry.row.name), std::string(entry.row.bytes), {}};
      break;
    case log::RowChange::Kind::kErase:
      if (is_older) rows.erase(found);
      break;
    case log::RowChange::Kind::kAdd:
      if (is_older) found->second.members.push_back({sequence, std::string(entry.row.bytes)});
      break;
  }
  if (!entry.drop) return;
  const auto full = rows.find(*entry.drop);
  if (full == rows.end() || full->second.as_of >= sequence) return;
  if (!full->second.members.empty()) full->second.members.pop_front();
}

std::vector<log::KeptRow> in_order(Rows&& rows) {
  std::vector<log::KeptRow> all;
  for (auto& [key, row] : rows) {
    all.push_back(
        {row.put, log::RowChange::Kind::kPut, key, std::move(row.name), std::move(row.bytes)});
    for (Member& member : row.members) {
      all.push_back(
          {member.sequence, log::RowChange::Kind::kAdd, key, {}, std::move(member.bytes)});
    }
  }
  std::sort(all.begin(), all.end(),
            [](const log::KeptRow& a, const log::KeptRow& b) { return a.sequence < b.sequence; });
  return all;
}

}  // namespace

Result<RedisReply> RedisLoader::call(std::initializer_list<std::string_view> request) {
  auto reply = SSE_TRY(link_.calls().call(request, patience_));
  if (reply.is_error()) return error_of_reply(reply);
  return reply;
}

Result<LoadedRows> RedisLoader::rows(const Attached& attached) {
  LoadedRows loaded;
  loaded.at = attached.head.sequence();
  Rows rows;
  const std::string rows_key = link_.key("rows");
  const std::string meta_key = link_.key("meta");
  std::string cursor = "0";
  do {
    const auto page = SSE_TRY(call({"HSCAN", rows_key, cursor, "COUNT", "100"}));
    cursor = page.at(0).text;
    for (std::size_t i = 0; i < page.at(1).items.size(); i += 2) {
      const std::string& key_bytes = page.at(1).at(i).text;
      if (key_bytes.size() != 16) return damaged();
      std::string members_key = rows_key;
      members_key.append(":").append(key_bytes);
      for (const auto& request : {std::vector<std::string>{"MULTI"},
                                  {"HGET", meta_key, "seq"},
                                  {"HGET", rows_key, key_bytes},
                                  {"LRANGE", members_key, "0", "-1"},
                                  {"EXEC"}}) {
        const std::vector<std::string_view> arguments(request.begin(), request.end());
        link_.calls().send(arguments);
      }
      RedisReply reply;
      for (int replies = 0; replies < 5; ++replies) {
        reply = SSE_TRY(link_.calls().wait(patience_));
        if (reply.is_error()) return error_of_reply(reply);
      }
      const wire::Sequence as_of = reply.at(0).number();
      loaded.at = std::max(loaded.at, as_of);
      if (reply.at(1).kind == RedisReply::Kind::kNil) continue;  // erased meanwhile
      const Uuid key{number_of(std::string_view(key_bytes).substr(0, 8), 8),
                     number_of(std::string_view(key_bytes).substr(8), 8)};
      rows.insert_or_assign(key, SSE_TRY(read_row(as_of, reply.at(1).text, reply.at(2))));
    }
  } while (cursor != "0");
  if (loaded.at > attached.head.sequence()) {
    const RedisPlace behind{attached.head.unix_time(), attached.head.sequence()};
    SSE_TRY(entries("(" + behind.text(), loaded.at, [&](const RedisEntry& entry) -> Status {
      for (const log::Entry& each : entry.entries) {
        if (each.id.sequence() <= loaded.at) apply(each, rows);
      }
      return {};
    }));
  }
  loaded.rows = in_order(std::move(rows));
  return loaded;
}

Result<OldestEntry> RedisLoader::oldest() {
  link_.send_oldest();
  return RedisLink::read_oldest(SSE_TRY(link_.calls().wait(patience_)));
}

Result<RedisLoader::PartRows> RedisLoader::parts(wire::Sequence first, std::size_t limit) {
  const auto reply = SSE_TRY(call({"ZRANGEBYSCORE", link_.key("parts"), std::to_string(first),
                                   "+inf", "WITHSCORES", "LIMIT", "0", std::to_string(limit)}));
  PartRows rows;
  for (std::size_t i = 0; i + 1 < reply.items.size(); i += 2) {
    // Its events are read instead of one that is damaged.
    if (auto part = read_part(reply.at(i).text)) rows.parts.push_back(*std::move(part));
    rows.next = reply.at(i + 1).number() + 1;
  }
  return rows;
}

// Without memory or replicas it is refused: then a node that starts later makes it again.
Status RedisLoader::save(const RedisPart& part) {
  const auto reply = link_.calls().call(
      {"ZADD", link_.key("parts"), std::to_string(part.kept.last), encode_part(part)}, patience_);
  return reply ? Status() : Status(reply.error());
}

Result<std::uint64_t> RedisLoader::bytes_before(milliseconds time) {
  std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();
  SSE_TRY(entries(std::to_string(time.count()), 0, [&](const RedisEntry& entry) -> Status {
    bytes = entry.bytes_before;
    return {};
  }));
  return bytes;
}

// Bytes before an entry only grow: a search by halves needs no more than some thirty entries.
Result<milliseconds> RedisLoader::begin_of(const Attached& attached, std::uint64_t bytes) {
  const auto total = SSE_TRY(call({"HGET", link_.key("meta"), "bytes"})).number();
  milliseconds low{0};
  const milliseconds ttl = attached.retention.ttl;
  if (ttl.count() > 0) low = std::max(low, attached.now - ttl);
  if (total <= bytes) return low;
  const std::uint64_t wanted = total - bytes;
  if (SSE_TRY(bytes_before(low)) >= wanted) return low;
  milliseconds high = std::max(low, attached.head.unix_time() + milliseconds(1));
  while (high - low > milliseconds(1)) {
    const milliseconds middle = low + (high - low) / 2;
    if (SSE_TRY(bytes_before(middle)) >= wanted) {
      high = middle;
    } else {
      low = middle;
    }
  }
  return high;
}

Status RedisLoader::entries(std::string from, wire::Sequence last,
                            FunctionRef<Status(const RedisEntry&)> take) {
  const std::string log_key = link_.key("log");
  EntryCount count;
  while (true) {
    const auto wanted = last == 0 ? "1" : count.text();  // the first one is enough
    const auto reply = SSE_TRY(call({"XRANGE", log_key, from, "+", "COUNT", wanted}));
    if (reply.items.empty()) return {};
    count.take(reply);
    for (const RedisReply& item : reply.items) {
      from = "(" + item.at(0).text;
      const auto entry = read_(item);
      if (!entry) continue;
      SSE_TRY(take(*entry));
      if (entry->place.last >= last) return {};
    }
  }
}

}  // namespace sse::journal
