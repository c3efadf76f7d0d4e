#include "sse/hub/publisher.h"

#include <thread>
#include <vector>

#include "sse/log/event_log.h"
#include "sse/log/log_follower.h"
#include "sse/log/memory_journal.h"
#include "sse/net/loop.h"

#include "support/catch.h"
#include "support/late_journal.h"
#include "support/manual_clock.h"

namespace sse::hub {
namespace {

struct PublisherFixture {
  test::ManualClock clock;
  PublisherFixture() { REQUIRE(journal.start(follower)); }

  log::EventLog log{{}, clock};
  int wakes = 0;
  wire::Sequence head_at_wake = 0;
  log::LogFollower follower{log, [this] {
                              ++wakes;
                              head_at_wake = log.head();
                            }};
  log::MemoryJournal journal{{}, clock};
  Publisher publisher{journal, log.limits()};
};

TEST_CASE("A published event is in the log before the loops are woken", "[hub][publisher]") {
  PublisherFixture hub;
  const auto id = hub.publisher.publish({"deploy", "ci/api", "{}"});
  REQUIRE(id);
  CHECK(id->sequence() == 1);
  CHECK(hub.wakes == 1);
  CHECK(hub.head_at_wake == 1);
}

TEST_CASE("An event that breaks a rule is refused and wakes no loop", "[hub][publisher]") {
  PublisherFixture hub;
  const auto refused = hub.publisher.publish({"a\nid: 1", "", ""});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kInvalid);
  const auto too_large = hub.publisher.publish({"", "", std::string(std::size_t{1} << 20U, 'x')});
  REQUIRE_FALSE(too_large);
  CHECK(too_large.error().code == ErrorCode::kTooLarge);
  CHECK(hub.wakes == 0);
  CHECK(hub.log.head() == 0);
}

TEST_CASE("A bad event of a batch loses no good one, and the loops are woken once",
          "[hub][publisher]") {
  PublisherFixture hub;
  const std::vector<wire::Event> events = {
      {"sse.gap", "", "1"}, {"", "", "2"},  {"", "", "3"},
      {"", "a/+", "4"},     {"", "b", "5"}, {"", "", std::string(std::size_t{1} << 20U, 'x')},
      {"", "", "7"}};
  const auto results = hub.publisher.publish_batch(events);
  REQUIRE(results.size() == 7);
  wire::Sequence expected = 0;
  for (std::size_t i = 0; i < results.size(); ++i) {
    CAPTURE(i);
    const bool is_good = i != 0 && i != 3 && i != 5;
    REQUIRE(results[i].has_value() == is_good);
    if (!is_good) continue;
    CHECK(results[i]->sequence() == ++expected);
    const std::string block(hub.log.view().event(expected).block);
    CHECK(block.find("data: " + events[i].data + "\n\n") != std::string::npos);
  }
  CHECK(results[5].error().code == ErrorCode::kTooLarge);
  CHECK(hub.wakes == 1);
  CHECK(hub.publisher.publish_batch({}).empty());
  CHECK(hub.wakes == 1);
}

TEST_CASE("Once closed, publishing is refused", "[hub][publisher]") {
  PublisherFixture hub;
  hub.journal.stop({});
  CHECK_FALSE(hub.publisher.is_open());
  CHECK(hub.publisher.publish({"", "", "x"}).error().code == ErrorCode::kUnavailable);
  const std::vector<wire::Event> events(3);
  for (const auto& result : hub.publisher.publish_batch(events)) {
    CHECK(result.error().code == ErrorCode::kUnavailable);
  }
  CHECK(hub.log.head() == 0);
}

/// A publisher whose outcomes wait for the test.
struct LateFixture {
  LateFixture() { REQUIRE(journal.start(follower)); }

  test::ManualClock clock;
  log::EventLog log{{}, clock};
  log::LogFollower follower{log, [] {}};
  test::LateJournal journal{{}, clock};
  Publisher publisher{journal, log.limits()};
};

TEST_CASE("A callback gets its outcome at once from a journal that knows it, else later, once",
          "[hub][publisher]") {
  std::vector<Result<wire::EventId>> outcomes;
  const auto note = [&](Result<wire::EventId> outcome) { outcomes.push_back(std::move(outcome)); };
  PublisherFixture now;
  now.publisher.publish({"", "", "x"}, note);
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0]->sequence() == 1);

  LateFixture later;
  later.publisher.publish({"", "", "x"}, note);
  later.publisher.publish({"sse.bad", "", "x"}, note);  // known at once: it is never asked for
  later.publisher.publish({"", "", "y"}, note);
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[1].error().code == ErrorCode::kInvalid);
  later.journal.fail({ErrorCode::kUnknown, "the sync failed"});
  later.journal.commit();
  REQUIRE(outcomes.size() == 4);
  CHECK(outcomes[2].error().code == ErrorCode::kUnknown);
  CHECK(outcomes[3]->sequence() == 1);
}

TEST_CASE("Waiting for an outcome is refused on a loop's thread, and publishes nothing",
          "[hub][publisher]") {
  LateFixture later;
  const auto loop = *net::Loop::open(later.clock);
  std::vector<Result<wire::EventId>> refused;
  loop->post([&] {
    refused.push_back(later.publisher.publish({"", "", "x"}));
    const std::vector<wire::Event> events(2);
    for (auto& result : later.publisher.publish_batch(events)) refused.push_back(std::move(result));
  });
  loop->turn();
  REQUIRE(refused.size() == 3);
  for (const auto& result : refused) {
    CHECK(result.error().code == ErrorCode::kInvalid);
    CHECK(result.error().text.find("publish(event, done)") != std::string::npos);
  }
  CHECK(later.journal.waiting() == 0);
}

TEST_CASE("Off the loops, publishing waits for a journal that answers later",
          "[hub][publisher][threads]") {
  test::ManualClock clock;
  log::EventLog log{{}, clock};
  log::LogFollower follower{log, [] {}};
  test::LateJournal late{{}, clock};
  REQUIRE(late.start(follower));
  /// Commits on another thread, as soon as there is something.
  struct Committed final : log::Journal {
    explicit Committed(test::LateJournal& journal) : late(journal) {}
    Status start(log::Follower&) override { return {}; }
    log::Answered append(log::Append& append, FunctionRef<Done()> later) override {
      const auto answered = late.append(append, later);
      thread = std::thread([this] { late.commit(); });
      return answered;
    }
    bool answers_at_once() const override { return false; }
    void stop(std::chrono::nanoseconds) override {}
    log::JournalState state() const override { return late.state(); }
    test::LateJournal& late;
    std::thread thread;
  } journal(late);
  Publisher publisher(journal, log.limits());
  const auto id = publisher.publish({"", "", "x"});
  journal.thread.join();
  REQUIRE(id);
  CHECK(id->sequence() == 1);
}

TEST_CASE("What may be published", "[hub][publisher]") {
  const std::vector<wire::Event> good = {{},
                                         {"a type", "a topic", ""},
                                         {std::string(200, 't'), std::string(256, 'x'), ""},
                                         {"sse", "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", ""},
                                         {"\xC3\xA9", "\xC3\xA9/\xE2\x82\xAC", "\xF0\x9F\x98\x80"},
                                         {"", "", std::string("a\0b\nid: 1\n\n\x7F", 12)},
                                         {"ssex.gap", "", ""}};
  for (const auto& event : good) {
    const auto status = check_event(event);
    INFO((status ? "" : status.error().text));
    CHECK(status);
  }
}

TEST_CASE("What may not be published, and why", "[hub][publisher]") {
  struct Row {
    wire::Event event;
    std::string field;
  };
  const std::vector<Row> bad = {{{"a\nb", "", ""}, "type"},
                                {{"a\rb", "", ""}, "type"},
                                {{std::string("a\0b", 3), "", ""}, "type"},
                                {{"a\xC2\x85", "", ""}, "type"},
                                {{"\xFF", "", ""}, "type"},
                                {{std::string(201, 't'), "", ""}, "type"},
                                {{"sse.closing", "", ""}, "type"},
                                {{"", "a\nb", ""}, "topic"},
                                {{"", "a\tb", ""}, "topic"},
                                {{"", "\xED\xA0\x80", ""}, "topic"},
                                {{"", std::string(257, 'x'), ""}, "topic"},
                                {{"", "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q", ""}, "topic"},
                                {{"", "a/+", ""}, "topic"},
                                {{"", "a*", ""}, "topic"},
                                {{"", "#", ""}, "topic"},
                                {{"", "", "a\xC3"}, "data"}};
  for (const auto& row : bad) {
    CAPTURE(row.event.type, row.event.topic, row.event.data);
    const auto status = check_event(row.event);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == ErrorCode::kInvalid);
    CHECK(status.error().text.find("the event's " + row.field + " ") == 0);
  }
}

}  // namespace
}  // namespace sse::hub
