#include "sse/log/archive.h"

#include <memory>
#include <string>

#include "sse/log/reader.h"

#include "log/archived_log.h"
#include "log/selectors.h"

namespace sse::log {
namespace {

using test::ArchivedLog;

constexpr std::size_t kShare = 4096;

/// What a stream takes to the head, `step` bytes a write, as a loop feeds it: of parts and of
/// memory, with budgets of `steps`.
std::string take_all(ArchivedLog& log, Reader& reader, std::size_t step = std::string::npos,
                     std::uint64_t steps = kUnlimited) {
  std::string taken;
  while (reader.cursor().next <= log.log.head()) {
    const View view = log.view_of(reader.cursor().next);
    NextWrite write(kShare);
    Budget budget(steps);
    reader.gather(view, view.head(), write, budget);
    std::string bytes;
    for (const auto& piece : write.pieces()) {
      bytes.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
    taken += bytes.substr(0, step);
    reader.consume(view, write, std::min(step, bytes.size()));
  }
  return taken;
}

/// The blocks of what is wanted from `from` on.
std::string wanted_blocks(ArchivedLog& log, wire::Sequence from, const Selector& selector) {
  const View view = log.whole.view();
  std::string blocks;
  for (auto s = from; s <= view.head(); ++s) {
    const StoredEvent event = view.event(s);
    if (selector.wants_type(event.type) && selector.wants_topic(event.topic)) blocks += event.block;
  }
  return blocks;
}

std::unique_ptr<const Selector> topics(std::vector<std::string> wanted) {
  return std::make_unique<TestSelector>(TestSelector::exactly({}, std::move(wanted)));
}

TEST_CASE("A part is a view of its events, to its end or to where memory begins",
          "[log][archive]") {
  ArchivedLog log;
  log.add_many(2000);
  const View view = log.log.view();
  const View part = log.view_of(200);
  const PartRange range = view.part_of(200);
  CHECK(part.is_part());
  CHECK_FALSE(view.is_part());
  CHECK(part.first_held() == range.first);
  CHECK(part.tail() == range.first);
  CHECK(part.head() == range.last);
  CHECK(part.head_id() == log.event(range.last).id);
  CHECK(part.generation() == view.generation());
  for (auto s = range.first; s <= range.last; ++s) {
    const StoredEvent event = part.event(s);
    const StoredEvent expected = log.event(s);
    REQUIRE(event.id == expected.id);
    REQUIRE(event.block == expected.block);
    REQUIRE(event.type == expected.type);
    REQUIRE(event.topic == expected.topic);
  }
  const wire::Sequence last = view.first_held() - 1;
  CHECK(log.view_of(last).head() == last);
  CHECK(view.part_of(last).last > last);
}

TEST_CASE("A stream that reads everything gets the same bytes, whatever is archived",
          "[log][archive]") {
  ArchivedLog log;
  log.add_many(1500);
  const std::string all = test::feed(log.whole.view(), 1);
  for (const std::size_t step : {std::string::npos, std::size_t{1000}, std::size_t{61}}) {
    Reader reader(Cursor{1, 0});
    REQUIRE(take_all(log, reader, step) == all);
  }
  for (wire::Sequence from = 1; from <= 1501; from += 25) {
    Reader reader(Cursor{from, 0});
    REQUIRE(take_all(log, reader) == test::feed(log.whole.view(), from));
  }
}

TEST_CASE("A stream with a filter gets what it wants, whatever is archived", "[log][archive]") {
  ArchivedLog log(ArchivedLog::in_little_memory(), 200);
  log.add_many(1500);
  for (const std::size_t step : {std::string::npos, std::size_t{61}}) {
    for (const std::uint64_t steps : {kUnlimited, std::uint64_t{100}}) {
      for (const auto& wanted : {std::vector<std::string>{"topic/3"},
                                 {"topic/1", "topic/2", "topic/12", "topic/16"},
                                 {"none"}}) {
        Reader reader(topics(wanted), Cursor{1, 0}, 0);
        REQUIRE(take_all(log, reader, step, steps) == wanted_blocks(log, 1, *topics(wanted)));
      }
    }
  }
}

TEST_CASE("The newest of each are sent of all the history, and other parts are not read",
          "[log][archive]") {
  ArchivedLog log;
  for (int i = 0; i < 2000; ++i) {
    const bool is_rare = i == 100 || i == 777;
    log.add("", "", is_rare ? "rare/" + std::to_string(i) : "x" + std::to_string(i % 40));
  }
  const View whole = log.whole.view();
  std::string expected;
  for (auto s = whole.next_newest(1, 2000); s <= 2000; s = whole.next_newest(s + 1, 2000)) {
    expected += whole.event(s).block;
  }
  Reader reader(std::make_unique<ConflatedReader>(nullptr, Cursor{1, 0}, 0, 2000));
  std::string taken;
  while (reader.cursor().next <= 2000) {
    const View view = log.log.view();
    const wire::Sequence next = reader.cursor().next;
    if (view.is_archived(next)) reader.skip_to(view.next_archived_newest(next));
    const View at = log.view_of(reader.cursor().next);
    NextWrite write(kShare);
    Budget budget(kUnlimited);
    reader.gather(at, at.head(), write, budget);
    for (const auto& piece : write.pieces()) {
      taken.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
    reader.consume(at, write, write.bytes());
  }
  CHECK(taken == expected);
  CHECK(log.journal.reads().size() == 2);
}

TEST_CASE("A part without events sends nothing and ends where it is", "[log][archive]") {
  ArchivedLog log;
  log.add_many(2000);
  const View nothing = log.log.view().nothing_before(200);
  CHECK(nothing.is_part());
  CHECK(nothing.empty());
  CHECK(nothing.head() == 199);
  CHECK(nothing.first_held() == 200);
  for (auto make :
       {+[] {
          return Reader(Cursor{200, 0});
        },
        +[] {
          return Reader(topics({"topic/1"}), Cursor{200, 0}, 199);
        },
        +[] {
          return Reader(std::make_unique<ConflatedReader>(nullptr, Cursor{200, 0}, 199));
        }}) {
    Reader reader = make();
    NextWrite write(kShare);
    Budget budget(kUnlimited);
    reader.gather(nothing, nothing.head(), write, budget);
    CHECK(write.bytes() == 0);
    reader.consume(nothing, write, 0);
    CHECK(reader.cursor() == Cursor{200, 0});
  }
}

TEST_CASE("Where a part has many names, or several epochs, nothing of it is missing",
          "[log][archive]") {
  ArchivedLog log(ArchivedLog::in_little_memory(), 500);
  SECTION("names longer than their events") {
    for (int i = 0; i < 1000; ++i) {
      log.add("", "t" + std::to_string(i) + std::string(300, 't'), std::to_string(i));
    }
  }
  SECTION("large events among small ones") {
    for (int i = 0; i < 1500; ++i) log.add(std::string(i % 7 == 0 ? 3500 : 3, 'x'));
  }
  Reader reader(Cursor{1, 0});
  CHECK(take_all(log, reader) == test::feed(log.whole.view(), 1));
}

}  // namespace
}  // namespace sse::log
