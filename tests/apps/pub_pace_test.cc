// --rate, and what is told about a load.

#include "sse-pub/pacer.h"
#include "sse-pub/tally.h"
#include "support/catch.h"
#include "support/manual_clock.h"

namespace sse::pub {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Waits by moving the clock.
class InstantWaiter final : public client::Waiter {
 public:
  explicit InstantWaiter(test::ManualClock& clock) : clock_(clock) {}

  Woke wait(int /*fd*/, std::optional<BootTime> deadline) override {
    clock_.advance(*deadline - clock_.now().boot);
    return Woke::kDeadline;
  }

 private:
  test::ManualClock& clock_;
};

struct Stage {
  test::ManualClock clock;
  InstantWaiter waiter{clock};
  const BootTime start = clock.now().boot;

  std::chrono::nanoseconds since_start() const { return clock.now().boot - start; }
};

TEST_CASE("A rate is kept on average, whatever comes at once", "[pub][rate]") {
  Stage stage;
  Pacer pacer(200.0, stage.clock, stage.waiter);
  pacer.admit(20);  // the first ones go at once
  CHECK(stage.since_start() == seconds(0));
  pacer.admit(20);
  CHECK(stage.since_start() == milliseconds(100));
  pacer.admit(1);
  CHECK(stage.since_start() == milliseconds(200));
  pacer.admit(1);
  CHECK(stage.since_start() == milliseconds(205));
}

TEST_CASE("Time in which nothing was sent is not made up for", "[pub][rate]") {
  Stage stage;
  Pacer pacer(10.0, stage.clock, stage.waiter);
  pacer.admit(1);
  stage.clock.advance(seconds(60));
  pacer.admit(1);
  CHECK(stage.since_start() == seconds(60));
  pacer.admit(1);
  CHECK(stage.since_start() == seconds(60) + milliseconds(100));
}

TEST_CASE("A low rate makes small batches, and none leaves them as they are", "[pub][rate]") {
  Stage stage;
  CHECK(Pacer(200.0, stage.clock, stage.waiter).most_at_once(100) == 20);
  CHECK(Pacer(0.5, stage.clock, stage.waiter).most_at_once(100) == 1);
  CHECK(Pacer(1e6, stage.clock, stage.waiter).most_at_once(100) == 100);
  Pacer unpaced(std::nullopt, stage.clock, stage.waiter);
  CHECK(unpaced.most_at_once(100) == 100);
  unpaced.admit(1'000'000);
  unpaced.admit(1'000'000);
  CHECK(stage.since_start() == seconds(0));
}

TEST_CASE("The summary counts all runs, and its rate is of this one", "[pub][tally]") {
  Summary summary;
  summary.tally = {2'000'000, 1'234'567, 1'000, 0};
  summary.at_start = {1'000'000, 235'567, 0, 0};
  summary.took = seconds(4);
  summary.is_complete = true;
  CHECK(summary.text() ==
        "1,235,567 read: 1,234,567 published, 1,000 rejected; 4.000 s, 250,000/s");
  CHECK(summary.json() ==
        "{\"read\":1235567,\"published\":1234567,\"rejected\":1000,\"skipped\":0,"
        "\"bytes\":2000000,\"seconds\":4.000,\"complete\":true}");
  summary.is_complete = false;
  summary.tally.skipped = 2;
  CHECK_THAT(summary.text(), Catch::Contains(", 2 skipped;") && Catch::EndsWith("; not complete"));
}

TEST_CASE("The bar shows what is done, how fast, and what is left", "[pub][tally]") {
  const Tally half{500, 1'000, 1, 0};
  CHECK(progress_text(half, {}, 1000, seconds(10), 200) ==
        "[############            ] 50%  1,001  100/s  1 rejected  10s left");
  CHECK(progress_text(half, {}, 0, seconds(10), 200) == "1,001  100/s  1 rejected");
  CHECK(progress_text({1000, 5, 0, 0}, {}, 1000, seconds(1), 200) ==
        "[########################] 100%  5  5/s");
  CHECK(progress_text(half, {}, 1000, seconds(10), 20).size() == 20);
  CHECK_THAT(progress_text({}, {}, 1000, seconds(0), 200), Catch::EndsWith("0  0/s"));
}

}  // namespace
}  // namespace sse::pub
