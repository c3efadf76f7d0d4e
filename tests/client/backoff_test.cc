#include "sse/client/backoff.h"

#include "support/catch.h"

using namespace std::chrono_literals;
using sse::client::Backoff;

namespace {

/// Always the largest number.
class LargestRandom final : public sse::RandomSource {
 public:
  std::uint64_t next() override { return ~std::uint64_t{0}; }
};

/// Always zero: no jitter.
class ZeroRandom final : public sse::RandomSource {
 public:
  std::uint64_t next() override { return 0; }
};

}  // namespace

TEST_CASE("Waits double from the minimum to the maximum", "[client][backoff]") {
  ZeroRandom random;
  Backoff backoff({100ms, 500ms}, random);
  CHECK(backoff.next() == 100ms);
  CHECK(backoff.next() == 200ms);
  CHECK(backoff.next() == 400ms);
  CHECK(backoff.next() == 500ms);
  for (int i = 0; i < 1000; ++i) CHECK(backoff.next() == 500ms);
}

TEST_CASE("A server that asks for more than the maximum gets it", "[client][backoff]") {
  ZeroRandom random;
  Backoff backoff({1s, 30s}, random);
  backoff.set_reconnection_time(60s);
  CHECK(backoff.next() == 60s);
  CHECK(backoff.next() == 60s);
  CHECK(backoff.next(5min) == 5min);
  backoff.set_reconnection_time(0ms);
  CHECK(backoff.next() == 1s);
}

TEST_CASE("Jitter adds at most a quarter and never takes away", "[client][backoff]") {
  LargestRandom random;
  Backoff backoff({1s, 30s}, random);
  for (const auto least : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    const auto wait = backoff.next();
    CHECK(wait >= least);
    CHECK(wait <= least + std::chrono::milliseconds(least) / 4);
  }
}

TEST_CASE("Absurd times neither overflow nor last for ever", "[client][backoff]") {
  ZeroRandom random;
  Backoff backoff({1s, 30s}, random);
  backoff.set_reconnection_time(std::chrono::nanoseconds::max());
  CHECK(backoff.next(std::chrono::nanoseconds::max()) == 24h);
}
