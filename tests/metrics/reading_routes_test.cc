#include "sse/metrics/reading_routes.h"

#include "api/api_fixture.h"

namespace sse::metrics {
namespace {

using nlohmann::json;
using test::Api;

constexpr char kNdjson[] = "application/x-ndjson";
const std::string kNobody = "01890000-0000-7000-8000-000000000000";

struct Fixture : Api {
  std::string reading(const std::string& rest) const {
    return R"({"metric_id":")" + id + "\"," + rest + "}";
  }
  std::string stored() { return list_readings({{"id", id}, {"limit", "10000"}}).body; }

  std::string id = created("cpu");
};

TEST_CASE("A reading is recorded, answered and told", "[api]") {
  Fixture f;
  const auto answer =
      f.record(f.reading(R"("value":3,"timestamp":"2026-01-31T12:00:00.250+01:00")"));
  CHECK(answer.status == 201);
  const std::string reading_id = answer.json().at("id");
  CHECK(answer.body == R"({"id":")" + reading_id + R"(","metric_id":")" + f.id +
                           R"(","value":3,"timestamp":"2026-01-31T11:00:00.25Z"})");
  const auto event = f.last_event();
  CHECK(answer.header("SSE-Event-Id") == to_string(event.id));
  CHECK(event.type == "metric_reading_created");
  CHECK(event.topic == "metrics/" + f.id);
  CHECK(event.block == "id: " + to_string(event.id) +
                           "\nevent: metric_reading_created\ndata: " + answer.body + "\n\n");
  CHECK(f.stored() == "[" + answer.body + "]");
}

TEST_CASE("A reading without a time was taken now", "[api]") {
  Fixture f;
  CHECK(f.record(f.reading(R"("value":1)")).json().at("timestamp") == "2027-01-15T08:00:00Z");
  CHECK(f.record(f.reading(R"("value":1,"timestamp":null)")).status == 201);
  CHECK(f.record(f.reading(R"("value":1,"timestamp":"")")).json().at("timestamp") ==
        "2027-01-15T08:00:00Z");
}

TEST_CASE("A value comes back in its shortest form", "[api]") {
  Fixture f;
  const std::pair<const char*, const char*> cases[] = {
      {"3", "3"},          {"3.0", "3"},         {"1.10", "1.1"},
      {"1e2", "100"},      {"0.1", "0.1"},       {"-0", "-0"},
      {"1e300", "1e+300"}, {"5e-324", "5e-324"}, {"-0.000001", "-0.000001"},
      {"1E-999", "0"},
  };
  for (const auto& [in, out] : cases) {
    CAPTURE(in);
    const auto answer = f.record(f.reading("\"value\":" + std::string(in)));
    CHECK(answer.status == 201);
    CHECK(answer.body.find("\"value\":" + std::string(out) + ",") != std::string::npos);
  }
}

TEST_CASE("A reading against a rule is 400 with the field's name, and not stored", "[api]") {
  Fixture f;
  const std::pair<std::string, const char*> cases[] = {
      {"", "the body is empty; expected JSON"},
      {"\"cpu\"", "expected a JSON object, got a string"},
      {R"({"value":3})",
       "metric_id: expected a UUID in a string, got nothing: the field is missing"},
      {R"({"metric_id":3,"value":3})", "metric_id: expected a UUID in a string, got a number"},
      {R"({"metric_id":"cpu","value":3})", R"(metric_id: expected a UUID, got "cpu")"},
      {f.reading(R"("vale":3)"),
       "value: expected a finite number, got nothing: the field is missing"},
      {f.reading(R"("value":"3")"), "value: expected a finite number, got a string"},
      {f.reading(R"("value":null)"), "value: expected a finite number, got null"},
      {f.reading(R"("value":1e999)"), "value: expected a finite number, got one past 1.8e308"},
      {f.reading(R"("value":3,"time":"x")"),
       R"(unknown field "time": expected metric_id, value, timestamp)"},
      {f.reading(R"("value":3,"timestamp":"noon")"),
       R"(timestamp: expected an RFC 3339 time such as "2026-01-31T12:00:00Z", got "noon")"},
      {f.reading(R"("value":3,"timestamp":"1969-12-31T23:59:59Z")"),
       R"(timestamp: expected a time from 1970 to 2261, got "1969-12-31T23:59:59Z")"},
      {f.reading(R"("value":3,"timestamp":"2262-01-01T00:00:00Z")"),
       R"(timestamp: expected a time from 1970 to 2261, got "2262-01-01T00:00:00Z")"},
      {f.reading(R"("value":3,"timestamp":5)"),
       R"(timestamp: expected an RFC 3339 time such as "2026-01-31T12:00:00Z", got a number)"},
      {f.reading(R"("value":3,"value":4)"), R"(the key "value" is there twice; expected it once)"},
  };
  for (const auto& [body, error] : cases) {
    CAPTURE(body);
    const auto answer = f.record(body);
    CHECK(answer.status == 400);
    CHECK(answer.error() == error);
  }
  for (const char* value : {"NaN", "Infinity", "01", "+1", "0x10", "1,000"}) {
    CAPTURE(value);
    CHECK(f.record(f.reading("\"value\":" + std::string(value))).status == 400);
  }
  CHECK(f.stored() == "[]");
  CHECK(f.log.head() == 1);
}

TEST_CASE("A reading of no metric is 404", "[api]") {
  Fixture f;
  const auto answer = f.record(R"({"metric_id":")" + kNobody + R"(","value":3})");
  CHECK(answer.status == 404);
  CHECK(answer.error() == "no metric has the id " + kNobody);
}

TEST_CASE("An array has a result for each item, in order", "[api]") {
  Fixture f;
  const auto answer = f.record("[" + f.reading(R"("value":1)") + ",\n 7, {}, " +
                               f.reading(R"("value":1e999)") + "," + f.reading(R"("value":2)") +
                               R"(,{"metric_id":")" + kNobody + R"(","value":3}])");
  CHECK(answer.status == 200);
  const json batch = answer.json();
  CHECK(batch.at("accepted") == 2);
  CHECK(batch.at("rejected") == 4);
  const json& results = batch.at("results");
  REQUIRE(results.size() == 6);
  const json stored = json::parse(f.stored());
  CHECK(results[0] == json{{"id", stored[0].at("id")}});
  CHECK(results[1] == json{{"error", "expected a JSON object, got a number"}});
  CHECK(results[2].at("error").get<std::string>().substr(0, 10) == "metric_id:");
  CHECK(results[3].at("error").get<std::string>().substr(0, 6) == "value:");
  CHECK(results[4] == json{{"id", stored[1].at("id")}});
  CHECK(results[5] == json{{"error", "no metric has the id " + kNobody}});
  CHECK(answer.header("SSE-Event-Id").empty());
  CHECK(f.record("[]").body == R"({"accepted":0,"rejected":0,"results":[]})");
}

TEST_CASE("An array that is not JSON stores nothing", "[api]") {
  Fixture f;
  const std::string good = f.reading(R"("value":1)");
  for (const std::string& body :
       {"[" + good, "[" + good + ",]", "[" + good + ",{\"value\":}]", "[" + good + "]]",
        "[" + good + good + "]", "[" + good + ",\"\xff\"]", "[" + good + ",NaN]"}) {
    CAPTURE(body);
    const auto answer = f.record(body);
    CHECK(answer.status == 400);
    CHECK_FALSE(answer.error().empty());
  }
  CHECK(f.record("[" + good + ",nul]").error().substr(0, 20) == "item 1 of the array:");
  CHECK(f.stored() == "[]");
}

TEST_CASE("A bad line loses none of the good ones", "[api]") {
  Fixture f;
  const auto answer =
      f.record(f.reading(R"("value":1)") + "\r\n\nnot JSON\n" + f.reading(R"("value":2)"),
               "Application/X-NDJSON; charset=utf-8");
  CHECK(answer.status == 200);
  const json batch = answer.json();
  CHECK(batch.at("accepted") == 2);
  CHECK(batch.at("rejected") == 1);
  CHECK(batch.at("results")[1].contains("error"));
  CHECK(json::parse(f.stored()).size() == 2);
}

TEST_CASE("A body is JSON whatever its type says, lines only when it says so", "[api]") {
  Fixture f;
  const std::string one = f.reading(R"("value":1)");
  CHECK(f.record(one, "application/x-www-form-urlencoded").status == 201);
  CHECK(f.record(one + "\n" + one, "application/json").status == 400);
  CHECK(f.record(one, kNdjson).json().at("accepted") == 1);
  CHECK(f.record("\n", kNdjson).status == 400);
}

TEST_CASE("A batch has a limit, so that its answer has one", "[api]") {
  Fixture f;
  std::string body = "[";
  for (int i = 0; i < 65'536; ++i) body += "0,";
  CHECK(f.record(body + "0]").status == 413);
  body.back() = ']';
  CHECK(f.record(body).json().at("rejected") == 65'536);
}

TEST_CASE("Hostile JSON is 400 and stores nothing", "[api]") {
  Fixture f;
  const std::string deep = std::string(100'000, '[');
  const std::string big(1U << 20U, 'x');
  for (const std::string& body :
       {deep, deep + std::string(100'000, ']'), R"({"metric_id":)" + deep,
        f.reading("\"value\":" + deep), f.reading(R"("value":1,"x":"\ud800")"),
        f.reading("\"value\":1,\"timestamp\":\"\xff\""),
        R"({"metric_id":")" + big + R"(","value":1})", f.reading("\"value\":1,\"" + big + "\":1"),
        std::string("\0", 1), f.reading(R"("value":1)") + std::string("\0", 1)}) {
    const auto answer = f.record(body);
    CHECK(answer.status == 400);
    CHECK(answer.error().size() < 300);
  }
  CHECK(f.stored() == "[]");
}

}  // namespace
}  // namespace sse::metrics
