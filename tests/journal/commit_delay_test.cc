#include "sse/journal/commit_delay.h"

#include <chrono>

#include "support/catch.h"

namespace sse::journal {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr auto kSync = microseconds(800);
constexpr auto kAll = kSync / 2;

/// Commits in a row, at times that the test gives.
struct Commits {
  CommitDelay delay;
  CommitDelay::Time now{std::chrono::hours(1)};

  void end(std::size_t committed, std::size_t queued, CommitDelay::Span took = kSync) {
    now += took;
    delay.note(committed, queued, took, now);
  }
  CommitDelay::Span left(std::size_t queued) { return delay.next_wait(queued, now); }
  /// A commit whose publishers do not come back. Returns whether they were waited for.
  bool wait_in_vain() {
    end(8, 0);
    const bool waited = left(1) > CommitDelay::Span::zero();
    now += kAll;
    left(1);
    return waited;
  }
};

TEST_CASE("A publisher that is alone never waits", "[commit_delay]") {
  Commits commits;
  for (int i = 0; i < 10; ++i) {
    CHECK(commits.left(1).count() == 0);
    CHECK(commits.delay.awaited() == 1);
    commits.end(1, 0);
  }
}

TEST_CASE("A commit waits for those whom the last one answered, and for no longer than half of it",
          "[commit_delay]") {
  Commits commits;
  commits.end(20, 12);
  CHECK(commits.delay.awaited() == 32);
  CHECK(commits.left(12) == kAll);
  commits.now += kAll / 4;
  CHECK(commits.left(25) == kAll - kAll / 4);
  CHECK(commits.left(32).count() == 0);

  commits.end(32, 0);
  CHECK(commits.left(1) == kAll);
  commits.now += kAll;
  CHECK(commits.left(31).count() == 0);  // one has gone
  CHECK(commits.left(31).count() == 0);  // and is not waited for twice
}

TEST_CASE("A slow disk makes no commit wait for long", "[commit_delay]") {
  Commits commits;
  commits.end(2, 0, milliseconds(200));
  CHECK(commits.left(1) == CommitDelay::kLongest);
}

TEST_CASE("Two that do not come back together are not waited for the next time", "[commit_delay]") {
  Commits commits;
  commits.end(2, 0);
  CHECK(commits.left(1) == kAll);
  commits.now += kAll;
  CHECK(commits.left(1).count() == 0);
  commits.end(2, 0);
  CHECK(commits.left(1).count() == 0);
}

TEST_CASE("Publishers that do not come back are waited for less and less often", "[commit_delay]") {
  Commits commits;
  for (std::size_t expected = 0; expected != CommitDelay::kMostSkipped;) {
    REQUIRE(commits.wait_in_vain());
    expected = expected == 0 ? 1 : 2 * expected;
    for (std::size_t begun_at_once = 0; begun_at_once < expected; ++begun_at_once) {
      commits.end(8, 0);
      REQUIRE(commits.left(1).count() == 0);
    }
  }
  CHECK(commits.wait_in_vain());

  for (std::size_t i = 0; i < CommitDelay::kMostSkipped; ++i) commits.end(8, 0);
  commits.end(8, 0);
  CHECK(commits.left(4) == kAll);
  CHECK(commits.left(8).count() == 0);  // they are back
  commits.end(8, 0);
  CHECK(commits.left(4) == kAll);
}

}  // namespace
}  // namespace sse::journal
