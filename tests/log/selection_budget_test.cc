// What a search takes at most, of time and of memory.

#include <algorithm>
#include <string>

#include "sse/log/selection.h"

#include "log/logs.h"
#include "log/selectors.h"

namespace sse::log {
namespace {

using test::ManualLog;

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

}  // namespace
}  // namespace sse::log
