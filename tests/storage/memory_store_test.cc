#include "sse/storage/memory_store.h"

#include <array>
#include <string>
#include <thread>

#include "sse/hub/publisher.h"
#include "sse/log/event_log.h"
#include "sse/log/log_follower.h"
#include "sse/log/memory_journal.h"

#include "support/at_once.h"
#include "support/catch.h"
#include "support/manual_clock.h"

namespace sse::storage {
namespace {

using domain::WhenNameExists;

wire::Event event(const char* type, std::string text) {
  return {type, "", std::move(text), false};
}

/// Forms without JSON: the store does not care.
constexpr EventForms kForms = {
    [](const domain::Metric& metric) { return event("created", metric.name); },
    [](const Uuid& id) { return event("deleted", to_string(id)); },
    [](const domain::Reading& reading, wire::Event& out) {
      out = event("reading", std::to_string(reading.value));
    },
};

log::EventLog::Options log_options(std::size_t max_event_size) {
  log::EventLog::Options options;
  options.max_event_size = max_event_size;
  return options;
}

struct Fixture {
  explicit Fixture(const log::RowLimits& limits = {}, std::size_t max_event_size = 1'000)
      : log(log_options(max_event_size), clock),
        journal({1, limits}, clock),
        store(limits, kForms, journal, log) {
    follower.attach(store);
    REQUIRE(journal.start(follower));
  }

  Result<domain::CreatedMetric> create(const domain::Metric& metric, WhenNameExists when_exists) {
    return test::known(store.create_metric(metric, when_exists, test::kNever));
  }
  Result<Uuid> remove(const Uuid& id) { return test::known(store.delete_metric(id, test::kNever)); }

  Uuid create(const std::string& name) {
    const domain::Metric metric{Uuid{1, ++ids}, name, {}};
    REQUIRE(create(metric, WhenNameExists::kCreateAnother));
    return metric.id;
  }

  domain::Reading reading(const Uuid& metric, double value, int second = 0) {
    return {Uuid{2, ++ids}, metric, value, WallTime(std::chrono::seconds(second))};
  }

  Result<Uuid> add(const Uuid& metric, double value, int second = 0) {
    return test::known(store.add_reading(reading(metric, value, second), test::kNever));
  }

  /// As one batch: an outcome for each, in order.
  std::vector<Result<Uuid>> add_all(const std::vector<domain::Reading>& readings) {
    std::vector<Result<Uuid>> outcomes(readings.size(), Uuid());
    const auto draft = store.draft_readings();
    for (std::size_t i = 0; i < readings.size(); ++i) REQUIRE(draft->add(readings[i], i));
    const auto take = [&](std::size_t slot, const Result<Uuid>& outcome) {
      outcomes[slot] = outcome;
    };
    REQUIRE(draft->publish(take, test::kNever));
    CHECK(draft->size() == 0);
    return outcomes;
  }

  std::vector<double> values(const Uuid& metric) { return values(store.snapshot(), metric); }
  std::vector<double> values(const domain::Snapshot& at, const Uuid& metric) {
    std::vector<double> found;
    const auto readings = store.list_readings(at, metric, {{}, {}, 10'000});
    REQUIRE(readings);
    for (const auto& one : *readings) found.push_back(one.value);
    return found;
  }

  std::vector<std::string> names(const domain::Snapshot& at, const domain::MetricQuery& query) {
    std::vector<std::string> found;
    for (const auto& one : store.list_metrics(at, query)) found.push_back(one.metric.name);
    return found;
  }

  test::ManualClock clock;
  log::EventLog log;
  log::LogFollower follower{log, [] {}};
  log::MemoryJournal journal;
  MemoryStore store;
  std::uint64_t ids = 0;
};

using Values = std::vector<double>;
using Names = std::vector<std::string>;

TEST_CASE("A change and its event are one, in one order", "[storage]") {
  Fixture f;
  const Uuid cpu = f.create("cpu");
  const auto first = f.add(cpu, 1);
  const auto second = f.add(cpu, 2);
  const auto deleted = f.remove(cpu);
  REQUIRE(first);
  REQUIRE(second);
  REQUIRE(deleted);
  CHECK(*first < *second);
  CHECK(*second < *deleted);
  const auto view = f.log.view();
  REQUIRE(view.head() == 4);
  CHECK(view.event(1).type == "created");
  CHECK(view.event(2).type == "reading");
  CHECK(view.event(2).id.uuid() == *first);
  CHECK(view.event(4).type == "deleted");
  CHECK(view.event(4).id.uuid() == *deleted);
}

TEST_CASE("What cannot be published is not kept", "[storage]") {
  Fixture f;
  const Uuid cpu = f.create("cpu");
  REQUIRE(f.add(cpu, 1));
  f.journal.stop({});

  CHECK(f.add(cpu, 2).error().code == ErrorCode::kUnavailable);
  CHECK(f.remove(cpu).error().code == ErrorCode::kUnavailable);
  CHECK(f.create({Uuid{1, 99}, "late", {}}, WhenNameExists::kCreateAnother).error().code ==
        ErrorCode::kUnavailable);
  for (const auto& outcome : f.add_all({f.reading(cpu, 3), f.reading(cpu, 3)})) {
    CHECK(outcome.error().code == ErrorCode::kUnavailable);
  }

  CHECK(f.values(cpu) == Values{1});
  CHECK(f.names(f.store.snapshot(), {{}, 0, 10}) == Names{"cpu"});
}

TEST_CASE("A metric whose event is too large is not kept", "[storage]") {
  Fixture f({}, 200);
  const auto created =
      f.create({Uuid{1, 1}, std::string(300, 'x'), {}}, WhenNameExists::kCreateAnother);
  REQUIRE_FALSE(created);
  CHECK(created.error().code == ErrorCode::kTooLarge);
  CHECK(f.names(f.store.snapshot(), {{}, 0, 10}).empty());
}

TEST_CASE("A full table says its limit and its flag", "[storage]") {
  Fixture f({2, 10, 100});
  f.create("a");
  const Uuid b = f.create("b");
  const auto refused = f.create({Uuid{1, 99}, "c", {}}, WhenNameExists::kCreateAnother);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kFull);
  CHECK(refused.error().text ==
        "the hub holds 2 metrics, its limit (--max-metrics); delete one first");
  REQUIRE(f.remove(b));
  f.create("c");
}

TEST_CASE("Names need not be unique, and if_missing returns the oldest of them", "[storage]") {
  Fixture f;
  const Uuid first = f.create("cpu");
  f.create("cpu");
  const auto found = f.create({Uuid{1, 99}, "cpu", {}}, WhenNameExists::kReturnExisting);
  REQUIRE(found);
  CHECK(found->metric.id == first);
  CHECK_FALSE(found->event_id);
  const auto other = f.create({Uuid{1, 98}, "cp", {}}, WhenNameExists::kReturnExisting);
  REQUIRE(other);
  CHECK(other->metric.id == Uuid{1, 98});
  CHECK(other->event_id);
}

TEST_CASE("Of many that create a missing metric at once, one does", "[storage]") {
  Fixture f;
  constexpr std::size_t kThreads = 8;
  std::array<Uuid, kThreads> found;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const auto created = f.create({Uuid{1, 100 + i}, "cpu", {}}, WhenNameExists::kReturnExisting);
      if (created) found[i] = created->metric.id;
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& id : found) CHECK(id == found[0]);
  CHECK(f.log.head() == 1);
}

TEST_CASE("A metric that is deleted takes its readings along", "[storage]") {
  Fixture f;
  const Uuid cpu = f.create("cpu");
  REQUIRE(f.add(cpu, 1));
  REQUIRE(f.remove(cpu));
  CHECK(f.store.reading_count() == 0);
  CHECK(f.add(cpu, 2).error().code == ErrorCode::kNotFound);
  CHECK(f.remove(cpu).error().code == ErrorCode::kNotFound);
  CHECK_FALSE(f.store.find_metric(f.store.snapshot(), cpu));
  CHECK(f.log.head() == 3);  // nothing was published for what failed
}

TEST_CASE("The name of a metric is known while it is there, and lately after", "[storage]") {
  Fixture f;
  const Uuid cpu = f.create("cpu");
  CHECK(f.store.name_of(cpu) == "cpu");
  REQUIRE(f.remove(cpu));
  CHECK(f.store.name_of(cpu) == "cpu");
  CHECK_FALSE(f.store.name_of(Uuid{1, 99}));
  DeletedNames two(2);
  for (std::uint64_t i = 1; i <= 3; ++i) two.add(Uuid{1, i}, std::to_string(i));
  CHECK_FALSE(two.find(Uuid{1, 1}));
  CHECK(two.find(Uuid{1, 2}) == "2");
  CHECK(two.find(Uuid{1, 3}) == "3");
}

TEST_CASE("Past a metric's limit its oldest arrival goes", "[storage]") {
  Fixture f({10, 3, 100});
  const Uuid cpu = f.create("cpu");
  for (const int value : {1, 2, 3, 4}) REQUIRE(f.add(cpu, value, 10 - value));
  CHECK(f.values(cpu) == Values{4, 3, 2});
  CHECK(f.store.reading_count() == 3);
}

TEST_CASE("Past the limit of all, the fullest metric's oldest arrival goes", "[storage]") {
  Fixture f({10, 100, 6});
  const Uuid chatty = f.create("chatty");
  const Uuid quiet = f.create("quiet");
  for (const int value : {1, 2, 3, 4}) REQUIRE(f.add(chatty, value, value));
  for (const int value : {1, 2}) REQUIRE(f.add(quiet, value, value));
  REQUIRE(f.add(quiet, 3, 3));
  CHECK(f.values(chatty) == Values{2, 3, 4});
  CHECK(f.values(quiet) == Values{1, 2, 3});
  CHECK(f.store.reading_count() == 6);

  REQUIRE(f.remove(chatty));
  CHECK(f.store.reading_count() == 3);
  for (const int value : {4, 5, 6, 7}) REQUIRE(f.add(quiet, value, value));
  CHECK(f.values(quiet) == Values{2, 3, 4, 5, 6, 7});
}

TEST_CASE("A batch has one result for each reading, in order", "[storage]") {
  Fixture f;
  const Uuid cpu = f.create("cpu");
  const Uuid unknown{9, 9};
  std::vector<domain::Reading> many;
  for (int i = 0; i < 1'000; ++i) many.push_back(f.reading(i % 3 == 1 ? unknown : cpu, i, i));
  const auto outcomes = f.add_all(many);
  REQUIRE(outcomes.size() == many.size());
  Values kept;
  for (std::size_t i = 0; i < many.size(); ++i) {
    REQUIRE(outcomes[i].has_value() == (i % 3 != 1));
    if (i % 3 == 1) {
      CHECK(outcomes[i].error().code == ErrorCode::kNotFound);
    } else {
      CHECK(*outcomes[i] == many[i].id);
      kept.push_back(many[i].value);
    }
  }
  CHECK(f.values(cpu) == kept);
  CHECK(f.store.reading_count() == 667);
  CHECK(f.log.head() == 668);
}

TEST_CASE("Metrics are listed in order of creation, page by page", "[storage]") {
  Fixture f;
  for (const char* name : {"c", "a", "b", "a"}) f.create(name);
  const auto now = f.store.snapshot();
  CHECK(f.names(now, {{}, 0, 10}) == Names{"c", "a", "b", "a"});
  const auto page = f.store.list_metrics(now, {{}, 0, 2});
  REQUIRE(page.size() == 2);
  CHECK(f.names(now, {{}, page.back().sequence, 2}) == Names{"b", "a"});
  CHECK(f.names(now, {"a", 0, 10}) == Names{"a", "a"});
  CHECK(f.names(now, {"a", 2, 10}) == Names{"a"});
  CHECK(f.names(now, {"unknown", 0, 10}).empty());
}

TEST_CASE("A snapshot holds what its cursor holds, and nothing after", "[storage]") {
  Fixture f;
  const Uuid cpu = f.create("cpu");
  REQUIRE(f.add(cpu, 1, 1));
  const auto before = f.store.snapshot();
  REQUIRE(f.add(cpu, 2, 2));
  const Uuid later = f.create("later");

  CHECK(before.cursor == f.log.view().event(2).id.uuid());
  CHECK(f.names(before, {{}, 0, 10}) == Names{"cpu"});
  CHECK(f.names(before, {"later", 0, 10}).empty());
  CHECK(f.values(before, cpu) == Values{1});
  CHECK_FALSE(f.store.find_metric(before, later));
  CHECK(f.values(cpu) == Values{1, 2});
}

TEST_CASE("A snapshot of an empty hub has the origin for its cursor", "[storage]") {
  Fixture f;
  const auto at = f.store.snapshot();
  CHECK(at.sequence == 0);
  CHECK(at.cursor == f.log.view().head_id().uuid());
}

TEST_CASE("Events that do not change the store move the cursor, too", "[storage]") {
  Fixture f;
  REQUIRE(hub::Publisher(f.journal, f.log.limits()).publish({"deploy", "", "x"}));
  CHECK(f.store.snapshot().sequence == 1);
}

TEST_CASE("A snapshot and the events after it are everything, once, while others write",
          "[storage]") {
  Fixture f;
  const Uuid cpu = f.create("cpu");
  constexpr int kReadings = 2'000;
  std::thread writer([&] {
    for (int i = 0; i < kReadings; ++i) {
      if (!f.add(cpu, i, i)) break;
    }
  });
  for (int round = 0; round < 200; ++round) {
    const auto at = f.store.snapshot();
    const auto found = f.values(at, cpu);
    // The metric's own event is the first; each further one is a reading.
    CHECK(found.size() == at.sequence - 1);
  }
  writer.join();
  CHECK(f.values(cpu).size() == kReadings);
}

}  // namespace
}  // namespace sse::storage
