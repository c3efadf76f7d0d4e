#include "sse/log/reader.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "sse/log/segment.h"

#include "log/logs.h"
#include "log/selectors.h"

namespace sse::log {
namespace {

using test::ManualLog;

constexpr std::size_t kShare = 4096;

/// Wants these topics.
class Topics final : public Selector {
 public:
  explicit Topics(std::set<std::string, std::less<>> topics) : topics_(std::move(topics)) {}

  bool wants_type(std::string_view) const override { return true; }
  bool wants_topic(std::string_view topic) const override {
    return topics_.find(topic) != topics_.end();
  }
  bool wants_every_type() const override { return true; }

 private:
  const std::set<std::string, std::less<>> topics_;
};

Reader filtered(std::set<std::string, std::less<>> topics, wire::Sequence from = 1) {
  return Reader(std::make_unique<Topics>(std::move(topics)), {from, 0}, from - 1);
}

Budget unlimited() {
  return Budget(std::numeric_limits<std::uint64_t>::max());
}

std::string bytes_of(const NextWrite& write) {
  std::string bytes;
  for (const auto& piece : write.pieces()) {
    bytes.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
  return bytes;
}

/// What one peer takes, `step` bytes a write, until nothing is left up to `last`.
struct Taken {
  std::string bytes;
  std::uint64_t events = 0;
};

Taken take_all(Reader& reader, const View& view, wire::Sequence last, std::size_t step,
               std::uint64_t steps_a_write = std::numeric_limits<std::uint64_t>::max()) {
  Taken taken;
  while (reader.cursor().next <= last) {
    NextWrite write(kShare);
    Budget budget(steps_a_write);
    reader.gather(view, last, write, budget);
    const auto bytes = bytes_of(write).substr(0, step);
    taken.bytes += bytes;
    taken.events += reader.consume(view, write, bytes.size());
    if (!bytes.empty() || write.is_cut) continue;
    REQUIRE(reader.cursor().next > last);
  }
  return taken;
}

Taken take_all(Reader& reader, const View& view) {
  return take_all(reader, view, view.head(), std::string::npos);
}

std::string blocks(const View& view, wire::Sequence first, wire::Sequence last,
                   const Selector* selector = nullptr) {
  std::string text;
  for (auto sequence = first; sequence <= last; ++sequence) {
    const auto event = view.event(sequence);
    if (selector == nullptr || selector->wants_topic(event.topic)) text += event.block;
  }
  return text;
}

/// Topics x and y, in small segments.
struct Sample {
  explicit Sample(int events) {
    for (int i = 0; i < events; ++i) log.add(std::to_string(i), "", i % 3 == 0 ? "x" : "y");
  }
  View view() { return log.log.view(); }

  ManualLog log{ManualLog::with_segments(4096)};
};

TEST_CASE("A short write at every byte changes nothing, whole and filtered", "[log][reader]") {
  Sample sample(120);  // some segments
  const View view = sample.view();
  const Topics x({"x"});
  for (std::size_t step = 1; step < 300; step += step < 100 ? 1 : 13) {
    CAPTURE(step);
    Reader whole(Cursor{1, 0});
    const auto all = take_all(whole, view, view.head(), step);
    CHECK(all.bytes == blocks(view, 1, view.head()));
    CHECK(all.events == 120);
    CHECK(whole.cursor() == Cursor{121, 0});

    Reader some = filtered({"x"});
    const auto wanted = take_all(some, view, view.head(), step);
    CHECK(wanted.bytes == blocks(view, 1, view.head(), &x));
    CHECK(wanted.events == 40);
    CHECK(some.cursor() == Cursor{121, 0});
  }
}

TEST_CASE("A write that takes nothing is gathered again", "[log][reader]") {
  Sample sample(20);
  const View view = sample.view();
  for (const bool is_whole : {true, false}) {
    Reader reader = is_whole ? Reader(Cursor{1, 0}) : filtered({"x"});
    auto budget = unlimited();
    NextWrite first(kShare);
    reader.gather(view, view.head(), first, budget);
    CHECK(reader.consume(view, first, 0) == 0);
    NextWrite again(kShare);
    reader.gather(view, view.head(), again, budget);
    CHECK(bytes_of(again) == bytes_of(first));
  }
}

TEST_CASE("A reader stops at the end of a replay, and goes on behind it", "[log][reader]") {
  Sample sample(100);
  const View view = sample.view();
  const Topics x({"x"});
  for (wire::Sequence end = 1; end < 100; ++end) {
    CAPTURE(end);
    Reader whole(Cursor{1, 0});
    CHECK(take_all(whole, view, end, 50).bytes == blocks(view, 1, end));
    CHECK(whole.cursor() == Cursor{end + 1, 0});
    CHECK(take_all(whole, view).bytes == blocks(view, end + 1, 100));

    Reader some = filtered({"x"});
    CHECK(take_all(some, view, end, 50).bytes == blocks(view, 1, end, &x));
    CHECK(some.cursor() == Cursor{end + 1, 0});
    CHECK(take_all(some, view).bytes == blocks(view, end + 1, 100, &x));
  }
}

TEST_CASE("A filter that matches nothing passes everything without a byte", "[log][reader]") {
  Sample sample(100);
  Reader reader = filtered({"none"});
  const auto taken = take_all(reader, sample.view());
  CHECK(taken.bytes.empty());
  CHECK(taken.events == 0);
  CHECK(reader.cursor() == Cursor{101, 0});
  CHECK(reader.announced() == 0);
}

TEST_CASE("What a peer knows is the last event it got, or what it was told", "[log][reader]") {
  Sample sample(10);  // x: 1, 4, 7, 10
  Reader reader = filtered({"x"});
  take_all(reader, sample.view(), 9, std::string::npos);
  CHECK(reader.announced() == 7);
  reader.announce(9);
  CHECK(reader.announced() == 9);
  Reader whole(Cursor{1, 0});
  take_all(whole, sample.view(), 9, std::string::npos);
  CHECK(whole.announced() == 9);
}

TEST_CASE("A view that has grown is read on from the middle of an event", "[log][reader]") {
  Sample sample(5);
  for (const bool is_whole : {true, false}) {
    Reader reader = is_whole ? Reader(Cursor{1, 0}) : filtered({"x", "y"});
    std::string got;
    for (int round = 0; round < 30; ++round) {
      NextWrite write(kShare);
      auto budget = unlimited();
      const View view = sample.view();
      reader.gather(view, view.head(), write, budget);
      const auto bytes = bytes_of(write).substr(0, 97);
      got += bytes;
      reader.consume(view, write, bytes.size());
      sample.log.add("more", "", "y");
    }
    CHECK(got == blocks(sample.view(), 1, sample.view().head()).substr(0, got.size()));
    CHECK(got.size() > 2000);
  }
}

TEST_CASE("What expired behind the cursor, or without being wanted, is not missed",
          "[log][reader]") {
  auto options = ManualLog::with_segments(4096);
  options.retention.max_events = 50;
  ManualLog log(options);
  log.add_many(10);
  Reader reader = filtered({"none"});
  take_all(reader, log.log.view());
  CHECK(reader.cursor().next == 11);
  log.add_many(1000, 11);
  const View view = log.log.view();
  // The owner sees that it is left behind, or knows that nothing was wanted.
  CHECK(reader.cursor().next < view.first_held());
  reader.skip_to(view.head() + 1);
  CHECK(reader.cursor() == Cursor{view.head() + 1, 0});
  reader.skip_to(5);
  CHECK(reader.cursor() == Cursor{view.head() + 1, 0});
}

TEST_CASE("Text that goes first is none of the reader's", "[log][reader]") {
  Sample sample(4);
  const View view = sample.view();
  const std::string text = ": hello\n";
  for (const bool is_whole : {true, false}) {
    Reader reader = is_whole ? Reader(Cursor{1, 0}) : filtered({"x", "y"});
    NextWrite write(kShare);
    write.add(text);
    auto budget = unlimited();
    reader.gather(view, view.head(), write, budget);
    CHECK(bytes_of(write) == text + blocks(view, 1, 4));
    CHECK(reader.consume(view, write, write.bytes() - text.size()) == 4);
  }
}

TEST_CASE("A write is no larger than its share and one event, and has few pieces",
          "[log][reader]") {
  Sample sample(500);
  const View view = sample.view();
  const std::size_t block = view.event(500).block.size();
  for (const bool is_whole : {true, false}) {
    Reader reader = is_whole ? Reader(Cursor{1, 0}) : filtered({"x", "y"});
    while (reader.cursor().next <= view.head()) {
      NextWrite write(1000);
      auto budget = unlimited();
      reader.gather(view, view.head(), write, budget);
      CHECK(write.pieces().size() <= (is_whole ? 1 : NextWrite::kMostPieces));
      REQUIRE(write.bytes() < 1000 + block);
      reader.consume(view, write, write.bytes());
    }
  }
}

TEST_CASE("A search that is cut loses no event, whatever the budget", "[log][reader]") {
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    ManualLog log(ManualLog::with_segments(round % 2 == 0 ? 4096 : 65'536));
    const std::size_t topics = 1 + random() % 200;
    for (std::size_t i = random() % 1500; i > 0; --i) {
      log.add("", "", "t" + std::to_string(random() % topics));
    }
    std::set<std::string, std::less<>> wanted;
    for (std::size_t i = random() % 5; i > 0; --i) {
      wanted.insert("t" + std::to_string(random() % topics));
    }
    const View view = log.log.view();
    Reader reader = filtered(wanted);
    const std::uint64_t steps = 1 + random() % (round % 3 == 0 ? 5 : 400);
    const std::size_t step = round % 4 == 0 ? 1 + random() % 200 : std::string::npos;
    const Topics selector(wanted);
    CHECK(take_all(reader, view, view.head(), step, steps).bytes ==
          blocks(view, 1, view.head(), &selector));
  }
}

TEST_CASE("A reader that rests holds a cursor and its selector", "[log][reader]") {
  static_assert(sizeof(Reader) <= sizeof(Cursor) + sizeof(void*));
  Sample sample(1000);
  Reader reader = filtered({"x"});
  NextWrite write(kShare);
  auto budget = unlimited();
  reader.gather(sample.view(), sample.view().head(), write, budget);
  CHECK(reader.bytes() > 0);
  CHECK(reader.bytes() <= Selection::kMostBytes);
  reader.rest();
  CHECK(reader.bytes() == 0);
  // Few new events need nothing kept.
  take_all(reader, sample.view());
  reader.rest();
  for (int i = 0; i < 5; ++i) sample.log.add("new", "", "x");
  CHECK(take_all(reader, sample.view()).events == 5);
  CHECK(reader.bytes() == 0);
}

TEST_CASE("However many search at once, their memory is bounded and none misses an event",
          "[log][reader]") {
  Sample sample(30);
  const auto view = sample.view();
  std::vector<std::unique_ptr<Reader>> readers;
  std::size_t with_memory = 0;
  for (std::size_t i = 0; i < Search::kMostSelections + 10; ++i) {
    readers.push_back(std::make_unique<Reader>(filtered({"x"})));
    auto budget = unlimited();
    NextWrite write(kShare);
    readers.back()->gather(view, view.head(), write, budget);
    REQUIRE(write.pieces().size() == 10);
    if (readers.back()->bytes() > 0) ++with_memory;
  }
  CHECK(with_memory == Search::kMostSelections);
  readers.front()->rest();
  auto next = filtered({"x"});
  auto budget = unlimited();
  NextWrite write(kShare);
  next.gather(view, view.head(), write, budget);
  CHECK(next.bytes() > 0);
}

TEST_CASE(
    "A reader that ends takes all of the last event but its blank line, and nothing behind it",
    "[log][reader]") {
  ManualLog log{ManualLog::with_segments(4096)};
  for (int i = 0; i < 200; ++i) log.add(std::to_string(i), i >= 150 ? "done" : "piece");
  const View view = log.log.view();
  std::string expected = blocks(view, 1, 151);
  expected.pop_back();
  for (std::size_t step = 1; step < 300; step += step < 100 ? 1 : 13) {
    for (const std::uint64_t budget : {std::uint64_t{1}, std::uint64_t{100'000}}) {
      CAPTURE(step, budget);
      Reader reader(std::make_unique<UntilDone>(), {1, 0}, 0);
      std::string taken;
      std::uint64_t events = 0;
      while (!reader.has_ended()) {
        NextWrite write(kShare);
        Budget steps(budget);
        reader.gather(view, view.head(), write, steps);
        const auto bytes = bytes_of(write).substr(0, step);
        taken += bytes;
        events += reader.consume(view, write, bytes.size());
        REQUIRE(events <= 151);
      }
      CHECK(taken == expected);
      CHECK(events == 151);
      CHECK(reader.cursor() == Cursor{152, 0});
      NextWrite more(kShare);
      Budget steps(budget);
      reader.gather(view, view.head(), more, steps);
      CHECK(more.bytes() == 0);
      CHECK(reader.consume(view, more, 0) == 0);
      CHECK(reader.cursor() == Cursor{152, 0});
    }
  }
}

TEST_CASE("A reader that would end, and meets no end, reads on", "[log][reader]") {
  ManualLog log{ManualLog::with_segments(4096)};
  for (int i = 0; i < 100; ++i) log.add(std::to_string(i), "piece");
  Reader reader(std::make_unique<UntilDone>(), {1, 0}, 0);
  CHECK(take_all(reader, log.log.view()).events == 100);
  CHECK_FALSE(reader.has_ended());
  log.add("last", "done");
  const View view = log.log.view();
  CHECK(take_all(reader, view).events == 1);
  CHECK(reader.has_ended());
}

}  // namespace
}  // namespace sse::log
