#include "sse/auth/rate_buckets.h"

#include <chrono>
#include <string>

#include <malloc.h>

#include "sse/auth/failure_limiter.h"

#include "support/catch.h"
#include "support/fixed_random.h"
#include "support/manual_clock.h"

namespace sse::auth {
namespace {

using namespace std::chrono_literals;

struct Stage {
  test::ManualClock clock;
  test::FixedRandom random;
};

TEST_CASE("A bucket gives its burst, then as many as it fills with", "[auth][rate]") {
  Stage stage;
  RateBuckets buckets({10, 5}, 100, stage.random);
  for (int i = 0; i < 5; ++i) CHECK(buckets.take("a", 1, stage.clock.boot()) == 0ns);
  CHECK(buckets.take("a", 1, stage.clock.boot()) == 100ms);
  stage.clock.advance(99ms);
  CHECK(buckets.take("a", 1, stage.clock.boot()) == 1ms);
  stage.clock.advance(1ms);
  CHECK(buckets.take("a", 1, stage.clock.boot()) == 0ns);
  CHECK(buckets.take("a", 1, stage.clock.boot()) == 100ms);
  // Another key has a bucket of its own.
  CHECK(buckets.take("b", 5, stage.clock.boot()) == 0ns);
  // However long it rests, it holds no more than its burst.
  stage.clock.advance(1h);
  CHECK(buckets.take("a", 5, stage.clock.boot()) == 0ns);
  CHECK(buckets.take("a", 1, stage.clock.boot()) == 100ms);
}

TEST_CASE("A large batch passes, and its debt is paid before the next one", "[auth][rate]") {
  Stage stage;
  RateBuckets buckets({10, 5}, 100, stage.random);
  CHECK(buckets.take("a", 105, stage.clock.boot()) == 0ns);
  CHECK(buckets.take("a", 1, stage.clock.boot()) == 10'100ms);
  stage.clock.advance(10'100ms);
  CHECK(buckets.take("a", 1, stage.clock.boot()) == 0ns);
  // One past all times is not endless by overflow.
  CHECK(buckets.take("b", 1e300, stage.clock.boot()) == 0ns);
  CHECK(buckets.take("b", 1, stage.clock.boot()) > 1h);
}

TEST_CASE("A refused take takes nothing", "[auth][rate]") {
  Stage stage;
  RateBuckets buckets({1, 1}, 100, stage.random);
  CHECK(buckets.take("a", 1, stage.clock.boot()) == 0ns);
  for (int i = 0; i < 100; ++i) CHECK(buckets.take("a", 1, stage.clock.boot()) == 1s);
  stage.clock.advance(1s);
  CHECK(buckets.take("a", 1, stage.clock.boot()) == 0ns);
}

TEST_CASE("A key may have a rate of its own", "[auth][rate]") {
  Stage stage;
  RateBuckets buckets({1, 1}, 100, stage.random);
  const Rate own{100, 50};
  for (int i = 0; i < 50; ++i) CHECK(buckets.take("a", 1, stage.clock.boot(), own) == 0ns);
  CHECK(buckets.take("a", 1, stage.clock.boot(), own) == 10ms);
}

TEST_CASE("The wall clock moves no bucket", "[auth][rate]") {
  Stage stage;
  RateBuckets buckets({1, 1}, 100, stage.random);
  CHECK(buckets.take("a", 1, stage.clock.boot()) == 0ns);
  stage.clock.jump_wall(24h * 365);
  CHECK(buckets.take("a", 1, stage.clock.boot()) == 1s);
}

TEST_CASE("A million keys take the room of a bounded number", "[auth][rate]") {
  Stage stage;
  RateBuckets buckets({1, 1}, 1'000, stage.random);
  for (int i = 0; i < 1'000'000; ++i) {
    buckets.take(std::to_string(i), 1, stage.clock.boot());
    if (i % 1'000 == 0) stage.clock.advance(10ms);
  }
  CHECK(buckets.size() == 1'000);
}

TEST_CASE("When the table is full newcomers share one bucket", "[auth][rate]") {
  Stage stage;
  RateBuckets buckets({1, 3}, 10, stage.random);
  for (int i = 0; i < 10; ++i) buckets.take("old" + std::to_string(i), 3, stage.clock.boot());
  int passed = 0;
  for (int i = 0; i < 100; ++i) {
    passed += buckets.take("new" + std::to_string(i), 1, stage.clock.boot()) == 0ns ? 1 : 0;
  }
  CHECK(passed == 3);
  CHECK(buckets.size() == 10);
  // With a rate of its own, too: nothing is unlimited.
  CHECK(buckets.take("rich", 1, stage.clock.boot(), Rate{1e6, 1e6}) > 0ns);
  // Those that have one keep theirs.
  CHECK(buckets.take("old0", 1, stage.clock.boot()) == 1s);
  // Buckets that are full again give way.
  stage.clock.advance(3s);
  CHECK(buckets.take("newer", 3, stage.clock.boot()) == 0ns);
  CHECK(buckets.take("newer", 1, stage.clock.boot()) == 1s);
  CHECK(buckets.size() == 10);
}

TEST_CASE("A bucket in debt does not keep full ones from giving way", "[auth][rate]") {
  Stage stage;
  RateBuckets buckets({1, 1}, 20, stage.random);
  for (int i = 0; i < 20; ++i) {
    buckets.take(std::to_string(i), i < 19 ? 1'000 : 1, stage.clock.boot());
  }
  stage.clock.advance(1s);
  // Each newcomer looks at eight, and the next one at others.
  for (int i = 0; i < 3; ++i) buckets.take("new" + std::to_string(i), 1, stage.clock.boot());
  CHECK(buckets.take("new2", 1, stage.clock.boot()) == 1s);
  stage.clock.advance(1s);
  CHECK(buckets.take("0", 1, stage.clock.boot()) > 900s);
}

TEST_CASE("What is given back can be taken again, and is no more than the burst", "[auth][rate]") {
  Stage stage;
  RateBuckets buckets({1, 2}, 100, stage.random);
  CHECK(buckets.take("a", 2, stage.clock.boot()) == 0ns);
  buckets.give_back("a", 1);
  CHECK(buckets.take("a", 1, stage.clock.boot()) == 0ns);
  for (int i = 0; i < 100; ++i) buckets.give_back("a", 1);
  CHECK(buckets.take("a", 2, stage.clock.boot()) == 0ns);
  CHECK(buckets.take("a", 1, stage.clock.boot()) == 1s);
}

TEST_CASE("A peer fails 30 times, then once a second", "[auth][rate]") {
  Stage stage;
  FailureLimiter limiter(100, stage.random);
  for (int i = 0; i < 30; ++i) CHECK(limiter.begin_check("peer", stage.clock.boot()) == 0ns);
  CHECK(limiter.begin_check("peer", stage.clock.boot()) == 1s);
  CHECK(limiter.begin_check("other", stage.clock.boot()) == 0ns);
  stage.clock.advance(1s);
  CHECK(limiter.begin_check("peer", stage.clock.boot()) == 0ns);
  CHECK(limiter.begin_check("peer", stage.clock.boot()) == 1s);
}

TEST_CASE("A bucket with its key takes no more than 256 bytes", "[auth][rate]") {
  Stage stage;
  constexpr std::size_t kMany = 20'000;
  RateBuckets buckets({1, 1}, kMany, stage.random);
  const auto allocated = [] { return ::mallinfo2().uordblks; };
  const auto before = allocated();
  for (std::size_t i = 0; i < 2 * kMany; ++i) {
    std::string key = "=" + std::to_string(i);
    key.resize(65, 'x');
    buckets.take(key, 1, stage.clock.boot());
  }
  CHECK(buckets.size() == kMany);
  CHECK(allocated() - before <= kMany * 256);
}

TEST_CASE("Good tokens use up no failures", "[auth][rate]") {
  Stage stage;
  FailureLimiter limiter(100, stage.random);
  for (int i = 0; i < 1'000; ++i) {
    CHECK(limiter.begin_check("peer", stage.clock.boot()) == 0ns);
    limiter.succeeded("peer");
  }
}

}  // namespace
}  // namespace sse::auth
