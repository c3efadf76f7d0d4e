// Streams with a filter in history that is not in memory: they pass over parts that hold nothing
// for them, and lose nothing by it.

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/archive_stage.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using test::ArchiveStage;
using test::filter_of;
using test::HubStage;
using test::Peer;
using test::without_heartbeats;
using Numbers = std::vector<std::size_t>;
using Texts = std::vector<std::string>;

std::string number_of(std::size_t number) {
  return std::to_string(number) + std::string(500, '.');
}

/// A history whose events have names that come and go.
struct RandomHistory : ArchiveStage {
  struct Names {
    std::string type;
    std::string topic;
  };

  explicit RandomHistory(unsigned seed) : ArchiveStage(without_heartbeats()), random(seed) {}

  std::size_t below(std::size_t bound) { return random() % bound; }

  void publish_burst() {
    const std::string site = "site/" + std::to_string(below(4));
    const Texts topics = {site + "/temp", site + "/wind/" + std::to_string(below(3)), site, ""};
    const std::string type = std::string(1, static_cast<char>('a' + below(4)));
    for (std::size_t i = 20 + below(120); i > 0; --i) {
      clock.advance(std::chrono::milliseconds(below(2)));
      names.push_back({below(10) == 0 ? "x" : type, topics[below(4)]});
      published.push_back(publish(number_of(names.size()), names.back().type, names.back().topic));
    }
  }

  std::unique_ptr<const Filter> random_filter() {
    const Texts types = {"a", "b", "x", "none", "[ab]", "*", "?"};
    const Texts topics = {"site/1/temp", "site/2/#", "+/3/+", "site/+/wind/1", "none/#",
                          "+/+/wind/+",  "site/0/+", "#",     "site/4/temp",   "site"};
    Texts some_types;
    Texts some_topics;
    for (std::size_t i = below(3); i > 0; --i) some_types.push_back(types[below(types.size())]);
    for (std::size_t i = below(3); i > 0; --i) some_topics.push_back(topics[below(topics.size())]);
    return filter_of(some_types, some_topics);
  }

  Numbers wanted(const Filter* filter, std::size_t from) const {
    Numbers numbers;
    for (auto i = from; i <= names.size(); ++i) {
      const auto& [type, topic] = names[i - 1];
      if (filter == nullptr || (filter->wants_type(type) && filter->wants_topic(topic))) {
        numbers.push_back(i);
      }
    }
    return numbers;
  }

  /// Of those, the newest of each pair.
  Numbers newest_wanted(const Filter* filter) const {
    std::map<std::pair<std::string, std::string>, std::size_t> newest;
    for (const auto number : wanted(filter, 1)) {
      newest[{names[number - 1].type, names[number - 1].topic}] = number;
    }
    Numbers numbers;
    for (const auto& [pair, number] : newest) numbers.push_back(number);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  }

  std::mt19937 random;
  std::vector<Names> names;
};

TEST_CASE("Parts without a name that a filter wants are not read", "[hub][archive][filter]") {
  ArchiveStage stage(without_heartbeats());
  stage.publish_many(700);
  for (int i = 0; i < 3; ++i) stage.publish("rare", "b", "rare/" + std::to_string(i));
  stage.published.resize(703);
  stage.publish_many(1000);
  REQUIRE(stage.event_log->view().first_held() > 1000);
  const auto reads_of = [&](std::unique_ptr<const Filter> filter, const std::string& last) {
    const auto before = stage.disk().reads().size();
    auto& peer = stage.open(log::FromEarliest{}, std::move(filter));
    test::until(stage, [&] { return peer.received().find(last) != std::string::npos; });
    return stage.disk().reads().size() - before;
  };
  // What leaves memory is known by the segment, of which two may share the part.
  const std::string end = "id: " + wire::to_string(stage.published.back()) + "\n";
  CHECK(reads_of(filter_of({}, {"none"}), end) == 0);
  CHECK(reads_of(filter_of({}, {"none/#", "t/5/+"}), end) == 0);
  CHECK(reads_of(filter_of({"c"}, {}), end) == 0);
  const auto rare = reads_of(filter_of({}, {"rare/1"}), end);
  CHECK(rare >= 1);
  CHECK(rare <= 3);
  // The same parts, which are at hand by now.
  CHECK(reads_of(filter_of({}, {"rare/+"}), end) <= 1);
  CHECK(reads_of(filter_of({}, {"rare/#"}), "data: rare") <= 1);
}

TEST_CASE("Filtered replays of any history are what the filter wants of it",
          "[hub][archive][filter]") {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    RandomHistory stage(seed);
    while (stage.names.size() < 1200) stage.publish_burst();
    for (int i = 0; i < 15; ++i) {
      auto filter = stage.random_filter();
      CAPTURE(i);
      const std::size_t from = 1 + stage.below(900);
      const auto expected = stage.wanted(filter.get(), from);
      auto& peer = stage.open(log::FromLast{stage.names.size() + 1 - from}, std::move(filter));
      const std::string end = "id: " + wire::to_string(stage.published.back()) + "\n";
      test::until(stage, [&] { return peer.received().find(end) != std::string::npos; });
      CHECK(ArchiveStage::numbers_of(peer) == expected);
      peer.reset();
    }
  }
}

TEST_CASE("So are those of the newest of each pair, with an interval or without",
          "[hub][archive][filter]") {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    RandomHistory stage(seed);
    while (stage.names.size() < 1000) stage.publish_burst();
    for (int i = 0; i < 10; ++i) {
      CAPTURE(i);
      auto filter = stage.random_filter();
      const auto expected = stage.newest_wanted(filter.get());
      const bool is_paced = i % 2 == 1;
      stage.every = is_paced ? 500ms : 0ms;
      auto& peer = is_paced ? stage.open(log::FromEarliest{}, std::move(filter))
                            : stage.open(log::NewestOfEach{}, std::move(filter));
      test::until(stage, [&] { return ArchiveStage::numbers_of(peer).size() >= expected.size(); });
      stage.settle();
      CHECK(ArchiveStage::numbers_of(peer) == expected);
      peer.reset();
    }
  }
}

TEST_CASE("A stream that passes over parts is told of what comes after them",
          "[hub][archive][filter]") {
  ArchiveStage stage(without_heartbeats());
  stage.publish_many(800);
  auto& peer = stage.open(log::FromEarliest{}, filter_of({}, {"later"}));
  stage.settle();
  stage.publish("1 first", "b", "later");
  stage.published.resize(801);
  stage.await(peer, {1});
  peer.set_room(0);
  stage.publish("2 second", "b", "later");
  stage.published.resize(802);
  stage.settle();
  stage.publish_many(800);
  REQUIRE(stage.event_log->view().first_held() > 900);
  stage.publish("3 third", "b", "later");
  peer.set_room(test::kUnlimited);
  stage.await(peer, {1, 2, 3});
}

}  // namespace
}  // namespace sse::hub
