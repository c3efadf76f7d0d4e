// A journal that runs out of memory at any one allocation: every append gets its answer, and stop()
// returns. This program has an operator new of its own, which fails when told to.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <list>
#include <new>
#include <string>

#include "sse/journal/sqlite_journal.h"

#include "support/catch.h"
#include "support/fixed_random.h"
#include "support/manual_clock.h"
#include "support/temporary_directory.h"

namespace {

constexpr long kNever = -1;

// How many allocations, of any thread, go well before one fails.
std::atomic<long> left_until_failure{kNever};

bool is_to_fail() {
  if (left_until_failure.load(std::memory_order_relaxed) < 0) return false;
  return left_until_failure.fetch_sub(1) == 0;
}

void* allocate(std::size_t size) {
  if (is_to_fail()) throw std::bad_alloc();
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
// By name as well: a sanitizer brings its own of these, which do not call the two above.
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return is_to_fail() ? nullptr : std::malloc(size == 0 ? 1 : size);
}
void* operator new[](std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return is_to_fail() ? nullptr : std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, const std::nothrow_t& /*tag*/) noexcept {
  std::free(memory);
}

namespace sse::journal {
namespace {

using namespace std::chrono_literals;

/// Shows nothing, and takes no memory for it.
class NoFollower final : public log::Follower {
 public:
  void load(const log::Origin& /*origin*/, std::span<const log::KeptRow> /*rows*/) override {}
  void add(std::span<const log::Entry> /*entries*/, BootTime /*now*/) override {}
  void restart(const log::Origin& /*origin*/, std::span<const log::KeptRow> /*rows*/,
               std::string_view /*why*/) override {}
  void wake() override {}
};

/// Answers, by what they say.
struct Answers {
  std::atomic<int> kept{0};
  std::atomic<int> refused{0};
  std::atomic<int> none{0};    // an answer without an outcome
  std::atomic<int> thrown{0};  // out of append()

  void note(const log::Append& known) {
    using Kind = log::Outcome::Kind;
    const Kind kind = known.items().front().outcome.kind;
    ++(kind == Kind::kPending ? none : kind == Kind::kFailed ? refused : kept);
  }
};

void ask(SqliteJournal& journal, log::Append& append, Answers& answers) {
  const auto later = [&]() -> log::Journal::Done {
    return [to = &answers](log::Append&& known) { to->note(known); };
  };
  try {
    if (journal.append(append, later) == log::Answered::kNow) answers.note(append);
  } catch (const std::bad_alloc&) {
    ++answers.thrown;
  }
}

/// The life of a journal in which allocation number `allocation` fails, counted from the first
/// append to the end of stop(). Whether there was one of that number.
bool live_with_failure(long allocation) {
  constexpr int kAppends = 4;
  test::TemporaryDirectory directory;
  test::ManualClock clock;
  test::FixedRandom random(1);
  DurableOptions options;
  options.journal.directory = directory.file("data");
  options.journal.sync = {SyncPolicy::Kind::kOff, {}};
  options.journal.reserve = 0;
  SqliteJournal journal(options, clock, random);
  NoFollower follower;
  REQUIRE(journal.start(follower));
  std::list<log::Append> appends;
  for (int i = 0; i < kAppends; ++i) {
    auto& append = appends.emplace_back(log::EventLimits{});
    append.add({"put", "", std::string(100, 'x')},
               {log::RowChange::Kind::kPut, {0, static_cast<std::uint64_t>(i)}, "name", "bytes"},
               log::Condition::kNameIsFree);
    append.keep_repeat([](const log::Append&) { return std::string("answer"); });
  }
  Answers answers;
  left_until_failure = allocation;
  for (auto& append : appends) ask(journal, append, answers);
  journal.stop(10s);
  const bool has_failed = left_until_failure.exchange(kNever) < 0;
  CHECK(answers.none == 0);
  CHECK(answers.kept + answers.refused + answers.thrown == kAppends);
  if (!has_failed) CHECK(answers.refused + answers.thrown == 0);
  return has_failed;
}

TEST_CASE("Every append gets its answer, and a stop its end, at whatever moment memory runs out",
          "[journal][memory]") {
  long allocation = 0;
  while (true) {
    CAPTURE(allocation);
    if (!live_with_failure(allocation)) break;
    ++allocation;
  }
  CHECK(allocation > 15);
}

}  // namespace
}  // namespace sse::journal
