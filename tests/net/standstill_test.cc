#include "sse/net/standstill.h"

#include <atomic>
#include <chrono>
#include <latch>
#include <new>

#include "sse/base/clock.h"
#include "sse/net/loop_pool.h"

#include "support/catch.h"

namespace sse::net {
namespace {

using std::chrono::seconds;

std::unique_ptr<LoopPool> open_pool(const Clock& clock, std::size_t loops) {
  auto pool = LoopPool::open(clock, loops);
  REQUIRE(pool);
  return *std::move(pool);
}

}  // namespace

TEST_CASE("loops that stand still do nothing that is posted until they are released") {
  const SystemClock clock;
  const auto pool = open_pool(clock, 3);
  pool->start();
  std::atomic<unsigned> stopped = 0;
  std::atomic<unsigned> posted = 0;
  std::atomic<unsigned> too_early = 0;
  Standstill standstill(*pool, [&](Loop& loop) { stopped |= 1U << loop.index(); });
  REQUIRE(standstill.wait(seconds(30)));
  CHECK(stopped == 7);
  for (std::size_t i = 0; i < pool->size(); ++i) (*pool)[i].post([&] { ++posted; });
  std::atomic<unsigned> gone_on = 0;
  standstill.release([&](Loop& loop) {
    too_early += posted.load() > 0 && gone_on.load() == 0 ? 1 : 0;
    gone_on |= 1U << loop.index();
  });
  CHECK(gone_on == 7);
  CHECK(too_early == 0);
  pool->stop();
}

TEST_CASE("what stands still goes on when it is forgotten") {
  const SystemClock clock;
  const auto pool = open_pool(clock, 2);
  pool->start();
  {
    Standstill standstill(*pool, nullptr);
    REQUIRE(standstill.wait(seconds(30)));
  }
  std::atomic<unsigned> ran = 0;
  for (std::size_t i = 0; i < pool->size(); ++i) {
    Loop& loop = (*pool)[i];
    loop.post([&] {
      ++ran;
      loop.stop();
    });
  }
  pool->stop();
  CHECK(ran <= 2);
}

TEST_CASE("loops that do not run are not waited for") {
  const SystemClock clock;
  const auto pool = open_pool(clock, 2);
  Standstill standstill(*pool, nullptr);
  CHECK_FALSE(standstill.wait(std::chrono::nanoseconds(0)));
  standstill.release();
  (*pool)[0].turn();  // one that comes late does not stop
  (*pool)[0].turn();
}

TEST_CASE("a loop that has no memory when it stops goes on with the others, and is told of") {
  const SystemClock clock;
  const auto pool = open_pool(clock, 2);
  pool->start();
  {
    Standstill standstill(*pool, [](Loop& loop) {
      if (loop.index() == 1) throw std::bad_alloc();
    });
    CHECK_FALSE(standstill.wait(seconds(30)));
  }
  std::latch gone_on(2);
  for (std::size_t i = 0; i < 2; ++i) (*pool)[i].post([&] { gone_on.count_down(); });
  gone_on.wait();
  pool->stop();
}

}  // namespace sse::net
