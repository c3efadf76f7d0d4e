#include "sse/api/event_routes.h"

#include "sse/wire/parser.h"

#include "api/api_fixture.h"

namespace sse::api {
namespace {

using nlohmann::json;
using test::Api;

/// Keeps what a parser dispatches.
struct Dispatched final : wire::EventSink {
  bool on_event(wire::ReceivedEvent& event) override {
    events.push_back(std::move(event));
    return true;
  }
  std::vector<wire::ReceivedEvent> events;
};

std::vector<wire::ReceivedEvent> parse_stream(std::string_view bytes) {
  Dispatched dispatched;
  wire::Parser parser(dispatched);
  REQUIRE(parser.push(bytes));
  return std::move(dispatched.events);
}

/// What a subscriber reads of the newest event.
std::string data_lines(Api& api) {
  const std::string block = api.last_block();
  return block.substr(block.find("data:"));
}

TEST_CASE("An event is published and answered", "[api]") {
  Api api;
  const auto answer = api.publish(R"({"type":"deploy","topic":"ci/api","data":{"ok":true}})");
  CHECK(answer.status == 201);
  const auto event = api.last_event();
  CHECK(answer.body == R"({"id":")" + to_string(event.id) + R"(","subscribers":7})");
  CHECK(answer.header("SSE-Event-Id") == to_string(event.id));
  CHECK(event.block ==
        "id: " + to_string(event.id) + "\nevent: deploy\ntopic: ci/api\ndata: {\"ok\":true}\n\n");
}

TEST_CASE("An event without type is a message, without topic has none", "[api]") {
  Api api;
  REQUIRE(api.publish(R"({"data":1})").status == 201);
  const auto event = api.last_event();
  CHECK(event.block == "id: " + to_string(event.id) + "\ndata: 1\n\n");
}

TEST_CASE("Text is sent as its text, other JSON as it was written", "[api]") {
  Api api;
  const std::pair<const char*, const char*> cases[] = {
      {R"("plain text")", "data: plain text\n\n"},
      {R"("{\"a\":1}")", "data: {\"a\":1}\n\n"},
      {R"(  1.10  )", "data: 1.10\n\n"},
      {"12345678901234567890", "data: 12345678901234567890\n\n"},
      {R"([ 1.0, {"b": 2E5} ])", "data: [ 1.0, {\"b\": 2E5} ]\n\n"},
      {"null", "data: null\n\n"},
      {"false", "data: false\n\n"},
      {"{\n  \"a\": 1\n}", "data: {\ndata:   \"a\": 1\ndata: }\n\n"},
  };
  for (const auto& [in, out] : cases) {
    CAPTURE(in);
    REQUIRE(api.publish("{\"data\":" + std::string(in) + "}").status == 201);
    CHECK(data_lines(api) == out);
  }
}

TEST_CASE("An event against a rule is 400 with the field's name", "[api]") {
  Api api;
  const std::pair<const char*, const char*> cases[] = {
      {"", "the body is empty"},
      {"{}", "data: expected any JSON, got nothing"},
      {R"({"dat":1})", "data: expected any JSON, got nothing"},
      {R"({"data":1,"event":"x"})", R"(unknown field "event": expected type, topic, data)"},
      {R"({"data":1,"type":3})", "type: expected a string, got a number"},
      {R"({"data":1,"topic":[]})", "topic: expected a string, got an array"},
      {R"({"data":1,"type":"sse.gap"})", "the event's type"},
      {R"({"data":1,"type":"a\nb"})", "the event's type"},
      {R"({"data":1,"topic":"a\u0000b"})", "the event's topic"},
      {R"({"data":1,"topic":"a/#"})", "the event's topic"},
      {R"({"data":{"a":1,"a":2}})", R"(the key "a" is there twice)"},
      {R"({"data":[1e999]})", "data: expected a finite number"},
      {R"({"data":"\ud800"})", "expected JSON; at byte"},
  };
  for (const auto& [body, error] : cases) {
    CAPTURE(body);
    const auto answer = api.publish(body);
    CHECK(answer.status == 400);
    CHECK(answer.error().substr(0, std::string_view(error).size()) == error);
  }
  CHECK(api.log.head() == 0);
}

TEST_CASE("Events in an array and in lines have a result each", "[api]") {
  Api api;
  const auto array = api.publish(R"([{"data":1},{"type":"sse.x","data":2},{"data":"x"}])");
  CHECK(array.status == 200);
  const json batch = array.json();
  CHECK(batch.at("accepted") == 2);
  CHECK(batch.at("rejected") == 1);
  CHECK(batch.at("results")[0].at("id") == to_string(api.log.view().event(1).id));
  CHECK(batch.at("results")[1].contains("error"));
  CHECK(batch.at("results")[2].at("id") == to_string(api.log.view().event(2).id));

  const auto lines = api.publish("{\"data\":1}\nnope\n{\"data\":2}\n", "application/x-ndjson");
  CHECK(lines.json().at("accepted") == 2);
  CHECK(lines.json().at("rejected") == 1);
  CHECK(api.publish(R"([{"data":1},)").status == 400);
  CHECK(api.log.head() == 4);
}

TEST_CASE("An event past the size limit is 413, or one rejected result", "[api]") {
  Api api({}, 1'000);
  const std::string big = R"({"data":")" + std::string(2'000, 'x') + "\"}";
  const auto answer = api.publish(big);
  CHECK(answer.status == 413);
  CHECK(answer.error().find("--max-event-size") != std::string::npos);
  CHECK(api.publish("[" + big + R"(,{"data":1}])").json().at("accepted") == 1);
}

TEST_CASE("No text changes the framing of a stream", "[api]") {
  Api api;
  const std::pair<std::string, std::string> cases[] = {
      {R"(a\n\ndata: evil\n\nevent: x)", "a\n\ndata: evil\n\nevent: x"},
      {R"(a\r\rb\r\nc\n)", "a\n\nb\nc\n"},
      {R"(\r)", "\n"},
      {R"(\ufeffbom \u2028 \u2029 \u0085)",
       "\xef\xbb\xbf"
       "bom \xe2\x80\xa8 \xe2\x80\xa9 \xc2\x85"},
      {R"(a\u0000b)", std::string("a\0b", 3)},
      {R"(: comment\nid: 5\nretry: 1)", ": comment\nid: 5\nretry: 1"},
      {"", ""},
  };
  for (const auto& [in, out] : cases) {
    CAPTURE(in);
    REQUIRE(api.publish(R"({"type":"t","data":")" + in + "\"}").status == 201);
    const std::string id = to_string(api.last_event().id);
    const auto events = parse_stream(api.last_block());
    REQUIRE(events.size() == 1);
    CHECK(events[0].data == out);
    CHECK(events[0].type == "t");
    CHECK(events[0].id == id);
  }
}

}  // namespace
}  // namespace sse::api
