#include "sse/log/conflated_reader.h"

#include <algorithm>
#include <limits>
#include <map>
#include <random>

#include "sse/log/reader.h"

#include "log/logs.h"
#include "log/selectors.h"

namespace sse::log {
namespace {

using test::ManualLog;

constexpr std::size_t kShare = 4096;

std::string bytes_of(const NextWrite& write) {
  std::string bytes;
  for (const auto& piece : write.pieces()) {
    bytes.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
  return bytes;
}

/// What a peer takes up to `last`, `step` bytes a write, with budgets of `steps`.
template <typename Reading>
std::string take_all(Reading& reader, const View& view, wire::Sequence last,
                     std::size_t step = std::string::npos, std::uint64_t steps = kUnlimited) {
  std::string taken;
  for (int writes = 0; reader.cursor().next <= last; ++writes) {
    REQUIRE(writes < 1'000'000);
    NextWrite write(kShare);
    Budget budget(steps);
    reader.gather(view, last, write, budget);
    const auto bytes = bytes_of(write).substr(0, step);
    taken += bytes;
    if constexpr (std::is_same_v<Reading, Reader>) {
      reader.consume(view, write, bytes.size());
    } else {
      reader.consume(write, bytes.size());
    }
  }
  return taken;
}

/// The blocks of conflated(from - 1, last], by looking at every event.
std::string conflated_blocks(const View& view, wire::Sequence from, wire::Sequence last,
                             const Selector* selector = nullptr) {
  std::map<std::pair<std::string_view, std::string_view>, wire::Sequence> pairs;
  for (auto sequence = std::max(from, view.first_held()); sequence <= view.head(); ++sequence) {
    const auto event = view.event(sequence);
    if (selector != nullptr &&
        !(selector->wants_type(event.type) && selector->wants_topic(event.topic))) {
      continue;
    }
    pairs[{event.type, event.topic}] = sequence;
  }
  std::map<wire::Sequence, std::string_view> blocks;
  for (const auto& [names, sequence] : pairs) {
    if (sequence <= last) blocks[sequence] = view.event(sequence).block;
  }
  std::string text;
  for (const auto& [sequence, block] : blocks) text += block;
  return text;
}

std::unique_ptr<const Selector> topics(std::vector<std::string> wanted) {
  return std::make_unique<TestSelector>(TestSelector::exactly({}, std::move(wanted)));
}

TEST_CASE("A conflated reader sends the newest event of each pair, in order", "[log][conflated]") {
  ManualLog log;
  for (const char* topic : {"a", "b", "a", "c", "b", "a"}) log.add(topic, "t", topic);
  const View view = log.log.view();
  ConflatedReader all(nullptr, {1, 0}, 0);
  CHECK(take_all(all, view, view.head()) == conflated_blocks(view, 1, 6));
  CHECK(all.cursor() == Cursor{7, 0});
  CHECK(all.announced() == 6);
  CHECK_FALSE(all.is_over());
  ConflatedReader some(topics({"a", "c"}), {3, 0}, 2);
  std::string expected(view.event(4).block);
  expected += view.event(6).block;
  CHECK(take_all(some, view, view.head()) == expected);
}

TEST_CASE("A pair that is superseded before it was sent comes when the reader passes its new event",
          "[log][conflated]") {
  ManualLog log;
  log.add("1", "", "a");
  log.add("2", "", "b");
  Reader reader(std::make_unique<ConflatedReader>(nullptr, Cursor{1, 0}, 0, 2));
  log.add("3", "", "a");
  log.add("4", "", "c");
  log.add("5", "", "a");
  const View view = log.log.view();
  const std::string expected =
      std::string(view.event(2).block) + test::feed(view, 3);  // and then it is like any other
  CHECK(take_all(reader, view, view.head()) == expected);
  CHECK_FALSE(reader.is_conflated());
}

TEST_CASE("An event that was begun is sent to its end, also when it is not the newest any more",
          "[log][conflated]") {
  ManualLog log;
  log.add("first", "", "a");
  log.add("other", "", "b");
  ConflatedReader reader(nullptr, {1, 0}, 0);
  NextWrite write(kShare);
  Budget budget(kUnlimited);
  reader.gather(log.log.view(), 2, write, budget);
  reader.consume(write, 10);
  CHECK(reader.cursor() == Cursor{1, 10});
  log.add("second", "", "a");
  const View view = log.log.view();
  CHECK(take_all(reader, view, view.head()) ==
        std::string(view.event(1).block.substr(10)) + test::feed(view, 2));
}

TEST_CASE("A conflated reader that is over goes on whole, or with its filter", "[log][conflated]") {
  for (const bool is_filtered : {false, true}) {
    CAPTURE(is_filtered);
    ManualLog log;
    for (int i = 0; i < 20; ++i) log.add("", "", i % 2 == 0 ? "x" : "y");
    auto selector = is_filtered ? topics({"x"}) : nullptr;
    const Selector* const before = selector.get();
    Reader reader(
        std::make_unique<ConflatedReader>(std::move(selector), Cursor{1, 0}, 0, log.log.head()));
    CHECK(reader.is_conflated());
    CHECK(reader.selector() == before);
    const View view = log.log.view();
    const wire::Sequence head = view.head();
    const TestSelector x = TestSelector::exactly({}, {"x"});
    CHECK(take_all(reader, view, head) ==
          conflated_blocks(view, 1, head, is_filtered ? &x : nullptr));
    CHECK_FALSE(reader.is_conflated());
    CHECK(reader.selector() == before);
    CHECK(reader.cursor() == Cursor{head + 1, 0});
    CHECK(reader.announced() == (is_filtered ? head - 1 : head));
    for (int i = 0; i < 3; ++i) log.add("new", "", "x");
    const View more = log.log.view();
    CHECK(take_all(reader, more, more.head()) == test::feed(more, head + 1));
  }
}

TEST_CASE("Few newest events are asked about, and of many only the wanted ones are looked at",
          "[log][conflated]") {
  ManualLog log;
  for (int i = 0; i < 50'000; ++i) log.add("", "", "t" + std::to_string(i));
  const View view = log.log.view();
  ConflatedReader exact(topics({"t7", "t49000"}), {1, 0}, 0);
  NextWrite write(kShare);
  Budget budget(10'000);  // a fifth of a step for each pair
  exact.gather(view, view.head(), write, budget);
  CHECK(write.pieces().size() == 2);
  CHECK_FALSE(write.is_cut);

  for (int i = 0; i < 50'000; ++i) log.add("", "", "t" + std::to_string(i % 10));
  const View later = log.log.view();
  ConflatedReader few(topics({"t7"}), {50'001, 0}, 0);
  NextWrite next(kShare);
  Budget small(2'000);  // 64 events a step
  few.gather(later, later.head(), next, small);
  CHECK(next.pieces().size() == 1);
  CHECK_FALSE(next.is_cut);
}

TEST_CASE("However short the writes and budgets, a conflated reader sends the newest of each",
          "[log][conflated]") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&random](std::size_t bound) { return random() % bound; };
    auto options = ManualLog::with_segments(seed % 3 == 0 ? 65'536 : 4096);
    if (seed % 2 == 0) options.retention.max_events = 1 + below(1500);
    ManualLog log(options);
    const std::size_t types = 1 + below(3);
    const std::size_t names = 1 + below(seed % 4 == 0 ? 2000 : 30);
    for (std::size_t i = below(3000); i > 0; --i) {
      log.add("", "t" + std::to_string(below(types)), "x" + std::to_string(below(names)));
    }
    TestSelector selector;
    if (below(3) == 0) {
      std::vector<std::string> wanted;
      for (std::size_t i = 1 + below(4); i > 0; --i) {
        wanted.push_back("x" + std::to_string(below(names)));
      }
      selector = TestSelector::exactly({}, std::move(wanted));
    } else if (below(2) == 0) {
      const auto divisor = 1 + below(30);
      selector = TestSelector::by(nullptr, [divisor](std::string_view topic) {
        return std::stoul(std::string(topic.substr(1))) % divisor == 0;
      });
    }
    const bool has_filter = below(4) != 0;
    const View view = log.log.view();
    if (view.empty()) continue;
    const wire::Sequence from = view.tail() + below(view.head() + 1 - view.tail());
    const wire::Sequence last = from + below(view.head() + 1 - from);
    const std::uint64_t some_steps[] = {1 + below(5), 1 + below(400), kUnlimited};
    const std::size_t step = below(3) == 0 ? 1 + below(200) : std::string::npos;
    ConflatedReader reader(has_filter ? std::make_unique<TestSelector>(selector) : nullptr,
                           {from, 0}, 0);
    REQUIRE(take_all(reader, view, last, step, some_steps[below(3)]) ==
            conflated_blocks(view, from, last, has_filter ? &selector : nullptr));
    REQUIRE(reader.cursor() == Cursor{last + 1, 0});
  }
}

TEST_CASE("Whatever is published meanwhile, each pair's last event comes, and ids ascend",
          "[log][conflated]") {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    ManualLog log(ManualLog::with_segments(4096));
    const auto publish = [&] { log.add("", "", "x" + std::to_string(random() % 40)); };
    for (int i = 0; i < 200; ++i) publish();
    const wire::Sequence end = log.log.head();
    ConflatedReader reader(nullptr, {1, 0}, 0, end);
    std::string got;
    while (!reader.is_over()) {
      const View view = log.log.view();
      NextWrite write(1 + random() % 300);
      Budget budget(1 + random() % 50);
      reader.gather(view, view.head(), write, budget);
      const auto bytes = bytes_of(write).substr(0, random() % 400);
      got += bytes;
      reader.consume(write, bytes.size());
      for (std::size_t i = random() % 3; i > 0; --i) publish();
    }
    const View view = log.log.view();
    REQUIRE(reader.cursor() == Cursor{end + 1, 0});
    // What was sent and what comes live hold the newest of each; nothing is sent out of order.
    std::size_t at = 0;
    for (wire::Sequence sequence = 1; sequence <= view.head(); ++sequence) {
      const auto block = view.event(sequence).block;
      const bool was_sent = got.compare(at, block.size(), block) == 0;
      if (was_sent) at += block.size();
      const bool is_newest = view.next_newest(sequence, sequence) == sequence;
      REQUIRE((was_sent || !is_newest || sequence > end));
    }
    REQUIRE(at == got.size());
  }
}

TEST_CASE("A conflated reader ends at the first event it sends that ends the selection",
          "[log][conflated][until]") {
  ManualLog log;
  log.add("1", "done", "a");  // superseded: never sent
  log.add("2", "t", "a");
  log.add("3", "done", "a");
  log.add("4", "t", "b");
  const View view = log.log.view();
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::string::npos}) {
    CAPTURE(step);
    // It stays what it is, also when its end of the log is the selection's: it has ended.
    for (const wire::Sequence end : {wire::Sequence{3}, wire::Sequence{4}}) {
      Reader reader(
          std::make_unique<ConflatedReader>(std::make_unique<UntilDone>(), Cursor{1, 0}, 0, end));
      std::string taken;
      while (!reader.has_ended()) {
        NextWrite write(kShare);
        Budget budget(kUnlimited);
        reader.gather(view, view.head(), write, budget);
        const auto bytes = bytes_of(write).substr(0, step);
        REQUIRE_FALSE(bytes.empty());
        taken += bytes;
        reader.consume(view, write, bytes.size());
      }
      const std::string sent = std::string(view.event(2).block) + std::string(view.event(3).block);
      CHECK(taken == sent.substr(0, sent.size() - 1));  // but for the blank line
      CHECK(reader.cursor() == Cursor{4, 0});
    }
  }
}

TEST_CASE("A reader that skips an end that it gathered and did not send has not ended",
          "[log][conflated][until]") {
  ManualLog log;
  log.add("1", "done", "a");
  Reader conflated(
      std::make_unique<ConflatedReader>(std::make_unique<UntilDone>(), Cursor{1, 0}, 0));
  Reader filtered(std::make_unique<UntilDone>(), Cursor{1, 0}, 0);
  for (Reader* reader : {&conflated, &filtered}) {
    const View view = log.log.view();
    NextWrite write(kShare);
    Budget budget(kUnlimited);
    reader->gather(view, view.head(), write, budget);
    reader->consume(view, write, 0);
    CHECK_FALSE(reader->has_ended());
    reader->skip_to(2);  // superseded
    CHECK_FALSE(reader->has_ended());
  }
  log.add("2", "done", "a");
  const View view = log.log.view();
  CHECK(take_all(conflated, view, view.head()) ==
        std::string(view.event(2).block).substr(0, view.event(2).block.size() - 1));
  CHECK(conflated.has_ended());
}

}  // namespace
}  // namespace sse::log
