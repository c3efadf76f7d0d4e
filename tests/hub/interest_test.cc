#include "sse/hub/interest.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <malloc.h>

#include "sse/hub/filter.h"
#include "sse/hub/subscriber.h"

#include "support/catch.h"

namespace sse::hub {
namespace {

using Texts = std::vector<std::string>;

/// Subscribers that are nothing but addresses, with their filters.
class Crowd {
 public:
  Interest interest{KeyedHash()};

  void add(Texts types, Texts topics) {
    auto made = Filter::make(std::move(types), std::move(topics));
    REQUIRE(made);
    REQUIRE(*made != nullptr);
    members_.push_back(std::make_unique<Member>());
    members_.back()->filter = std::move(*made);
    interest.add(subscriber(*members_.back()), *members_.back()->filter);
  }

  void remove(std::size_t index) {
    interest.remove(subscriber(*members_[index]), *members_[index]->filter);
    members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  std::size_t size() const { return members_.size(); }

  /// What the index visits for an event.
  struct Visited {
    std::multiset<const void*> subscribers;
    std::size_t work = 0;
  };
  Visited visited_by(const std::string& type, const std::string& topic) const {
    Visited visited;
    const auto note = [&](Subscriber& one) { visited.subscribers.insert(&one); };
    visited.work = interest.for_event(type, topic, note) + interest.for_every_event(note);
    return visited;
  }

  /// Whether every subscriber that wants the event is visited.
  bool misses_nobody(const std::string& type, const std::string& topic) const {
    const auto visited = visited_by(type, topic).subscribers;
    std::size_t known = 0;
    bool misses = false;
    for (const auto& member : members_) {
      const bool is_visited = visited.count(&member->subscriber) > 0;
      known += visited.count(&member->subscriber);
      const bool wants = member->filter->wants_type(type) && member->filter->wants_topic(topic);
      misses = misses || (wants && !is_visited);
    }
    return !misses && known == visited.size();
  }

 private:
  struct Member {
    alignas(Subscriber) std::byte subscriber[sizeof(Subscriber)];  // never looked into
    std::unique_ptr<const Filter> filter;
  };
  static Subscriber& subscriber(Member& member) {
    return *reinterpret_cast<Subscriber*>(&member.subscriber);
  }

  std::vector<std::unique_ptr<Member>> members_;
};

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }
  const std::string& one_of(const Texts& texts) { return texts[below(texts.size())]; }

  std::string topic(const Texts& levels, std::size_t most) {
    std::string text = one_of(levels);
    for (std::size_t left = below(most); left > 0; --left) text += '/' + one_of(levels);
    return text;
  }
  std::string topic_pattern() {
    const std::size_t kind = below(8);
    if (kind == 0) return one_of({"#", "**"});
    const Texts levels = kind == 1 ? Texts{"a", "b"} : Texts{"a", "b", "ab", "+", "*"};
    auto text = topic(levels, 11);
    if (kind < 5) text += one_of({"/#", "/**"});
    return text;
  }
  std::string type(const Texts& pieces) {
    std::string text = one_of(pieces);
    for (std::size_t left = below(5); left > 0; --left) text += one_of(pieces);
    return text;
  }

 private:
  std::mt19937_64 random_;
};

TEST_CASE("Everyone who wants an event is visited, whatever came and went", "[hub][interest]") {
  Dice dice(GENERATE(1U, 2U, 3U));
  Crowd crowd;
  const std::string long_text(40, 'm');
  for (int round = 0; round < 400; ++round) {
    for (int i = 0; i < 3; ++i) {
      Texts types, topics;
      for (std::size_t left = dice.below(4); left > 0; --left) {
        types.push_back(dice.type({"a", "b", "ab", "*", "?", "\xC3\xA9", long_text}));
      }
      for (std::size_t left = types.empty() ? 1 : dice.below(4); left > 0; --left) {
        topics.push_back(dice.topic_pattern());
      }
      crowd.add(types, topics);
    }
    while (crowd.size() > 60) crowd.remove(dice.below(crowd.size()));
    for (int i = 0; i < 10; ++i) {
      const auto type = dice.type({"a", "b", "ab", "\xC3\xA9", long_text});
      const auto topic = dice.below(5) == 0 ? "" : dice.topic({"a", "b", "ab", ""}, 12);
      if (topic.size() > 1 && topic.back() == '/') continue;  // cannot be published
      CAPTURE(type, topic);
      REQUIRE(crowd.misses_nobody(type, topic));
    }
  }
  while (crowd.size() > 0) crowd.remove(dice.below(crowd.size()));
  CHECK(crowd.interest.empty());
}

TEST_CASE("An event visits those of 10,000 patterns that it concerns", "[hub][interest]") {
  constexpr std::size_t kMany = 10'000;
  const auto kind = GENERATE(0, 1, 2, 3, 4);
  CAPTURE(kind);
  Crowd crowd;
  for (std::size_t i = 0; i < kMany; ++i) {
    const auto n = std::to_string(i);
    if (kind == 0) crowd.add({}, {"a" + n + "/#"});
    if (kind == 1) crowd.add({"t" + n + ".*"}, {});
    if (kind == 2) crowd.add({}, {"site/+/a" + n + "/#", "other/" + n});
    if (kind == 3) crowd.add({"t" + n + ".*", "u" + n}, {"#"});
    if (kind == 4) crowd.add({"*x*"}, {"+/a" + n, "+/b" + n + "/#"});
  }
  const Texts types = {"x", "t77.x", "x", "t77.x", "axb"};
  const Texts topics = {"a77/b", "", "site/north/a77/b", "any", "north/a77"};
  const auto visited = crowd.visited_by(types[static_cast<std::size_t>(kind)],
                                        topics[static_cast<std::size_t>(kind)]);
  CHECK(visited.subscribers.size() == 1);
  CHECK(visited.work < 20);
  CHECK(crowd.visited_by("y", "nothing/of/it").subscribers.empty());
}

TEST_CASE("A subscriber is found by the kind of pattern that narrows more", "[hub][interest]") {
  Crowd crowd;
  crowd.add({"*x"}, {"a/#"});    // by topic
  crowd.add({"t*"}, {"+/a"});    // by type
  crowd.add({"*x"}, {"+/a"});    // by topic
  crowd.add({"*x"}, {});         // by nothing
  crowd.add({"t"}, {"#", "a"});  // by type
  CHECK(crowd.visited_by("none", "none").subscribers.size() == 1);
  CHECK(crowd.visited_by("none", "a/b").subscribers.size() == 2);
  CHECK(crowd.visited_by("none", "b/a").subscribers.size() == 2);
  CHECK(crowd.visited_by("t", "none").subscribers.size() == 3);
}

TEST_CASE("No topic and no patterns make a walk longer than the tree is deep", "[hub][interest]") {
  Crowd crowd;
  Dice dice(9);
  for (int i = 0; i < 20'000; ++i) {
    crowd.add({}, {dice.topic({"a", "+"}, 1) + "/" + dice.topic({"a", "+"}, 1) + "/" +
                   dice.topic({"a", "+"}, 14) + "/z/#"});
  }
  std::string topic = "a";
  for (int i = 0; i < 14; ++i) topic += "/a";
  const auto visited = crowd.visited_by("x", topic);
  // Two nodes for each of the level before, each with one lookup; and each subscriber once.
  CHECK(visited.work <= (2U << (Interest::kMostLevels + 1)) + visited.subscribers.size());
}

TEST_CASE("A filter takes no more memory than its footprint says", "[hub][interest]") {
  // In a build with sanitizers malloc is another's, and nothing is counted.
  const auto allocated = [] { return ::mallinfo2().uordblks; };
  constexpr std::size_t kMany = 500;
  const auto kind = GENERATE(0, 1, 2, 3, 4, 5);
  CAPTURE(kind);
  struct Patterns {
    Texts types, topics, last_types;
  };
  std::vector<Patterns> wanted;
  for (std::size_t i = 0; i < kMany; ++i) {
    const auto n = std::to_string(100 + i);
    Texts types, topics, last_types;
    if (kind == 5) types.push_back(n);
    for (std::size_t k = 0; k < (kind == 3 ? 1 : 64 - types.size()); ++k) {
      const auto m = n + "." + std::to_string(k);
      if (kind == 0) topics.push_back(m + "/b/c/d/e/f/g/h/i/+");  // a path of its own each
      if (kind == 1) topics.push_back(m + std::string(50, 'x'));
      if (kind == 2) types.push_back(m + "." + std::string(30, 'x') + "*");
      if (kind == 3) topics.push_back("a/" + m);
      if (kind >= 4) last_types.push_back(m + std::string(40, 'x'));
    }
    wanted.push_back({std::move(types), std::move(topics), std::move(last_types)});
  }
  Interest interest{KeyedHash()};
  std::vector<std::unique_ptr<const Filter>> filters(kMany);
  std::vector<std::byte> subscribers(kMany * alignof(Subscriber) + alignof(Subscriber));
  std::size_t footprints = 0;
  const auto before = allocated();
  for (std::size_t i = 0; i < kMany; ++i) {
    filters[i] = Filter::make(wanted[i].types, wanted[i].topics, wanted[i].last_types).value();
    footprints += filters[i]->footprint();
    auto* address = &subscribers[i * alignof(Subscriber)];
    interest.add(*reinterpret_cast<Subscriber*>(address), *filters[i]);
  }
  const auto taken = allocated() - before;
  CAPTURE(taken / kMany, footprints / kMany);
  CHECK(taken <= footprints);
  CHECK((taken == 0 || taken * 4 > footprints));  // and not far more than that
}

TEST_CASE("The same pattern twice is one", "[hub][interest]") {
  Crowd crowd;
  crowd.add({}, {"a/#", "a/#", "b", "b", "+/c", "+/c"});
  crowd.add({"a*", "a*", "b", "b"}, {});
  crowd.remove(0);
  crowd.remove(0);
  CHECK(crowd.interest.empty());
}

}  // namespace
}  // namespace sse::hub
