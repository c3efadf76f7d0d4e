#include "sse/hub/filter.h"

#include "sse/hub/publisher.h"

#include "support/catch.h"

namespace sse::hub {
namespace {

std::unique_ptr<const Filter> filter(std::vector<std::string> types,
                                     std::vector<std::string> topics) {
  auto made = Filter::make(std::move(types), std::move(topics));
  REQUIRE(made);
  REQUIRE(*made != nullptr);
  return std::move(made).value();
}

bool type_matches(const std::string& pattern, std::string_view type) {
  return filter({pattern}, {})->wants_type(type);
}

bool topic_matches(const std::string& pattern, std::string_view topic) {
  return filter({}, {pattern})->wants_topic(topic);
}

Error refusal(std::vector<std::string> types, std::vector<std::string> topics) {
  auto made = Filter::make(std::move(types), std::move(topics));
  REQUIRE_FALSE(made);
  CHECK(made.error().code == ErrorCode::kInvalid);
  return made.error();
}

TEST_CASE("A request that asks for nothing has no filter", "[hub][filter]") {
  const auto made = Filter::make({}, {});
  REQUIRE(made);
  CHECK(*made == nullptr);
}

TEST_CASE("A type without wildcards is that type only", "[hub][filter]") {
  CHECK(type_matches("deploy", "deploy"));
  CHECK_FALSE(type_matches("deploy", "deploys"));
  CHECK_FALSE(type_matches("deploy", "Deploy"));
  CHECK_FALSE(type_matches("deploy", ""));
}

TEST_CASE("In a type * is any text and ? is one character", "[hub][filter]") {
  CHECK(type_matches("metric_*", "metric_created"));
  CHECK(type_matches("metric_*", "metric_"));
  CHECK_FALSE(type_matches("metric_*", "metric"));
  CHECK(type_matches("*", "message"));
  CHECK(type_matches("*created", "metric_created"));
  CHECK(type_matches("m*_c*d", "metric_reading_created"));
  CHECK_FALSE(type_matches("m*_c*d", "metric_reading_creates"));
  CHECK(type_matches("a*b*c", "abbc"));
  CHECK(type_matches("a**c", "ac"));
  CHECK(type_matches("v?", "v1"));
  CHECK_FALSE(type_matches("v?", "v"));
  CHECK_FALSE(type_matches("v?", "v10"));
  CHECK(type_matches("caf?", "caf\xC3\xA9"));
  CHECK(type_matches("*\xC3\xA9", "caf\xC3\xA9"));
}

TEST_CASE("A topic is matched level by level", "[hub][filter]") {
  CHECK(topic_matches("ci/api", "ci/api"));
  CHECK_FALSE(topic_matches("ci/api", "ci"));
  CHECK_FALSE(topic_matches("ci/api", "ci/api/x"));
  CHECK_FALSE(topic_matches("ci", "ci2"));
  for (const std::string one : {"+", "*"}) {
    CHECK(topic_matches("ci/" + one, "ci/api"));
    CHECK(topic_matches(one + "/api", "ci/api"));
    CHECK(topic_matches("a/" + one + "/c", "a/b/c"));
    CHECK_FALSE(topic_matches("ci/" + one, "ci"));
    CHECK_FALSE(topic_matches("ci/" + one, "ci/api/x"));
    CHECK_FALSE(topic_matches(one, "a/b"));
    CHECK_FALSE(topic_matches(one, ""));
  }
  for (const std::string rest : {"#", "**"}) {
    CHECK(topic_matches("ci/" + rest, "ci/api"));
    CHECK(topic_matches("ci/" + rest, "ci/api/x"));
    CHECK(topic_matches("ci/" + rest, "ci"));
    CHECK_FALSE(topic_matches("ci/" + rest, "cia"));
    CHECK(topic_matches("+/" + rest, "a"));
    CHECK(topic_matches(rest, "a/b/c"));
    CHECK(topic_matches(rest, ""));
  }
  CHECK(topic_matches("/a", "/a"));
  CHECK(topic_matches("+/a", "/a"));
  CHECK(topic_matches("a//b", "a//b"));
  CHECK(topic_matches("a/+/b", "a//b"));
}

TEST_CASE("Several patterns of a kind are any of them, both kinds are asked apart",
          "[hub][filter]") {
  const auto both = filter({"a", "b*"}, {"x", "y/#"});
  CHECK(both->wants_type("a"));
  CHECK(both->wants_type("bc"));
  CHECK_FALSE(both->wants_type("c"));
  CHECK(both->wants_topic("x"));
  CHECK(both->wants_topic("y/z"));
  CHECK_FALSE(both->wants_topic("z"));
  CHECK(filter({"a"}, {})->wants_topic("anything"));
  CHECK(filter({}, {"x"})->wants_type("anything"));
}

TEST_CASE("A filter says what the log can look up and what it need not ask", "[hub][filter]") {
  const auto exact = filter({"a", "b"}, {"x/y"});
  CHECK(exact->exact_types().size() == 2);
  CHECK(exact->exact_topics().size() == 1);
  CHECK_FALSE(exact->wants_every_type());
  CHECK_FALSE(exact->wants_every_topic());
  const auto mixed = filter({"a", "b*"}, {"x/y", "z/+"});
  CHECK(mixed->exact_types().empty());
  CHECK(mixed->exact_topics().empty());
  CHECK(filter({"a"}, {})->wants_every_topic());
  CHECK(filter({}, {"a"})->wants_every_type());
  CHECK(filter({}, {"a", "#"})->wants_every_topic());
}

TEST_CASE("The patterns are shown as they were given", "[hub][filter]") {
  const auto given = filter({"b*"}, {"z/+", "a"});
  CHECK(given->types() == std::vector<std::string>{"b*"});
  CHECK(given->topics() == std::vector<std::string>{"z/+", "a"});
}

TEST_CASE("Topics that are judged pass one by one, also those without a wildcard",
          "[hub][filter]") {
  const auto cut = [](std::vector<std::string> topics, std::vector<std::string> judged) {
    auto made =
        Filter::make_cut({}, std::move(topics), {}, {std::move(judged), [](std::string_view topic) {
                                                       return topic == "metrics/1" || topic == "x";
                                                     }});
    REQUIRE(made);
    return std::move(made).value();
  };
  const auto both = cut({"ci/#"}, {"metrics/+"});
  CHECK(both->wants_topic("ci/web"));
  CHECK(both->wants_topic("metrics/1"));
  CHECK_FALSE(both->wants_topic("metrics/2"));
  CHECK_FALSE(both->wants_topic("x"));  // no pattern matches it
  CHECK_FALSE(both->wants_topic(""));
  CHECK(both->topics() == std::vector<std::string>{"ci/#", "metrics/+"});
  CHECK_FALSE(both->wants_every_topic());
  // The log would look it up, and ask no more.
  const auto exact = cut({"ci/web"}, {"metrics/2"});
  CHECK(exact->exact_topics().empty());
  CHECK_FALSE(exact->wants_topic("metrics/2"));
  CHECK(cut({"#"}, {"metrics/+"}) == nullptr);
}

TEST_CASE("A pattern that cannot be meant is refused", "[hub][filter]") {
  for (const std::string topic :
       {"", "a#", "a/b#", "a+/b", "*a", "a/***", "#/a", "**/a", "a\n", "a\x7F", "\xFF"}) {
    CAPTURE(topic);
    refusal({}, {topic});
  }
  refusal({}, {std::string("a\0b", 3)});
  refusal({}, {std::string(257, 'a')});
  for (const std::string type : {"", "a\tb", "\xC3"}) refusal({type}, {});
  refusal({std::string(201, 'a')}, {});
}

TEST_CASE("A topic that a URL cut short gets a hint", "[hub][filter]") {
  // `topic=a/#` without escaping arrives as `a/`, `topic=a/+` from a form as `a/ `.
  for (const std::string topic : {"a/", "a/ ", "/"}) {
    const auto error = refusal({}, {topic});
    CHECK(error.text.find("%23") != std::string::npos);
    CHECK(error.text.find("%2B") != std::string::npos);
  }
}

TEST_CASE("A stream has a bounded number of filters", "[hub][filter]") {
  CHECK(Filter::make(std::vector<std::string>(32, "a"), std::vector<std::string>(32, "b")));
  refusal(std::vector<std::string>(32, "a"), std::vector<std::string>(33, "b"));
}

TEST_CASE("The text of a stream's filters is bounded together", "[hub][filter]") {
  const std::vector<std::string> most(16, std::string(128, 'a'));  // 2 KiB
  CHECK(Filter::make(most, most));
  auto more = most;
  more.emplace_back("b");
  CHECK(refusal(more, most).text.find("4096 bytes together") != std::string::npos);
  CHECK(refusal(most, more).text.find("4096 bytes together") != std::string::npos);
}

TEST_CASE("The last types end a filter, and pass when types are filtered", "[hub][filter]") {
  const auto some = Filter::make({"piece", "done"}, {}, {"d?ne", "done", "fail*"}).value();
  CHECK(some->types() == std::vector<std::string>{"piece", "done", "d?ne", "fail*"});
  CHECK(some->may_end());
  for (const char* type : {"done", "done", "failed", "fail"}) {
    CHECK(some->ends(type));
    CHECK(some->wants_type(type));
  }
  CHECK_FALSE(some->ends("piece"));
  CHECK_FALSE(some->wants_type("other"));

  const auto all = Filter::make({}, {}, {"done"}).value();
  REQUIRE(all != nullptr);
  CHECK(all->wants_every_type());
  CHECK(all->wants_every_topic());
  CHECK(all->ends("done"));
  CHECK_FALSE(all->ends("Done"));

  const auto without = filter({"piece"}, {});
  CHECK_FALSE(without->may_end());
  CHECK_FALSE(without->ends("piece"));
}

TEST_CASE("A last type is checked as a type is, and counts as one", "[hub][filter]") {
  const auto fault = [](std::vector<std::string> types, std::vector<std::string> last_types) {
    const auto made = Filter::make(std::move(types), {}, std::move(last_types));
    return made ? std::string() : made.error().text;
  };
  CHECK(fault({}, {""}).starts_with("until_type filter ''"));
  CHECK(fault({}, {"a\nb"}).starts_with("until_type filter"));
  CHECK(fault({}, {std::string(kMaxTypeSize + 1, 'x')}).starts_with("until_type filter"));
  CHECK(fault(std::vector<std::string>(32, "a"), std::vector<std::string>(32, "b")).empty());
  CHECK_FALSE(fault(std::vector<std::string>(32, "a"), std::vector<std::string>(33, "b")).empty());
  const std::string long_type(kMaxTypeSize, 'x');
  const auto fitting = kMaxFilterBytes / kMaxTypeSize;
  CHECK(fault({}, std::vector<std::string>(fitting, long_type)).empty());
  CHECK_FALSE(fault({long_type}, std::vector<std::string>(fitting, long_type)).empty());
}

}  // namespace
}  // namespace sse::hub
