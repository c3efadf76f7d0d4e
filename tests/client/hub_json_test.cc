#include "sse/client/hub_json.h"

#include "support/catch.h"

namespace sse::client {
namespace {

TEST_CASE("Polled events are read, in order, with the cursor behind them", "[client][poll]") {
  const auto polled = read_polled_events(
      R"({"events":[{"id":"1","type":"deploy","topic":"ci/api","data":"{}"},)"
      R"({"id":"2","type":"message","topic":"","data":"\"x"}],"cursor":"2","gap":null})");
  REQUIRE(polled);
  CHECK(polled->cursor == "2");
  REQUIRE(polled->events.size() == 2);
  CHECK(polled->events.front().type == "deploy");
  CHECK(polled->events.front().topic == "ci/api");
  CHECK(polled->events.front().id == "1");
  CHECK(polled->events.front().data == "{}");
  CHECK(polled->events.back().topic.empty());
  CHECK(read_polled_events(R"({"events":[],"cursor":"2"})")->events.empty());
}

TEST_CASE("What no hub answers to a poll is refused", "[client][poll]") {
  for (const char* body :
       {"", "[]", "{}", R"({"events":1})", R"({"events":[1]})", R"({"events":[{"type":"a"}]})",
        R"({"events":[{"type":1,"topic":""}]})", R"({"events":[)"}) {
    CAPTURE(body);
    CHECK_FALSE(read_polled_events(body));
  }
}

TEST_CASE("Metrics are read with their units, and without where a hub says none",
          "[client][metrics]") {
  const auto metrics = read_metrics(
      R"([{"id":"1","name":"disk","input_frequency":1000000000,"unit":"bytes","readings":[]},)"
      R"({"id":"2","name":"cpu","input_frequency":0}])");
  REQUIRE(metrics);
  REQUIRE(metrics->size() == 2);
  CHECK(metrics->front().unit == "bytes");
  CHECK(metrics->front().input_frequency == std::chrono::seconds(1));
  CHECK(metrics->back().unit.empty());
}

}  // namespace
}  // namespace sse::client
