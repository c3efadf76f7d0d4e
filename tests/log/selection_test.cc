#include "sse/log/selection.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <set>

#include "sse/log/names.h"
#include "sse/log/segment.h"

#include "log/logs.h"

namespace sse::log {
namespace {

using test::ManualLog;

/// Wants what its two questions say; counts what it was asked.
class TestSelector final : public Selector {
 public:
  using Question = std::function<bool(std::string_view)>;

  static TestSelector exactly(std::vector<std::string> types, std::vector<std::string> topics) {
    TestSelector selector;
    if (!types.empty()) selector.type_ = one_of(types);
    if (!topics.empty()) selector.topic_ = one_of(topics);
    selector.exact_types_ = std::move(types);
    selector.exact_topics_ = std::move(topics);
    return selector;
  }
  static TestSelector by(Question type, Question topic) {
    TestSelector selector;
    selector.type_ = std::move(type);
    selector.topic_ = std::move(topic);
    return selector;
  }

  bool wants_type(std::string_view type) const override {
    ++asked;
    return !type_ || type_(type);
  }
  bool wants_topic(std::string_view topic) const override {
    ++asked;
    return !topic_ || topic_(topic);
  }
  bool wants_every_type() const override { return !type_; }
  bool wants_every_topic() const override { return !topic_; }
  std::span<const std::string> exact_types() const override { return exact_types_; }
  std::span<const std::string> exact_topics() const override { return exact_topics_; }

  AskingCost asking_cost(Kind /*kind*/) const override { return cost; }

  mutable std::size_t asked = 0;
  AskingCost cost;

 private:
  static Question one_of(const std::vector<std::string>& names) {
    return [wanted = std::set<std::string, std::less<>>(names.begin(), names.end())](
               std::string_view name) { return wanted.find(name) != wanted.end(); };
  }

  Question type_;
  Question topic_;
  std::vector<std::string> exact_types_;
  std::vector<std::string> exact_topics_;
};

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

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

/// With as many budgets of `steps` as it takes.
std::optional<wire::Sequence> find(Selection& selection, const View& view, wire::Sequence from,
                                   std::uint64_t steps = kUnlimited) {
  for (int calls = 0; calls < 1'000'000; ++calls) {
    Budget budget(steps);
    const NextWanted next = selection.next(view, from, budget);
    REQUIRE(next.sequence >= from);
    if (next.is_found()) return next.sequence;
    if (!next.is_cut()) return std::nullopt;
    CHECK(budget.is_spent());
    from = next.sequence;
  }
  FAIL("the search does not get on");
  return std::nullopt;
}

std::vector<wire::Sequence> select(Selection& selection, const View& view, wire::Sequence from,
                                   std::uint64_t steps = kUnlimited) {
  std::vector<wire::Sequence> wanted;
  for (auto next = find(selection, view, from, steps); next;
       next = find(selection, view, *next + 1, steps)) {
    wanted.push_back(*next);
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

TEST_CASE("A name that comes later is noticed, in each segment anew", "[log][selection]") {
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

// What a peer can ask for, at its worst: the longest names, against as many patterns as a stream
// may have.
TEST_CASE("A search of hostile patterns takes its budget and no more", "[log][selection]") {
  constexpr std::uint64_t kSteps = 10'000;
  ManualLog log(ManualLog::with_segments(4U << 20U));
  for (int i = 0; i < 5000; ++i) {
    std::string name = std::to_string(i);
    log.add("", name + std::string(200 - name.size(), 'a'));
  }
  auto selector = TestSelector::by([](std::string_view) { return false; }, nullptr);
  selector.cost = {64, 64 * 56};
  const std::uint64_t a_name = selector.cost.steps_for(200);
  Selection selection(selector);
  const View view = log.log.view();
  wire::Sequence from = 1;
  std::size_t calls = 0;
  for (auto state = NextWanted::State::kCut; state == NextWanted::State::kCut; ++calls) {
    const std::size_t before = selector.asked;
    Budget budget(kSteps);
    const NextWanted next = selection.next(view, from, budget);
    CHECK((selector.asked - before) * a_name <= kSteps + a_name);
    state = next.state;
    from = next.sequence;
  }
  CHECK(selector.asked == 5000);  // nothing is asked twice
  CHECK(calls >= 5000 / (kSteps / a_name + 1));
  CHECK(from == view.head() + 1);
}

TEST_CASE("A search for a type and a topic that never meet takes its budget and no more",
          "[log][selection]") {
  ManualLog log(ManualLog::with_segments(1U << 20U));
  for (int i = 0; i < 20'000; ++i) log.add("", i % 2 == 0 ? "a" : "b", i % 2 == 0 ? "x" : "y");
  const auto selector = TestSelector::exactly({"a"}, {"y"});
  const View view = log.log.view();
  Selection whole(selector);
  Budget unlimited(kUnlimited);
  CHECK(whole.next(view, 1, unlimited).sequence == view.head() + 1);
  const std::uint64_t all_steps = kUnlimited - unlimited.left();
  CHECK(all_steps > 10'000);  // it looks at each event of the type, or of the topic

  constexpr std::uint64_t kSteps = 1'000;
  Selection selection(selector);
  wire::Sequence from = 1;
  std::uint64_t calls = 0;
  wire::Sequence longest = 0;
  for (auto state = NextWanted::State::kCut; state == NextWanted::State::kCut; ++calls) {
    Budget budget(kSteps);
    const NextWanted next = selection.next(view, from, budget);
    longest = std::max(longest, next.sequence - from);
    state = next.state;
    from = next.sequence;
  }
  CHECK(from == view.head() + 1);
  CHECK(longest <= kSteps);
  CHECK(calls >= all_steps / kSteps);
  CHECK(calls <= 2 * all_steps / kSteps + 10);  // and nothing is done twice
}

TEST_CASE("A search that is cut goes on while events come", "[log][selection]") {
  ManualLog log(ManualLog::with_segments(65'536));
  for (int i = 0; i < 2000; ++i) log.add("", "", "t" + std::to_string(i % 300));
  const auto selector =
      TestSelector::by(nullptr, [](std::string_view topic) { return topic == "last"; });
  Selection selection(selector);
  wire::Sequence from = 1;
  const auto wanted = [&]() -> std::optional<wire::Sequence> {
    Budget budget(50);
    const NextWanted next = selection.next(log.log.view(), from, budget);
    from = next.sequence;
    return next.is_found() ? std::optional(from) : std::nullopt;
  };
  const auto last = log.add("", "", "last").sequence();
  std::optional<wire::Sequence> found;
  for (int calls = 0; !found && calls < 5000; ++calls) {
    log.add("", "", "new" + std::to_string(calls % 7));
    found = wanted();
  }
  CHECK(found == last);
}

TEST_CASE("A view without budget finds nothing and loses nothing", "[log][selection]") {
  ManualLog log;
  log.add("1");
  const TestSelector selector;
  Selection selection(selector);
  Budget none(0);
  CHECK(selection.next(log.log.view(), 1, none) == NextWanted{NextWanted::State::kCut, 1});
  CHECK(find(selection, log.log.view(), 1) == 1);
}

TEST_CASE("However many names are wanted, a selection is bounded", "[log][selection]") {
  ManualLog log(ManualLog::with_segments(4U << 20U));
  for (int i = 0; i < 40'000; ++i) log.add("", std::to_string(i), std::to_string(i));
  const auto any = [](std::string_view name) { return name.back() != '7'; };
  const auto selector = TestSelector::by(any, any);
  Selection selection(selector);
  const View view = log.log.view();
  std::size_t most = 0;
  std::size_t found = 0;
  for (auto next = find(selection, view, 1); next; next = find(selection, view, *next + 1)) {
    most = std::max(most, selection.bytes());
    ++found;
  }
  CHECK(found == 36'000);
  CHECK(most <= Selection::kMostBytes);
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
