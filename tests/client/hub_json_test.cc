#include "sse/client/hub_json.h"

#include "support/catch.h"

namespace sse::client {
namespace {

TEST_CASE("Of polled events the types and topics are read, in order", "[client][poll]") {
  const auto events = read_polled_events(
      R"({"events":[{"id":"1","type":"deploy","topic":"ci/api","data":"{}"},)"
      R"({"id":"2","type":"message","topic":"","data":"\"x"}],"cursor":"2","gap":null})");
  REQUIRE(events);
  REQUIRE(events->size() == 2);
  CHECK(events->front().type == "deploy");
  CHECK(events->front().topic == "ci/api");
  CHECK(events->back().topic.empty());
  CHECK(read_polled_events(R"({"events":[],"cursor":"2"})")->empty());
}

TEST_CASE("What no hub answers to a poll is refused", "[client][poll]") {
  for (const char* body :
       {"", "[]", "{}", R"({"events":1})", R"({"events":[1]})", R"({"events":[{"type":"a"}]})",
        R"({"events":[{"type":1,"topic":""}]})", R"({"events":[)"}) {
    CAPTURE(body);
    CHECK_FALSE(read_polled_events(body));
  }
}

}  // namespace
}  // namespace sse::client
