#include "sse/metrics/metric_routes.h"

#include "api/api_fixture.h"

namespace sse::metrics {
namespace {

using nlohmann::json;
using test::Api;

const std::string kNobody = "01890000-0000-7000-8000-000000000000";

TEST_CASE("A metric is created and answered", "[api]") {
  Api api;
  const auto answer = api.create(R"({"name":"cpu","input_frequency":"1m30s"})");
  CHECK(answer.status == 201);
  CHECK(answer.header("Content-Type") == "application/json");
  const std::string id = answer.json().at("id");
  CHECK(answer.body == R"({"id":")" + id + R"(","name":"cpu","input_frequency":90000000000})");
  CHECK(answer.header("SSE-Event-Id") == to_string(api.last_event().id));
}

TEST_CASE("A created metric is told with the same object", "[api]") {
  Api api;
  const auto answer = api.create(R"({"name":"cpu","input_frequency":"1s"})");
  const std::string id = answer.json().at("id");
  const auto event = api.last_event();
  CHECK(event.type == "metric_created");
  CHECK(event.topic == "metrics/" + id);
  CHECK(event.block == "id: " + answer.header("SSE-Event-Id") +
                           "\nevent: metric_created\ndata: " + answer.body + "\n\n");
}

TEST_CASE("A metric has its unit wherever it is shown", "[api]") {
  Api api;
  const auto answer = api.create(R"({"name":"room","unit":"°C","input_frequency":"1s"})");
  CHECK(answer.status == 201);
  const std::string id = answer.json().at("id");
  const std::string open =
      R"({"id":")" + id + R"(","name":"room","input_frequency":1000000000,"unit":"°C")";
  CHECK(answer.body == open + "}");
  CHECK_THAT(std::string(api.last_event().block), Catch::Contains("\ndata: " + open + "}\n"));
  CHECK(api.show({{"id", id}}).body == open + R"(,"readings":[]})");
  CHECK(api.list().body == "[" + open + R"(,"readings":[]}])");
  // What is there stays as it is.
  const auto again = api.create(R"({"name":"room","unit":"K","if_missing":true})");
  CHECK(again.status == 200);
  CHECK(again.body == answer.body);
}

TEST_CASE("A unit may be empty, left out or null: then the metric has no such member", "[api]") {
  Api api;
  for (const char* body :
       {R"({"name":"a","unit":""})", R"({"name":"a"})", R"({"name":"a","unit":null})"}) {
    const auto answer = api.create(body);
    CHECK(answer.status == 201);
    CHECK_FALSE(answer.json().contains("unit"));
    CHECK_FALSE(api.show({{"id", answer.json().at("id")}}).json().contains("unit"));
  }
}

TEST_CASE("A frequency may be zero, left out or null", "[api]") {
  Api api;
  for (const char* body : {R"({"name":"a","input_frequency":"0s"})", R"({"name":"a"})",
                           R"({"name":"a","input_frequency":null})"}) {
    const auto answer = api.create(body);
    CHECK(answer.status == 201);
    CHECK(answer.json().at("input_frequency") == 0);
  }
}

TEST_CASE("A frequency keeps its nanoseconds", "[api]") {
  Api api;
  const auto answer = api.create(R"({"name":"a","input_frequency":"9007199254740993ns"})");
  CHECK(answer.body.find(R"("input_frequency":9007199254740993})") != std::string::npos);
}

TEST_CASE("A metric that is missing is created once", "[api]") {
  Api api;
  const std::string body = R"({"name":"cpu","if_missing":true})";
  const auto first = api.create(body);
  const auto second = api.create(body);
  CHECK(first.status == 201);
  CHECK(second.status == 200);
  CHECK(second.body == first.body);
  CHECK(second.header("SSE-Event-Id").empty());
  CHECK(api.log.head() == 1);
  CHECK(api.create(R"({"name":"cpu","if_missing":false})").status == 201);
}

TEST_CASE("A metric against a rule is 400 with the field's name", "[api]") {
  Api api;
  const std::pair<const char*, const char*> cases[] = {
      {"", "the body is empty; expected JSON"},
      {"  \r\n", "the body is empty; expected JSON"},
      {"3", "expected a JSON object, got a number"},
      {"[]", "expected a JSON object, got an array"},
      {"{}", "name: expected a string, got nothing: the field is missing"},
      {R"({"nam":"cpu"})", "name: expected a string, got nothing: the field is missing"},
      {R"({"name":7})", "name: expected a string, got a number"},
      {R"({"name":null})", "name: expected a string, got null"},
      {R"({"name":""})",
       "name: expected 1 to 200 bytes of UTF-8 without control characters, got an empty string"},
      {R"({"name":"a\nb"})",
       "name: expected 1 to 200 bytes of UTF-8 without control characters, got a control "
       "character"},
      {R"({"name":"a","frequency":"1s"})",
       R"(unknown field "frequency": expected name, input_frequency, unit, if_missing)"},
      {R"({"name":"a","input_frequency":1})",
       R"(input_frequency: expected a duration in a string, such as "1s", got a number)"},
      {R"({"name":"a","input_frequency":"1 s"})",
       R"(input_frequency: expected a duration such as "1s", "500ms" or "1m30s", got "1 s")"},
      {R"({"name":"a","input_frequency":"-1s"})",
       R"(input_frequency: expected a duration such as "1s", "500ms" or "1m30s", got "-1s")"},
      {R"({"name":"a","unit":1})", "unit: expected a string, got a number"},
      {R"({"name":"a","unit":"a\tb"})",
       "unit: expected at most 32 bytes of UTF-8 without control characters, got a control "
       "character"},
      {R"({"name":"a","unit":"a unit that goes on for longer than it may"})",
       "unit: expected at most 32 bytes of UTF-8 without control characters, got 42 bytes"},
      {R"({"name":"a","if_missing":"yes"})", "if_missing: expected true or false, got a string"},
      {R"({"name":"a","name":"b"})", R"(the key "name" is there twice; expected it once)"},
  };
  for (const auto& [body, error] : cases) {
    CAPTURE(body);
    const auto answer = api.create(body);
    CHECK(answer.status == 400);
    CHECK(answer.header("Content-Type") == "application/json");
    CHECK(answer.error() == error);
  }
  CHECK(api.log.head() == 0);
  CHECK(api.list().body == "[]");
}

TEST_CASE("A full table is 507 with the limit and its flag", "[api]") {
  Api api({1, 10, 10});
  api.created("a");
  const auto answer = api.create(R"({"name":"b"})");
  CHECK(answer.status == 507);
  CHECK(answer.error().find("--max-metrics") != std::string::npos);
}

TEST_CASE("An event that is too large is 413", "[api]") {
  Api api({}, 200);
  CHECK(api.create(R"({"name":")" + std::string(200, 'x') + "\"}").status == 413);
  CHECK(api.list().body == "[]");
}

TEST_CASE("While the hub drains, writes are 503 with a time to come back", "[api]") {
  Api api;
  const std::string id = api.created("cpu");
  api.journal.stop({});
  for (const auto& answer : {api.create(R"({"name":"a"})"), api.remove(id),
                             api.record(R"({"metric_id":")" + id + R"(","value":1})"),
                             api.record(R"([{"metric_id":")" + id + R"(","value":1}])"),
                             api.publish(R"({"data":1})"), api.publish(R"([{"data":1}])")}) {
    CHECK(answer.status == 503);
    CHECK(answer.header("Retry-After") == "5");
    CHECK_FALSE(answer.error().empty());
  }
}

TEST_CASE("Metrics are listed in order of creation", "[api]") {
  Api api;
  const std::string b = api.created("b");
  const std::string a = api.created("a");
  const auto answer = api.list();
  CHECK(answer.status == 200);
  CHECK(answer.body == R"([{"id":")" + b +
                           R"(","name":"b","input_frequency":0,"readings":[]},{"id":")" + a +
                           R"(","name":"a","input_frequency":0,"readings":[]}])");
  CHECK(api.list({{"name", "a"}}).json().size() == 1);
  CHECK(api.list({{"name", "unknown"}}).body == "[]");
}

TEST_CASE("A list says where a stream goes on from it", "[api]") {
  Api api;
  CHECK(api.list().header("SSE-Cursor") == to_string(api.log.view().head_id()));
  const std::string id = api.created("cpu");
  const std::string cursor = to_string(api.last_event().id);
  CHECK(api.list().header("SSE-Cursor") == cursor);
  CHECK(api.show({{"id", id}}).header("SSE-Cursor") == cursor);
  CHECK(api.list_readings({{"id", id}}).header("SSE-Cursor") == cursor);
}

TEST_CASE("A list has the newest readings of each metric when asked", "[api]") {
  Api api;
  const std::string id = api.created("cpu");
  for (const char* reading : {R"("value":2,"timestamp":"2026-01-01T00:00:02Z"})",
                              R"("value":1,"timestamp":"2026-01-01T00:00:01Z"})",
                              R"("value":3,"timestamp":"2026-01-01T00:00:03Z"})"}) {
    REQUIRE(api.record(R"({"metric_id":")" + id + "\"," + reading).status == 201);
  }
  const auto values = [&](const json& metric) {
    std::vector<int> found;
    for (const auto& reading : metric.at("readings")) found.push_back(reading.at("value"));
    return found;
  };
  using Values = std::vector<int>;
  CHECK(values(api.list().json()[0]).empty());
  CHECK(values(api.list({{"with_readings", "true"}}).json()[0]) == Values{1, 2, 3});
  CHECK(values(api.list({{"with_readings", "true"}, {"limit", "2"}}).json()[0]) == Values{2, 3});
  CHECK(values(api.show({{"id", id}, {"with_readings", "true"}}).json()) == Values{1, 2, 3});
  CHECK(values(api.show({{"id", id}}).json()).empty());
}

TEST_CASE("A big list is produced in pieces, and is one JSON text", "[api]") {
  Api api;
  for (int i = 0; i < 1'000; ++i) api.created("metric " + std::to_string(i));
  const auto answer = api.list();
  CHECK(answer.pieces > 1);
  const json metrics = answer.json();
  REQUIRE(metrics.size() == 1'000);
  for (std::size_t i = 0; i < 1'000; ++i) {
    CHECK(metrics[i].at("name") == "metric " + std::to_string(i));
  }
}

TEST_CASE("A metric with many readings is produced in pieces, too", "[api]") {
  Api api;
  const std::string id = api.created("cpu");
  std::string lines;
  for (int i = 0; i < 3'000; ++i) {
    lines += R"({"metric_id":")" + id + R"(","value":)" + std::to_string(i) + "}\n";
  }
  REQUIRE(api.record(lines, "application/x-ndjson").json().at("accepted") == 3'000);
  for (const auto& answer : {api.list({{"with_readings", "true"}, {"limit", "10000"}}),
                             api.show({{"id", id}, {"with_readings", "true"}, {"limit", "10000"}}),
                             api.list_readings({{"id", id}, {"limit", "10000"}})}) {
    CHECK(answer.pieces > 1);
    json readings = answer.json();
    if (readings.is_array() && readings.size() == 1) readings = readings[0];
    if (readings.is_object()) readings = readings.at("readings");
    REQUIRE(readings.size() == 3'000);
    CHECK(readings[2'999].at("value") == 2'999);
  }
}

TEST_CASE("What changes while a list is written does not show in it", "[api]") {
  Api api;
  std::string last;
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = api.created("metric " + std::to_string(i));
    if (i == 999) last = id;
  }
  test::TestCall call(test::request_for({}));
  api.metrics.list(call);
  api.created("later");
  REQUIRE(api.remove(last).status == 204);  // not yet written
  const json metrics = test::read_answer(call.response()).json();
  CHECK(metrics.size() == 999);
  CHECK(metrics.back().at("name") == "metric 998");
}

TEST_CASE("A metric is shown, or 404", "[api]") {
  Api api;
  const std::string id = api.created("cpu");
  const auto answer = api.show({{"id", id}});
  CHECK(answer.status == 200);
  CHECK(answer.body == R"({"id":")" + id + R"(","name":"cpu","input_frequency":0,"readings":[]})");

  CHECK(api.show({{"id", kNobody}}).status == 404);
  CHECK(api.show({{"id", kNobody}}).error() == "no metric has the id " + kNobody);
  CHECK(api.list_readings({{"id", kNobody}}).status == 404);
  CHECK(api.remove(kNobody).status == 404);
}

TEST_CASE("What is not a UUID is 400", "[api]") {
  Api api;
  for (const auto& answer :
       {api.show({{"id", "cpu"}}), api.list_readings({{"id", "cpu"}}), api.remove("cpu")}) {
    CHECK(answer.status == 400);
    CHECK(answer.error() == R"(id: expected a UUID, got "cpu")");
  }
}

TEST_CASE("A metric is deleted and its end is told", "[api]") {
  Api api;
  const std::string id = api.created("cpu");
  const auto answer = api.remove(id);
  CHECK(answer.status == 204);
  CHECK(answer.body.empty());
  const auto event = api.last_event();
  CHECK(event.type == "metric_deleted");
  CHECK(event.topic == "metrics/" + id);
  CHECK(event.block == "id: " + answer.header("SSE-Event-Id") +
                           "\nevent: metric_deleted\ndata: {\"id\":\"" + id + "\"}\n\n");
  CHECK(api.show({{"id", id}}).status == 404);
}

TEST_CASE("Readings are listed by time", "[api]") {
  Api api;
  const std::string id = api.created("cpu");
  for (int minute = 0; minute < 5; ++minute) {
    api.record(R"({"metric_id":")" + id + R"(","value":)" + std::to_string(minute) +
               R"(,"timestamp":"2026-01-01T00:0)" + std::to_string(minute) + R"(:00Z"})");
  }
  const auto count = [&](test::Params params) {
    params.emplace_back("id", id);
    return api.list_readings(std::move(params)).json().size();
  };
  CHECK(count({}) == 5);
  CHECK(count({{"since", "2026-01-01T00:02:00Z"}}) == 3);
  CHECK(count({{"until", "2026-01-01T00:02:00Z"}}) == 2);
  CHECK(count({{"since", "2026-01-01T01:01:00+01:00"}, {"until", "2026-01-01T00:03:00Z"}}) == 2);
  CHECK(count({{"limit", "1"}}) == 1);
  CHECK(count({{"since", "5m"}}) == 0);
}

TEST_CASE("A query parameter against a rule is 400 with its name", "[api]") {
  Api api;
  const std::string id = api.created("cpu");
  const auto error = [&](const char* name, const char* value) {
    const auto answer = api.list_readings({{"id", id}, {name, value}});
    CHECK(answer.status == 400);
    return answer.error();
  };
  CHECK(error("limit", "0") == R"(limit: expected a number from 1 to 10000, got "0")");
  CHECK(error("limit", "10001") == R"(limit: expected a number from 1 to 10000, got "10001")");
  CHECK(error("limit", "1x") == R"(limit: expected a number from 1 to 10000, got "1x")");
  CHECK(
      error("since", "yesterday") ==
      R"(since: expected an RFC 3339 time, @epoch or a duration ago such as 5m, got "yesterday")");
  CHECK(error("until", "-5").substr(0, 7) == "until: ");
  CHECK(api.list({{"with_readings", "1"}}).error() ==
        R"(with_readings: expected true or false, got "1")");
}

}  // namespace
}  // namespace sse::metrics
