#include "sse/log/selection.h"

#include <algorithm>
#include <random>

#include "sse/log/names.h"

#include "log/logs.h"
#include "log/selectors.h"

namespace sse::log {
namespace {

using test::ManualLog;

std::vector<wire::Sequence> brute_force(const View& view, const Selector& selector,
                                        wire::Sequence from) {
  std::vector<wire::Sequence> wanted;
  for (auto sequence = std::max(from, view.first_held()); sequence <= view.head(); ++sequence) {
    const auto event = view.event(sequence);
    if (selector.wants_type(event.type) && selector.wants_topic(event.topic)) {
      wanted.push_back(sequence);
    }
  }
  return wanted;
}

std::vector<wire::Sequence> select(const Selector& selector, const View& view) {
  Selection selection(selector);
  return select(selection, view, 1);
}

TEST_CASE("Types and topics are both looked at", "[log][selection]") {
  ManualLog log;
  log.add("1", "a", "x");
  log.add("2", "b", "x");
  log.add("3", "a", "y");
  log.add("4");
  using Wanted = std::vector<wire::Sequence>;
  const View view = log.log.view();
  CHECK(select(TestSelector::exactly({"a"}, {}), view) == Wanted{1, 3});
  CHECK(select(TestSelector::exactly({}, {"x"}), view) == Wanted{1, 2});
  CHECK(select(TestSelector::exactly({"a"}, {"x"}), view) == Wanted{1});
  CHECK(select(TestSelector::exactly({"a", "b"}, {"x", "y"}), view) == Wanted{1, 2, 3});
  CHECK(select(TestSelector::exactly({"message"}, {}), view) == Wanted{4});
  CHECK(select(TestSelector::exactly({}, {""}), view) == Wanted{4});
  CHECK(select(TestSelector::exactly({"c"}, {}), view).empty());
  CHECK(select(TestSelector{}, view) == Wanted{1, 2, 3, 4});
}

TEST_CASE("An empty log has nothing for anybody", "[log][selection]") {
  ManualLog log;
  CHECK(select(TestSelector{}, log.log.view()).empty());
  CHECK(select(TestSelector{}, View{}).empty());
}

TEST_CASE("A name that comes later is noticed, in each segment again", "[log][selection]") {
  ManualLog log(ManualLog::with_segments(4096));
  const auto selector = TestSelector::exactly({}, {"x"});
  Selection selection(selector);
  wire::Sequence from = 1;
  for (int round = 0; round < 200; ++round) {
    log.add("1", "", "y" + std::to_string(round));
    CHECK_FALSE(find(selection, log.log.view(), from));
    from = log.log.head() + 1;
    const auto id = log.add("2", "", "x");
    REQUIRE(find(selection, log.log.view(), from) == id.sequence());
    from = id.sequence() + 1;
  }
}

TEST_CASE("A selection does not look past its view", "[log][selection]") {
  ManualLog log;
  log.add("1", "", "x");
  const View view = log.log.view();
  for (int i = 0; i < 1000; ++i) log.add("2", "", i % 100 == 0 ? "x" : "y");
  CHECK(select(TestSelector::exactly({}, {"x"}), view).size() == 1);
}

TEST_CASE("What is below the bytes still held is passed over", "[log][selection]") {
  auto options = ManualLog::with_segments(4096);
  options.retention.max_events = 100;
  ManualLog log(options);
  for (int i = 0; i < 1000; ++i) log.add("1", "", i % 2 == 0 ? "x" : "y");
  const View view = log.log.view();
  const auto selector = TestSelector::exactly({}, {"x"});
  CHECK(select(selector, view) == brute_force(view, selector, 1));
  CHECK(select(selector, view).front() >= view.first_held());
}

TEST_CASE("An exact topic is looked up, whatever number of topics there are", "[log][selection]") {
  ManualLog log;
  for (int i = 0; i < 5000; ++i) log.add("", "", "t" + std::to_string(i));
  const auto selector = TestSelector::exactly({}, {"t77", "t4711"});
  CHECK(select(selector, log.log.view()) == std::vector<wire::Sequence>{78, 4712});
  CHECK(selector.asked == 0);
}

TEST_CASE("A pattern is asked about each name of a segment once", "[log][selection]") {
  ManualLog log;
  const auto selector =
      TestSelector::by(nullptr, [](std::string_view topic) { return topic == "t7"; });
  Selection selection(selector);
  wire::Sequence from = 1;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 20; ++i) log.add("", "", "t" + std::to_string(i));
    const auto wanted = select(selection, log.log.view(), from);
    CHECK(wanted.size() == 1);
    from = log.log.head() + 1;
  }
  CHECK(selector.asked == 20);
}

TEST_CASE("With more names than events to look at, each event is asked about", "[log][selection]") {
  ManualLog log;
  for (int i = 0; i < 5000; ++i) log.add("", "", "t" + std::to_string(i));
  const auto selector =
      TestSelector::by(nullptr, [](std::string_view topic) { return topic == "t4990"; });
  Selection selection(selector);
  CHECK(select(selection, log.log.view(), 4981) == std::vector<wire::Sequence>{4991});
  CHECK(selector.asked == 20);
  // A search that comes again and again asks about the names, once.
  for (int round = 0; round < 1000; ++round) {
    const auto from = log.log.head() + 1;
    for (int i = 0; i < 10; ++i) log.add("", "", "t" + std::to_string(i));
    CHECK(select(selection, log.log.view(), from).empty());
  }
  CHECK(selector.asked <= 5000 + 5000);
}

TEST_CASE("Ten thousand idle filtered streams cost little memory", "[log][selection]") {
  CHECK(sizeof(Selection) <= 256);  // beside it: two bytes for each name that is wanted
}

struct RandomCase {
  explicit RandomCase(unsigned seed) : random(seed) {}

  std::size_t below(std::size_t bound) { return random() % bound; }

  /// A name; the small numbers come up more often.
  std::string name(char kind, std::size_t names) {
    return kind +
           std::to_string(below(2) == 0 ? below(names) : below(names) * below(names) / names);
  }

  std::vector<std::string> some_names(char kind, std::size_t names) {
    std::vector<std::string> some;
    for (std::size_t i = 1 + below(below(4) == 0 ? 64 : 4); i > 0; --i) {
      some.push_back(name(kind, names));
    }
    return some;
  }

  TestSelector::Question some_pattern() {
    const std::size_t divisor = 1 + below(30);
    return [divisor](std::string_view name) {
      return !name.empty() && std::stoul(std::string(name.substr(1))) % divisor == 0;
    };
  }

  TestSelector selector(std::size_t types, std::size_t topics) {
    const bool by_type = below(2) == 0;
    const bool by_topic = !by_type || below(2) == 0;
    if (below(2) == 0) {
      return TestSelector::exactly(by_type ? some_names('t', types) : std::vector<std::string>{},
                                   by_topic ? some_names('x', topics) : std::vector<std::string>{});
    }
    return TestSelector::by(by_type ? some_pattern() : nullptr,
                            by_topic ? some_pattern() : nullptr);
  }

  /// A budget, mostly too small.
  std::uint64_t steps() {
    const std::uint64_t some[] = {1, 1 + below(20), 1 + below(1000), kUnlimited};
    return some[below(std::size(some))];
  }

  std::mt19937 random;
};

TEST_CASE("A selection finds what looking at every event finds", "[log][selection]") {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    RandomCase random(seed);
    const std::size_t segment_sizes[] = {4096, 65'536, 400'000};
    ManualLog log(ManualLog::with_segments(segment_sizes[seed % 3]));
    const std::size_t types = 1 + random.below(20);
    const std::size_t topics = 1 + random.below(seed % 2 == 0 ? 20 : 3000);
    std::vector<TestSelector> selectors;
    for (int i = 0; i < 30; ++i) selectors.push_back(random.selector(types, topics));
    std::vector<Selection> followers(selectors.begin(), selectors.end());
    std::vector<std::vector<wire::Sequence>> followed(selectors.size());

    for (int turn = 0; turn < 12; ++turn) {
      const wire::Sequence from = log.log.head() + 1;
      for (std::size_t i = random.below(turn % 3 == 0 ? 3000 : 40); i > 0; --i) {
        log.add("", random.name('t', types), random.name('x', topics));
      }
      const View view = log.log.view();
      for (std::size_t i = 0; i < selectors.size(); ++i) {
        const auto found = select(followers[i], view, from, random.steps());
        followed[i].insert(followed[i].end(), found.begin(), found.end());
      }
    }

    const View view = log.log.view();
    for (std::size_t i = 0; i < selectors.size(); ++i) {
      CAPTURE(i);
      const auto expected = brute_force(view, selectors[i], 1);
      REQUIRE(followed[i] == expected);
      REQUIRE(select(selectors[i], view) == expected);
      Selection cut(selectors[i]);
      REQUIRE(select(cut, view, 1, random.steps()) == expected);
      REQUIRE(cut.bytes() <= Selection::kMostBytes);
      // Any order of questions, also backwards (a short write of several events).
      for (int jump = 0; jump < 50; ++jump) {
        const auto from = static_cast<wire::Sequence>(1 + random.below(view.head()));
        const auto at = std::lower_bound(expected.begin(), expected.end(), from);
        const auto found = find(followers[i], view, from);
        REQUIRE(found.has_value() == (at != expected.end()));
        if (found) REQUIRE(*found == *at);
      }
    }
  }
}

TEST_CASE("A search that goes on in another log asks what its names mean there",
          "[log][selection]") {
  ManualLog one;
  ManualLog other;
  for (int i = 0; i < 100; ++i) {
    one.add("", "", i % 2 == 0 ? "a" : "b");
    other.add("", "", i % 2 == 0 ? "b" : "a");
  }
  const TestSelector selector = TestSelector::exactly({}, {"a"});
  Selection selection(selector);
  for (int turn = 0; turn < 3; ++turn) {
    CHECK(select(selection, one.log.view(), 1) == brute_force(one.log.view(), selector, 1));
    CHECK(select(selection, other.log.view(), 1) == brute_force(other.log.view(), selector, 1));
  }
}

TEST_CASE("Names are found again, each with its own events", "[log][names]") {
  std::vector<std::uint64_t> memory(Names::memory_size(100, 1024) / 8);
  Names names(reinterpret_cast<char*>(memory.data()), 100, 1024, KeyedHash(1, 2));
  const NameKey a("a", KeyedHash(1, 2));
  const auto first = names.add(a, 0);
  CHECK_FALSE(first.previous);
  CHECK_FALSE(names.add(NameKey("", KeyedHash(1, 2)), 1).previous);
  CHECK(names.add(a, 2).previous == EntryIndex{0});
  CHECK(names.add(a, 5).previous == EntryIndex{2});
  CHECK(names.size() == 2);
  CHECK(names.find("a") == first.name);
  CHECK_FALSE(names.find("b"));
  CHECK(names.text(first.name) == "a");
  CHECK(names.first(first.name) == 0);
  CHECK(names.last(first.name) == 5);
  CHECK(names.count(first.name) == 3);
}

TEST_CASE("Names say when they have no room", "[log][names]") {
  std::vector<std::uint64_t> memory(Names::memory_size(3, 10) / 8);
  Names names(reinterpret_cast<char*>(memory.data()), 3, 10, KeyedHash());
  names.add(NameKey("abcd", KeyedHash()), 0);
  CHECK(names.has_room(6));
  CHECK_FALSE(names.has_room(7));
  names.add(NameKey("e", KeyedHash()), 1);
  names.add(NameKey("f", KeyedHash()), 2);
  CHECK_FALSE(names.has_room(0));
}

}  // namespace
}  // namespace sse::log
