#include "sse/wire/topic_pattern.h"

#include <string_view>

#include "support/catch.h"

namespace sse::wire {
namespace {

TEST_CASE("A topic without wildcards is that topic only", "[wire][topic]") {
  CHECK(matches_topic("a/b", "a/b"));
  CHECK_FALSE(matches_topic("a/b", "a"));
  CHECK_FALSE(matches_topic("a/b", "a/b/c"));
  CHECK_FALSE(matches_topic("a", ""));
  CHECK(is_exact_topic("a/b"));
  CHECK_FALSE(is_exact_topic("a/+"));
}

TEST_CASE("In a topic + or * is one level, # or ** the rest", "[wire][topic]") {
  for (const std::string_view one : {"a/+/c", "a/*/c"}) {
    CHECK(matches_topic(one, "a/b/c"));
    CHECK(matches_topic(one, "a//c"));
    CHECK_FALSE(matches_topic(one, "a/c"));
    CHECK_FALSE(matches_topic(one, "a/b/c/d"));
  }
  for (const std::string_view rest : {"a/#", "a/**"}) {
    CHECK(matches_topic(rest, "a"));
    CHECK(matches_topic(rest, "a/b"));
    CHECK(matches_topic(rest, "a/b/c"));
    CHECK_FALSE(matches_topic(rest, "ab"));
    CHECK_FALSE(matches_topic(rest, ""));
  }
  for (const std::string_view every : {"#", "**"}) {
    CHECK(is_every_topic(every));
    CHECK(matches_topic(every, ""));
    CHECK(matches_topic(every, "a/b"));
  }
  CHECK_FALSE(is_every_topic("a/#"));
  CHECK_FALSE(matches_topic("+", ""));
}

TEST_CASE("A wildcard inside a level, or a rest that is not last, is a fault", "[wire][topic]") {
  for (const std::string_view right : {"a", "a/b", "+", "#", "a/+/b/#", "/a", "a//b"}) {
    CAPTURE(right);
    CHECK(fault_of_topic_pattern(right).empty());
  }
  for (const std::string_view wrong : {"a+", "a/b*", "#a", "a***", "a/#/b", "**/a", "+#"}) {
    CAPTURE(wrong);
    CHECK_FALSE(fault_of_topic_pattern(wrong).empty());
  }
}

}  // namespace
}  // namespace sse::wire
