#include "sse/auth/grants.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "sse/auth/topic_algebra.h"
#include "sse/wire/topic_pattern.h"

#include "support/catch.h"

namespace sse::auth {
namespace {

using Texts = std::vector<std::string>;

Grants grants(const Texts& texts) {
  auto made = Grants::make(texts);
  REQUIRE(made.has_value());
  return *made;
}

Texts cut(const Texts& granted, const Texts& request) {
  const auto result = grants(granted).cut(request);
  REQUIRE(result.has_value());
  return result->patterns;
}

TEST_CASE("No grant allows nothing, also an event without a topic", "[auth][grants]") {
  const Grants none;
  CHECK(none.is_empty());
  CHECK_FALSE(none.allows_topic(""));
  CHECK_FALSE(none.allows_topic("a"));
  CHECK_FALSE(none.allows_metric("cpu"));
  const auto everything = none.cut(Texts{});
  REQUIRE_FALSE(everything.has_value());
  CHECK(everything.error().kind == CutFault::Kind::kNotGranted);
  CHECK(everything.error().pattern == "#");
}

TEST_CASE("An event without a topic needs the grant #", "[auth][grants]") {
  CHECK(grants({"#"}).allows_topic(""));
  CHECK_FALSE(grants({"+/#"}).allows_topic(""));
  CHECK(grants({"ci/#"}).allows_topic("ci/web"));
}

TEST_CASE("A grant of metrics is a glob of names, and not a topic", "[auth][grants]") {
  const auto some = grants({"metric:cpu*", "ci/#"});
  CHECK(some.allows_metric("cpu.user"));
  CHECK_FALSE(some.allows_metric("mem"));
  CHECK_FALSE(some.allows_topic("metric:cpu"));
  CHECK(some.metrics() == Texts{"cpu*"});
  CHECK(some.topics() == Texts{"ci/#"});
  CHECK_FALSE(Grants::make({"metric:"}).has_value());
}

TEST_CASE("Grants by name leave the topics of metrics, each to be judged", "[auth][grants]") {
  const NameOfTopic name_of = [](std::string_view topic) -> std::optional<std::string> {
    if (topic == "metrics/1") return "cpu";
    if (topic == "metrics/2") return "memory";
    return std::nullopt;
  };
  const auto some = grants({"metric:cpu*", "ci/#"});
  CHECK(some.allows_metric_topic("metrics/1", name_of));
  CHECK_FALSE(some.allows_metric_topic("metrics/2", name_of));
  CHECK_FALSE(some.allows_metric_topic("metrics/3", name_of));
  CHECK_FALSE(some.allows_metric_topic("metrics/1", nullptr));
  const auto all = some.cut(Texts{}, name_of);
  REQUIRE(all.has_value());
  CHECK(all->patterns == Texts{"ci/#"});
  CHECK(all->named == Texts{"metrics/+"});
  CHECK_FALSE(all->is_whole);
  CHECK(some.texts_of(*all) == Texts{"ci/#", "metric:cpu*"});
  // One that is granted, and known by now, is a topic as any other.
  const auto one = some.cut(Texts{"metrics/1"}, name_of);
  REQUIRE(one.has_value());
  CHECK(one->patterns == Texts{"metrics/1"});
  CHECK(one->named.empty());
  CHECK(one->is_whole);
  CHECK_FALSE(some.cut(Texts{"metrics/2"}, name_of).has_value());
  CHECK_FALSE(some.cut(Texts{"metrics/1"}).has_value());
  // No wildcard is left, and yet it is not known to be granted.
  const auto judged = some.cut(Texts{"+/2"}, name_of);
  REQUIRE(judged.has_value());
  CHECK(judged->named == Texts{"metrics/2"});
  CHECK_FALSE(some.cut(Texts{"other/#"}, name_of).has_value());
  CHECK(grants({"metric:cpu*", "metrics/#"}).cut(Texts{}, name_of)->named.empty());
}

TEST_CASE("A request that is granted stays as it is, and is whole", "[auth][grants]") {
  const auto result = grants({"ci/#"}).cut(Texts{"ci/web", "ci/+/log"});
  REQUIRE(result.has_value());
  CHECK(result->patterns == Texts{"ci/+/log", "ci/web"});
  CHECK(result->is_whole);
}

TEST_CASE("A request for more is cut to the grants, and says so", "[auth][grants]") {
  const auto result = grants({"ci/#", "metrics/+"}).cut(Texts{"#"});
  REQUIRE(result.has_value());
  CHECK(result->patterns == Texts{"ci/#", "metrics/+"});
  CHECK_FALSE(result->is_whole);
  CHECK(cut({"ci/#"}, {}) == Texts{"ci/#"});
  CHECK(cut({"+/web"}, {"ci/+", "x/y/z/#", "+/+/#"}) == Texts{"+/web"});
}

TEST_CASE("An exact topic without a grant refuses the request, and is named", "[auth][grants]") {
  const auto result = grants({"ci/#"}).cut(Texts{"ci/web", "secret"});
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().kind == CutFault::Kind::kNotGranted);
  CHECK(result.error().pattern == "secret");
}

TEST_CASE("A request that is cut to nothing is refused, and never everything", "[auth][grants]") {
  const auto result = grants({"ci/#"}).cut(Texts{"secret/#", "other/+"});
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().pattern == "secret/#");
  // Only metrics are granted: no topic is.
  CHECK_FALSE(grants({"metric:*"}).cut(Texts{}).has_value());
}

TEST_CASE("A cut has no pattern that another one covers", "[auth][grants]") {
  CHECK(cut({"a/#", "+/b", "a/b"}, {"#"}) == Texts{"+/b", "a/#"});
  CHECK(cut({"a/+", "a/b/#"}, {"a/b", "a/#"}) == Texts{"a/+", "a/b/#"});
}

TEST_CASE("A cut of more than 1,024 patterns is refused", "[auth][grants]") {
  Texts request;
  Texts granted;
  for (int i = 0; i < 33; ++i) {
    request.push_back("+/r" + std::to_string(i));
    granted.push_back("g" + std::to_string(i) + "/+");
  }
  const auto most = grants(Texts(granted.begin(), granted.begin() + 31)).cut(request);
  REQUIRE(most.has_value());
  CHECK(most->patterns.size() == 1'023);
  const auto more = grants(granted).cut(request);
  REQUIRE_FALSE(more.has_value());
  CHECK(more.error().kind == CutFault::Kind::kTooMany);
}

TEST_CASE("What a cut lets through is what the request and the grants do", "[auth][grants]") {
  std::mt19937 random(7);
  const Texts words = {"a", "b", "c", "+", "+"};
  const auto pattern = [&] {
    std::string text;
    const auto levels = 1 + random() % 3;
    for (std::size_t i = 0; i < levels; ++i) text += (i == 0 ? "" : "/") + words[random() % 5];
    return random() % 3 == 0 ? text + "/#" : text;
  };
  const auto some = [&] {
    Texts texts(1 + random() % 4);
    for (auto& text : texts) text = pattern();
    return texts;
  };
  const auto any = [](const Texts& patterns, const std::string& topic) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const auto& each) { return wire::matches_topic(each, topic); });
  };
  Texts topics;
  for (const char* first : {"a", "b", "c", "d"}) {
    topics.emplace_back(first);
    for (const char* second : {"/a", "/b", "/c"}) {
      topics.push_back(std::string(first) + second);
      for (const char* third : {"/a", "/b/c", "/d"}) {
        topics.push_back(std::string(first) + second + third);
      }
    }
  }
  int refused = 0;
  for (int round = 0; round < 2'000; ++round) {
    const auto request = some();
    const auto granted = some();
    const auto result = grants(granted).cut(request);
    if (!result) {
      ++refused;
      continue;
    }
    for (const auto& topic : topics) {
      const bool expected = any(request, topic) && any(granted, topic);
      if (any(result->patterns, topic) != expected) {
        CAPTURE(topic, request, granted, result->patterns);
        CHECK(any(result->patterns, topic) == expected);
      }
    }
  }
  CHECK(refused > 100);
  CHECK(refused < 1'900);
}

TEST_CASE("A grant that a filter may not be is refused, and named", "[auth][grants]") {
  for (const char* wrong : {"", "a b", "a/", "a/#/b", "a+", "\xff", "a\nb"}) {
    CAPTURE(wrong);
    const auto made = Grants::make({wrong});
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().text.starts_with("grant \""));
  }
  CHECK_FALSE(Grants::make({std::string(257, 'a')}).has_value());
  CHECK(Grants::make({std::string(256, 'a')}).has_value());
  CHECK_FALSE(Grants::make(Texts(65, "a")).has_value());
}

}  // namespace
}  // namespace sse::auth
