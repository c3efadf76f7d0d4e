#include "sse/journal/read_allowance.h"

#include <algorithm>
#include <chrono>

#include "support/catch.h"

namespace sse::test {
namespace {

using namespace std::chrono_literals;
using journal::ReadAllowance;

constexpr ReadAllowance::Time kStart{std::chrono::hours(1)};

/// Processor time that reads of `length` get in a second in which a commit ends each 10 ms.
ReadAllowance::Duration read_in_a_second(ReadAllowance& allowance, ReadAllowance::Duration length) {
  ReadAllowance::Duration used(0);
  ReadAllowance::Time now = kStart;
  ReadAllowance::Time next_commit = kStart;
  while (now < kStart + 1s) {
    if (now >= next_commit) {
      allowance.note_commit(1ms, now);
      next_commit += 10ms;
    }
    if (const auto rest = allowance.rest(now); rest.count() > 0) {
      now = std::min(now + rest, next_commit);
      continue;
    }
    now += length;
    used += length;
    allowance.note_read(0ms, length, now);
  }
  return used;
}

TEST_CASE("While events come, reads get a sixty-fourth of the machine", "[journal][archive]") {
  const auto length = GENERATE(100us, 1000us);
  ReadAllowance two(2);
  const auto used = read_in_a_second(two, length);
  CHECK(used > 30ms);
  CHECK(used < 33ms);
  ReadAllowance eight(8);
  CHECK(read_in_a_second(eight, length) > 122ms);
  CHECK(read_in_a_second(eight, length) < 128ms);
  ReadAllowance many(64);
  CHECK(read_in_a_second(many, length) >= 1s);
  ReadAllowance unknown(0);
  CHECK(read_in_a_second(unknown, length) > 0s);
}

TEST_CASE("While no events come, reads do not rest", "[journal][archive]") {
  ReadAllowance allowance(2);
  for (auto now = kStart; now < kStart + 100ms; now += 1ms) {
    allowance.note_read(0ms, 1ms, now);
    CHECK(allowance.rest(now) == 0ms);
  }
  // Nor do they make up for it once events come.
  allowance.note_commit(1ms, kStart + 100ms);
  CHECK(allowance.rest(kStart + 100ms) == 0ms);
  allowance.note_read(0ms, 1ms, kStart + 101ms);
  CHECK(allowance.rest(kStart + 101ms) == 31ms);
  CHECK(allowance.rest(kStart + 110ms) == 22ms);
  CHECK(allowance.rest(kStart + 132ms) == 0ms);
}

TEST_CASE("A second after the last commit reads do not rest any more", "[journal][archive]") {
  ReadAllowance allowance(2);
  allowance.note_commit(1ms, kStart);
  allowance.note_read(0ms, 500ms, kStart + 500ms);
  CHECK(allowance.rest(kStart + 999ms) > 0ms);
  CHECK(allowance.rest(kStart + 1s) == 0ms);
}

TEST_CASE("While appends wait, reads get a quarter of what commits take", "[journal][archive]") {
  ReadAllowance allowance(64);
  CHECK(allowance.left() == 2ms);
  allowance.note_read(10ms, 0ms, kStart);
  CHECK(allowance.left() == -8ms);
  for (int i = 0; i < 8; ++i) allowance.note_commit(4ms, kStart);
  CHECK(allowance.left() == 0ms);
  for (int i = 0; i < 8; ++i) allowance.note_commit(4ms, kStart);
  CHECK(allowance.left() == 2ms);  // no more is saved up
}

}  // namespace
}  // namespace sse::test
