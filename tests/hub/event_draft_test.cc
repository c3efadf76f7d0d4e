#include "sse/hub/event_draft.h"

#include <string>
#include <utility>
#include <vector>

#include "sse/log/event_log.h"
#include "sse/log/log_follower.h"
#include "sse/log/memory_journal.h"

#include "support/at_once.h"
#include "support/catch.h"
#include "support/late_journal.h"
#include "support/manual_clock.h"

namespace sse::hub {
namespace {

/// The outcomes of a draft's items, in the order in which they are told.
struct Told {
  void operator()(std::size_t slot, Result<Uuid> outcome) {
    slots.push_back(slot);
    outcomes.push_back(std::move(outcome));
  }
  std::vector<std::size_t> slots;
  std::vector<Result<Uuid>> outcomes;
};

template <typename Journal>
struct Fixture {
  Fixture() { REQUIRE(journal.start(follower)); }

  test::ManualClock clock;
  log::EventLog log{{}, clock};
  log::LogFollower follower{log, [] {}};
  Journal journal{{}, clock};
  Publisher publisher{journal, log.limits()};
};

TEST_CASE("What breaks a rule does not come into a draft, and loses none of the others",
          "[hub][publisher]") {
  Fixture<log::MemoryJournal> hub;
  EventDraft draft(hub.publisher);
  CHECK(draft.add({"sse.gap", "", "0"}, 0).error().code == ErrorCode::kInvalid);
  CHECK(draft.add({"", "", "1"}, 1));
  const std::string large(std::size_t{1} << 20U, 'x');
  CHECK(draft.add({"", "", large}, 2).error().code == ErrorCode::kTooLarge);
  CHECK(draft.add({"", "", "3"}, 3));
  CHECK(draft.size() == 2);
  CHECK(hub.log.head() == 0);
  Told told;
  const auto answered = draft.publish(told, test::kNever);
  REQUIRE(answered);
  CHECK(*answered == Draft::Answered::kNow);
  CHECK(draft.size() == 0);
  CHECK(told.slots == std::vector<std::size_t>{1, 3});
  const auto view = hub.log.view();
  REQUIRE(view.head() == 2);
  CHECK(*told.outcomes[0] == view.event(1).id.uuid());
  CHECK(*told.outcomes[1] == view.event(2).id.uuid());
  CHECK(draft.add({"", "", "4"}, 4));
  CHECK(draft.publish(told, test::kNever));
  CHECK(hub.log.head() == 3);
}

TEST_CASE("A draft whose outcomes come later is one append", "[hub][publisher]") {
  Fixture<test::LateJournal> hub;
  EventDraft draft(hub.publisher);
  for (std::size_t i = 0; i < 1000; ++i) REQUIRE(draft.add({"", "", "x"}, i));
  Told told;
  const auto later = [&]() -> std::function<void(const Outcomes&)> {
    return [&](const Outcomes& outcomes) { outcomes(told); };
  };
  std::size_t repeated = 0;
  const RepeatText<Outcomes> repeat = [&](const Outcomes& outcomes) {
    outcomes([&](std::size_t, const Result<Uuid>& outcome) { repeated += outcome ? 1U : 0U; });
    return RepeatRecord("text");
  };
  const auto answered =
      draft.publish([](std::size_t, const Result<Uuid>&) { std::abort(); }, {later, &repeat});
  REQUIRE(answered);
  CHECK(*answered == Draft::Answered::kLater);
  CHECK(hub.journal.waiting() == 1);
  CHECK(told.slots.empty());
  hub.journal.answer_early();
  CHECK(repeated == 1000);
  REQUIRE(told.slots.size() == 1000);
  CHECK(told.outcomes[999].error().code == ErrorCode::kUnknown);
  hub.journal.commit();
  CHECK(hub.log.head() == 1000);
}

/// Refuses everything, as one does that has no room.
struct FullJournal final : log::Journal {
  FullJournal(const log::MemoryJournal::Options& /*options*/, const Clock& /*clock*/) {}
  Status start(log::Follower& /*follower*/) override { return {}; }
  log::Answered append(log::Append& append, FunctionRef<Done()> /*later*/) override {
    append.refuse({ErrorCode::kUnavailable, "full"});
    return log::Answered::kNow;
  }
  bool answers_at_once() const override { return false; }
  void stop(std::chrono::nanoseconds /*limit*/) override {}
  log::JournalState state() const override { return log::JournalState::kReady; }
};

TEST_CASE("A draft that is refused as a whole says so once", "[hub][publisher]") {
  Fixture<FullJournal> hub;
  for (const std::size_t items : {std::size_t{1}, std::size_t{3}}) {
    EventDraft draft(hub.publisher);
    for (std::size_t i = 0; i < items; ++i) REQUIRE(draft.add({"", "", "x"}, i));
    Told told;
    const auto answered = draft.publish(told, test::kNever);
    REQUIRE_FALSE(answered);
    CHECK(answered.error().text == "full");
    CHECK(told.slots.empty());
  }
  CHECK(hub.publisher.publish({"", "", "x"}).error().text == "full");
  const std::vector<wire::Event> events{{"", "", "x"}, {"sse.bad", "", "x"}, {"", "", "y"}};
  const auto results = hub.publisher.publish_batch(events);
  CHECK(results[0].error().text == "full");
  CHECK(results[1].error().code == ErrorCode::kInvalid);
  CHECK(results[2].error().text == "full");
}

}  // namespace
}  // namespace sse::hub
