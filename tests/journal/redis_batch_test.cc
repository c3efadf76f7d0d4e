// What goes to Redis and comes back, as bytes.

#include "sse/journal/redis_batch.h"

#include <string>

#include "support/catch.h"

namespace sse::journal {
namespace {

using Kind = log::Outcome::Kind;
using RowKind = log::RowChange::Kind;

RedisReply text(std::string bytes) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::kText;
  reply.text = std::move(bytes);
  return reply;
}

RedisReply array(std::vector<RedisReply> items) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::kArray;
  reply.items = std::move(items);
  return reply;
}

/// `event | why | text`, as append.lua packs it.
std::string left_out(char event, char why, const std::string& rest) {
  return std::string{event, 0, 0, 0, why, static_cast<char>(rest.size()), 0, 0, 0} + rest;
}

const std::string kKey = std::string("\7\0\0\0\0\0\0\0\x9\0\0\0\0\0\0\0", 16);

RedisReply entry(const RedisBatch& batch, int count, const std::string& left = "",
                 const std::string& drops = "") {
  return array({text("5-10"), array({text("e"), text("3"), text("n"), text(std::to_string(count)),
                                     text("o"), text("{sse}:node:a 7"), text("t"), text("100000"),
                                     text("b"), text(batch.chunks), text("r"), text(batch.changes),
                                     text("x"), text(left), text("d"), text(drops)})});
}

struct Batch {
  Batch() {
    append.add({"a", "t", "one"});
    append.add({"b", "t", "two"}, {RowKind::kPut, {7, 9}, "cpu", "bytes"},
               log::Condition::kNameIsFree);
    append.add({"c", "", "three"}, {RowKind::kAdd, {7, 9}, {}, "member"},
               log::Condition::kRowExists);
    const log::Append* all[] = {&append};
    batch = make_batch(all);
  }
  log::Append append{log::EventLimits()};
  RedisBatch batch;
};

TEST_CASE("An entry has its events with real ids, rows and drops", "[cluster]") {
  const Batch sent;
  CHECK(sent.batch.events == 3);
  const auto reply = entry(sent.batch, 3, "", std::string("\2\0\0\0", 4) + kKey);
  const auto read = read_entry(reply, {});
  REQUIRE(read);
  CHECK(read->node == "{sse}:node:a");
  CHECK(read->counter == 7);
  CHECK(read->first() == 8);
  CHECK(read->bytes_before == 100'000 - sent.batch.chunks.size());
  REQUIRE(read->entries.size() == 3);
  CHECK(read->entries[0].id == wire::EventId::make(std::chrono::milliseconds(5), 3, 8));
  CHECK(read->entries[1].row.kind == RowKind::kPut);
  CHECK(read->entries[1].row.key == Uuid{7, 9});
  CHECK(read->entries[1].row.name == "cpu");
  CHECK(read->entries[1].row.bytes == "bytes");
  CHECK(read->entries[2].row.bytes == "member");
  CHECK(read->entries[2].drop == Uuid{7, 9});
  CHECK(read->entries[2].type.text == "c");
}

TEST_CASE("Events that were left out have no number, and their appends are told why", "[cluster]") {
  Batch sent;
  const auto reply = entry(sent.batch, 2, left_out(1, 2, kKey + "theirs"));
  const auto read = read_entry(reply, {});
  REQUIRE(read);
  REQUIRE(read->entries.size() == 2);
  CHECK(read->first() == 9);
  CHECK(read->entries[1].type.text == "c");
  const auto before = wire::EventId::make(std::chrono::milliseconds(5), 3, 8);
  CHECK(tell_outcomes(sent.append, 0, read->left_out, before).sequence() == 10);
  CHECK(sent.append.items()[0].outcome.id.sequence() == 9);
  CHECK(sent.append.items()[1].outcome.kind == Kind::kNameTaken);
  CHECK(sent.append.items()[1].outcome.row == Uuid{7, 9});
  CHECK(sent.append.items()[1].outcome.text == "theirs");
  CHECK(sent.append.items()[2].outcome.id.sequence() == 10);
}

TEST_CASE("An entry that is damaged anywhere is refused, or is another whole one", "[cluster]") {
  const Batch sent;
  const auto whole = entry(sent.batch, 3, "", std::string("\2\0\0\0", 4) + kKey);
  const auto check = [](const RedisReply& reply) {
    const auto read = read_entry(reply, {});
    if (read) CHECK(read->entries.back().id.sequence() == read->place.last);
  };
  for (std::size_t field = 0; field < whole.at(1).items.size(); ++field) {
    for (std::size_t at = 0; at < whole.at(1).at(field).text.size(); ++at) {
      RedisReply flipped = whole;
      flipped.items[1].items[field].text[at] ^= 0x10;
      check(flipped);
      RedisReply cut = whole;
      cut.items[1].items[field].text.resize(at);
      check(cut);
    }
  }
  RedisReply chunk = whole;
  chunk.items[1].items[9].text[60] ^= 1;
  CHECK_FALSE(read_entry(chunk, {}));
  CHECK_FALSE(read_entry(entry(sent.batch, 2), {}));
  for (const char* place : {"", "5", "5-", "-5", "x-1", "5-281474976710656", "5-2"}) {
    RedisReply moved = whole;
    moved.items[0].text = place;
    CAPTURE(place);
    CHECK_FALSE(read_entry(moved, {}));
  }
}

}  // namespace
}  // namespace sse::journal
