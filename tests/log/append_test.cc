#include "sse/log/append.h"

#include <string>

#include "support/catch.h"

namespace sse::log {
namespace {

const wire::EventId kId = wire::EventId::make(std::chrono::milliseconds(1), 1, 1);

std::string text_of(std::size_t i) {
  return std::to_string(i) + std::string(1000, static_cast<char>('a' + i % 26));
}

TEST_CASE("However long an append gets, each item has its own bytes and row", "[log]") {
  constexpr std::size_t kItems = 3 * kMaxSliceBytes / 1000;
  Append append(EventLimits{});
  for (std::size_t i = 0; i < kItems; ++i) {
    const std::string name = "n" + std::to_string(i);
    append.add({"type", "topic/" + name, text_of(i)},
               {RowChange::Kind::kPut, Uuid{1, i}, name, "row of " + name});
  }
  REQUIRE(append.items().size() == kItems);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < kItems; ++i) {
    const std::string name = "n" + std::to_string(i);
    const Entry entry = append.entry(append.items()[i], kId);
    CHECK(entry.block.ends_with("data: " + text_of(i) + "\n\n"));
    CHECK(entry.type.text == "type");
    CHECK(entry.topic.text == "topic/" + name);
    CHECK(entry.row.name == name);
    CHECK(entry.row.bytes == "row of " + name);
    bytes += entry.block.size();
  }
  CHECK(append.footprint() > bytes + kItems * sizeof(Append::Item));
  CHECK(append.footprint() < bytes + kItems * (sizeof(Append::Item) + 100));
  append.clear();
  CHECK(append.footprint() == 0);
}

TEST_CASE("An append with room for its events moves none of them", "[log]") {
  Append append(EventLimits{});
  append.reserve(2000);
  append.add({"", "", "x"});
  const auto* first = append.items().data();
  for (int i = 1; i < 2000; ++i) append.add({"", "", "x"});
  CHECK(append.items().data() == first);
}

TEST_CASE("What is taken back of an append leaves the rest as it was", "[log]") {
  Append append(EventLimits{200, {}});
  append.add({"", "", "first"});
  const std::size_t before = append.footprint();
  append.add({"", "", std::string(300, 'x')});
  CHECK_FALSE(append.items().back().is_pending());
  append.drop_last();
  append.add({"", "", "second"});
  append.drop_last();
  CHECK(append.footprint() == before);
  append.add({"", "", "third"});
  REQUIRE(append.items().size() == 2);
  CHECK(append.entry(append.items()[0], kId).block.ends_with("data: first\n\n"));
  CHECK(append.entry(append.items()[1], kId).block.ends_with("data: third\n\n"));
}

TEST_CASE("A refusal is noted for all of an append, and is the outcome of a single event",
          "[log]") {
  const Error error{ErrorCode::kUnavailable, "too much"};
  Append one(EventLimits{});
  one.add({"", "", "x"});
  CHECK(one.refusal() == nullptr);
  one.refuse(error);
  CHECK(one.items().front().outcome.error().text == "too much");
  Append many(EventLimits{});
  for (int i = 0; i < 3; ++i) many.add({"", "", "x"});
  many.refuse(error);
  REQUIRE(many.refusal() != nullptr);
  CHECK(many.refusal()->text == "too much");
  for (const auto& item : many.items()) CHECK(item.is_pending());
  many.clear();
  CHECK(many.refusal() == nullptr);
}

}  // namespace
}  // namespace sse::log
