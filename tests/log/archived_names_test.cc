#include "sse/log/archived_names.h"

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "sse/wire/topic_pattern.h"

#include "log/archived_log.h"
#include "log/selectors.h"
#include "support/catch.h"

namespace sse::log {
namespace {

using Texts = std::vector<std::string>;
using test::ArchivedLog;
using test::LoadedLog;

/// Wants these types, of these topics; nothing of a kind: every one.
class Wants final : public Selector {
 public:
  Wants(Texts types, Texts topics) : types_(std::move(types)), topics_(std::move(topics)) {}

  bool wants_type(std::string_view type) const override {
    return types_.empty() || std::count(types_.begin(), types_.end(), type) > 0;
  }
  bool wants_topic(std::string_view topic) const override {
    return topics_.empty() || std::any_of(topics_.begin(), topics_.end(), [&](const auto& pattern) {
             return wire::matches_topic(pattern, topic);
           });
  }
  bool wants_every_type() const override { return types_.empty(); }
  bool wants_every_topic() const override { return topics_.empty(); }
  std::span<const std::string> exact_types() const override { return types_; }
  std::span<const std::string> topic_patterns() const override { return topics_; }

 private:
  Texts types_;
  Texts topics_;
};

constexpr std::size_t kMuch = std::size_t{1} << 20U;

void add(ArchivedNames& names, wire::Sequence first, wire::Sequence last, const Texts& types,
         const Texts& topics) {
  names.add(first, last, std::vector<std::string_view>(types.begin(), types.end()),
            std::vector<std::string_view>(topics.begin(), topics.end()));
}

wire::Sequence next(const ArchivedNames& names, wire::Sequence from, wire::Sequence last,
                    const Selector& selector) {
  Budget budget(kUnlimited);
  return names.next(from, last, selector, budget);
}

TEST_CASE("Runs without a name that is wanted are passed over", "[log][archived_names]") {
  ArchivedNames names(KeyedHash(), kMuch);
  add(names, 1, 100, {"a"}, {"site/1/temp", "site/2/temp"});
  add(names, 101, 200, {"a", "b"}, {"site/3/wind"});
  add(names, 201, 300, {"b"}, {""});
  CHECK(next(names, 1, 300, Wants({}, {"site/2/temp"})) == 1);
  CHECK(next(names, 50, 300, Wants({}, {"site/2/temp"})) == 50);
  CHECK(next(names, 101, 300, Wants({}, {"site/2/temp"})) == 301);
  CHECK(next(names, 1, 300, Wants({}, {"site/3/wind"})) == 101);
  CHECK(next(names, 1, 300, Wants({"b"}, {})) == 101);
  CHECK(next(names, 1, 150, Wants({"c"}, {})) == 151);
  CHECK(next(names, 1, 300, Wants({"b"}, {"site/1/temp"})) == 301);
  CHECK(next(names, 1, 300, Wants({}, {"+/3/+"})) == 101);
  CHECK(next(names, 1, 300, Wants({}, {"+/+/wind"})) == 101);
  CHECK(next(names, 1, 300, Wants({}, {"site/3/#"})) == 101);
  CHECK(next(names, 1, 300, Wants({}, {"site/3/wind/#"})) == 101);
  CHECK(next(names, 1, 300, Wants({}, {"other/#", "site/4/+"})) == 301);
  CHECK(next(names, 1, 300, Wants({}, {"3/site/#"})) == 301);  // a level has its place
  CHECK(next(names, 1, 300, Wants({}, {"a"})) == 301);         // a type is not a topic
  CHECK(next(names, 1, 300, Wants({"site"}, {})) == 301);
}

TEST_CASE("Where nothing is known, everything may be wanted", "[log][archived_names]") {
  ArchivedNames names(KeyedHash(), kMuch);
  const Wants none({}, {"none"});
  CHECK(next(names, 1, 100, none) == 1);
  add(names, 101, 200, {"a"}, {"b"});
  add(names, 301, 400, {"a"}, {"b"});
  CHECK(next(names, 1, 500, none) == 1);
  CHECK(next(names, 101, 500, none) == 201);
  CHECK(next(names, 250, 500, none) == 250);
  CHECK(next(names, 301, 500, none) == 401);
  CHECK(next(names, 101, 400, Wants({}, {})) == 101);
  CHECK(next(names, 101, 400, Wants({}, {"+"})) == 101);
  // The selector knows nothing about what it wants.
  CHECK(next(names, 101, 400, TestSelector::by([](auto) { return false; }, {})) == 101);
  Texts many;
  for (std::size_t i = 0; i <= ArchivedNames::kMostNames; ++i) many.push_back(std::to_string(i));
  const std::size_t before = names.bytes();
  add(names, 401, 500, {"a"}, many);
  CHECK(next(names, 401, 500, none) == 401);
  CHECK(names.bytes() == before);
}

TEST_CASE("A search of names stops where its budget is spent", "[log][archived_names]") {
  ArchivedNames names(KeyedHash(), kMuch);
  for (wire::Sequence run = 0; run < 100; ++run)
    add(names, 10 * run + 1, 10 * run + 10, {"a"}, {"b"});
  Budget budget(50);
  const auto reached = names.next(1, 1000, Wants({}, {"none"}), budget);
  CHECK(budget.is_spent());
  CHECK(reached > 1);
  CHECK(reached < 200);
  Budget more(kUnlimited);
  CHECK(names.next(reached, 1000, Wants({}, {"none"}), more) == 1001);
  CHECK(more.left() < kUnlimited - 90);
}

TEST_CASE("What is known of names keeps to its memory, and goes with the tail",
          "[log][archived_names]") {
  ArchivedNames names(KeyedHash(), 4000);
  for (wire::Sequence run = 0; run < 100; ++run) {
    add(names, 10 * run + 1, 10 * run + 10, {"a"}, {"b", "c", "d"});
    REQUIRE(names.bytes() <= 4000);
  }
  REQUIRE(names.bytes() > 3000);
  CHECK(next(names, 1, 1000, Wants({}, {"none"})) == 1);
  CHECK(next(names, 901, 1000, Wants({}, {"none"})) == 1001);
  names.forget_before(995);
  CHECK(next(names, 985, 1000, Wants({}, {"none"})) == 985);
  CHECK(next(names, 995, 1000, Wants({}, {"none"})) == 1001);
  names.forget_before(1001);
  CHECK(names.bytes() == 0);
}

TEST_CASE("Few runs are read in vain", "[log][archived_names]") {
  ArchivedNames names(KeyedHash(), kMuch);
  Texts topics;
  for (int i = 0; i < 300; ++i) topics.push_back("t/" + std::to_string(i));
  for (wire::Sequence run = 0; run < 100; ++run) {
    for (auto& topic : topics) topic += "x";
    add(names, 10 * run + 1, 10 * run + 10, {"a"}, topics);
  }
  int in_vain = 0;
  for (int i = 0; i < 100; ++i) {
    const Wants none({}, {"none/" + std::to_string(i)});
    for (auto at = next(names, 1, 1000, none); at <= 1000; at = next(names, at + 10, 1000, none)) {
      ++in_vain;
    }
  }
  CHECK(in_vain < 150);  // of 10,000
}

/// A topic of few levels out of few words, or a pattern.
std::string random_topic(std::mt19937& random, bool is_pattern) {
  const Texts words = {"a", "b", "c", "dd", ""};
  std::string topic;
  for (std::size_t levels = 1 + random() % 4; levels > 0; --levels) {
    const bool is_last = levels == 1;
    const auto dice = random() % 6;
    std::string level = words[random() % (is_last ? 4 : 5)];
    if (is_pattern && dice == 0) level = "+";
    if (is_pattern && dice == 1 && is_last) level = "#";
    topic += (topic.empty() ? "" : "/") + level;
    if (topic.empty()) topic = "e";
  }
  return topic;
}

/// What a reader finds that passes over parts, of [from, head].
std::vector<wire::Sequence> found(EventLog& log, EventLog& whole, wire::Sequence from,
                                  const Selector& selector, Budget& budget) {
  const View view = log.view();
  std::vector<wire::Sequence> wanted;
  while (from <= view.head()) {
    if (view.is_archived(from)) {
      const auto to = view.next_archived_wanted(from, selector, budget);
      REQUIRE(to >= from);
      REQUIRE(to <= view.first_held());
      if (to > from) {
        from = to;
        continue;
      }
    }
    const auto names = whole.view().names(from);
    if (selector.wants_type(names.type) && selector.wants_topic(names.topic))
      wanted.push_back(from);
    ++from;
  }
  return wanted;
}

TEST_CASE("No event that is wanted is passed over, wherever memory begins",
          "[log][archived_names]") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    ArchivedLog log(ArchivedLog::in_little_memory(), 1 + random() % 100);
    for (int turn = 0; turn < 12; ++turn) {
      const Texts topics = {random_topic(random, false), random_topic(random, false), ""};
      for (std::size_t i = 50 + random() % 150; i > 0; --i) {
        log.add("", "t" + std::to_string(static_cast<unsigned>(turn) / 3 + random() % 2),
                topics[random() % 3]);
      }
      if (random() % 4 == 0) log.journal.drop_before(1 + random() % (log.log.head() / 2 + 1));
    }
    LoadedLog loaded(log, log.journal.parts().size() / 2);
    for (int i = 0; i < 20; ++i) {
      const auto type = "t" + std::to_string(random() % 5);
      const Wants wants(random() % 2 == 0 ? Texts{} : Texts{type, "none"},
                        random() % 4 == 0 ? Texts{} : Texts{random_topic(random, true)});
      const auto from = log.log.view().tail();
      std::vector<wire::Sequence> expected;
      for (auto at = from; at <= log.log.head(); ++at) {
        const auto names = log.whole.view().names(at);
        if (wants.wants_type(names.type) && wants.wants_topic(names.topic)) expected.push_back(at);
      }
      Budget budget(kUnlimited);
      REQUIRE(found(log.log, log.whole, from, wants, budget) == expected);
      REQUIRE(found(loaded.log, log.whole, from, wants, budget) == expected);
    }
  }
}

TEST_CASE("What has left memory without the name is passed over as a whole",
          "[log][archived_names]") {
  ArchivedLog log;
  for (int i = 0; i < 2000; ++i) log.add("", "a", "often");
  const Wants none({}, {"none"});
  Budget budget(kUnlimited);
  REQUIRE(log.log.view().is_archived(1));
  CHECK(log.log.view().next_archived_wanted(1, none, budget) == log.log.view().first_held());
  CHECK(log.log.usage().bytes <= kMinLogBytes);
}

TEST_CASE("Where a start knows only some of the names, what it does not know may be wanted",
          "[log][archived_names]") {
  ArchivedLog log;
  log.add_many(200);
  EventLog loaded(ArchivedLog::in_little_memory(), log.clock);
  Origin origin{log.event(200).id, test::kEpoch, {{test::kEpoch, 1}}};
  origin.history.parts = {{log.event(1).id, 64, {}, KnownNames::kNone},
                          {log.event(65).id, 128, {{70, "t", "a"}}, KnownNames::kPairs},
                          {log.event(129).id, 200, {{150, "t", "b"}}}};
  loaded.begin(origin);
  const View view = loaded.view();
  CHECK(view.tail() == 1);
  CHECK_FALSE(view.tells_pairs_from(64));
  CHECK(view.tells_pairs_from(65));
  CHECK(view.next_archived_newest(5) == 5);
  CHECK(view.next_archived_newest(65) == 70);
  CHECK(view.next_archived_newest(71) == 150);
  const Wants none({}, {"none"});
  Budget budget(kUnlimited);
  CHECK(view.next_archived_wanted(1, none, budget) == 1);
  CHECK(view.next_archived_wanted(70, none, budget) == 70);
  CHECK(view.next_archived_wanted(129, none, budget) == 201);
}

}  // namespace
}  // namespace sse::log
