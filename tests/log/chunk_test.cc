#include "sse/log/chunk.h"

#include <list>
#include <string>

#include "sse/wire/encoder.h"
#include "sse/wire/event.h"

#include "support/catch.h"

namespace sse::log {
namespace {

constexpr std::chrono::milliseconds kTime{1'800'000'000'000};

/// Entries that follow each other, and what their views are of.
struct Entries {
  void add(const wire::Event& event, std::chrono::milliseconds time = kTime,
           wire::Epoch epoch = 5) {
    auto& block = blocks.emplace_back();
    wire::encode(event, block);
    const auto id = wire::EventId::make(time, epoch, 10 + entries.size());
    wire::set_id(block.data(), id);
    const auto& kept = events.emplace_back(event);
    entries.push_back(
        {id, block, NameKey(kept.type, KeyedHash()), NameKey(kept.topic, KeyedHash()), {}, {}});
  }

  std::list<std::string> blocks;
  std::list<wire::Event> events;
  std::vector<Entry> entries;
};

TEST_CASE("A chunk reads back as the entries that it was made of", "[log][chunk]") {
  Entries made;
  made.add({"deploy", "ci/api", "line\nline"});
  made.add({"", "", ""});
  made.add({"reading", "metrics/1", R"({"value":3})", false});
  const std::string bytes = encode_chunk(made.entries);
  const auto read = decode_chunk(bytes, {});
  REQUIRE(read);
  REQUIRE(read->size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK((*read)[i].id == made.entries[i].id);
    CHECK((*read)[i].block == made.entries[i].block);
    CHECK((*read)[i].type.text == made.entries[i].type.text);
    CHECK((*read)[i].topic.text == made.entries[i].topic.text);
    CHECK((*read)[i].topic.hash == made.entries[i].topic.hash);
  }
  CHECK(encode_chunk(*read) == bytes);
}

TEST_CASE("A chunk has one time, one epoch, and bounds", "[log][chunk]") {
  Entries made;
  made.add({"", "", "1"});
  made.add({"", "", "2"});
  made.add({"", "", "3"}, kTime + std::chrono::milliseconds(1));
  made.add({"", "", "4"}, kTime + std::chrono::milliseconds(1), 6);
  CHECK(chunk_of(made.entries).size() == 2);
  CHECK(chunk_of(std::span(made.entries).subspan(2)).size() == 1);

  Entries many;
  for (int i = 0; i < 300; ++i) many.add({"", "", "x"});
  CHECK(chunk_of(many.entries).size() == kMaxChunkEvents);

  Entries large;
  large.add({"", "", std::string(2 * kMaxChunkBytes, 'x')});
  large.add({"", "", "x"});
  CHECK(chunk_of(large.entries).size() == 1);
  CHECK(decode_chunk(encode_chunk(chunk_of(large.entries)), {}));
}

TEST_CASE("Any bit that changes, and any byte that is missing, is damage", "[log][chunk]") {
  Entries made;
  made.add({"deploy", "ci/api", "x"});
  made.add({"", "", "y"});
  const std::string bytes = encode_chunk(made.entries);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    CAPTURE(bit);
    REQUIRE_FALSE(decode_chunk(flipped, {}));
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    REQUIRE_FALSE(decode_chunk(bytes.substr(0, size), {}));
  }
  CHECK_FALSE(decode_chunk(bytes + '\0', {}));
}

}  // namespace
}  // namespace sse::log
