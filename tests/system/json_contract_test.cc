#include <string>

#include <nlohmann/json.hpp>

#include "support/case_table.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"

// JSON as the real hub reads it: checked, not guessed; what is refused leaves nothing behind.

namespace sse::test {
namespace {

using nlohmann::json;

bool is_empty(std::uint16_t port) {
  const auto metrics = request(port, "GET", "/metrics");
  return metrics.body == "[]" && metrics.header("SSE-Cursor").ends_with("000000000000");
}

TEST_CASE("JSON that is not taken is 400, says why, and leaves nothing", "[system][json]") {
  const HubProgram hub;
  const auto cases = read_cases(SSE_SYSTEM_TESTS "/refused_json.txt");
  REQUIRE(cases.size() > 40);
  for (const auto& refused : cases) {
    INFO(refused.name);
    const auto answer =
        request(hub.port(), "POST", refused.text_of("post"), refused.repeated_text_of("body"));
    INFO(answer.body);
    CHECK(answer.status == 400);
    CHECK(answer.body.size() < 1000);  // a megabyte is not said again
    const auto error = json::parse(answer.body);
    CHECK(error.size() == 1);
    const auto text = error.at("error").get<std::string>();
    CHECK(text.find(refused.text_of("names")) != std::string::npos);
    CHECK(is_empty(hub.port()));
  }
}

TEST_CASE("Numbers are taken to the last bit, and kept as they were written in data",
          "[system][json]") {
  const HubProgram hub;
  const auto metric = json::parse(request(hub.port(), "POST", "/metrics", R"({"name":"m"})").body);
  const auto id = metric.at("id").get<std::string>();
  struct Number {
    const char* sent;
    const char* shown;  // the shortest form that reads back the same
  };
  for (const auto& number : {Number{"-0", "-0"}, Number{"-0.0", "-0"}, Number{"1e308", "1e+308"},
                             Number{"4.9e-324", "5e-324"}, Number{"1e-999", "0"},
                             Number{"0.1000000000000000055511151231257827", "0.1"},
                             Number{"9007199254740993", "9007199254740992"}}) {
    INFO(number.sent);
    const auto answer = request(hub.port(), "POST", "/metrics/readings",
                                R"({"metric_id":")" + id + R"(","value":)" + number.sent + "}");
    CHECK(answer.status == 201);
    const std::string value = R"("value":)" + std::string(number.shown) + ",";
    INFO(answer.body);
    CHECK(answer.body.find(value) != std::string::npos);
  }
  RawConnection stream(hub.port());
  stream.send("GET /events/watch HTTP/1.1\r\nHost: localhost\r\n\r\n");
  stream.read_stream_head();
  stream.read_until("\n\n");
  const std::string written = R"([-0,1e5,1.10,0.1000000000000000055511151231257827,"\u00e9"])";
  REQUIRE(request(hub.port(), "POST", "/events", R"({"data": )" + written + "}").status == 201);
  CHECK(stream.read_until("]\n\n").find("data: " + written + "\n") != std::string::npos);
}

TEST_CASE("A text of the largest event is taken whole, one byte more is 413", "[system][json]") {
  const HubProgram hub({"--max-event-size", "1M", "--max-body", "2M"});
  RawConnection stream(hub.port());
  stream.send("GET /events/watch HTTP/1.1\r\nHost: localhost\r\n\r\n");
  stream.read_stream_head();
  stream.read_until("\n\n");
  constexpr std::size_t kFraming = 4 + 36 + 1 + 6 + 1 + 1;  // id: ID, data: TEXT, a blank line
  const std::string text(1'048'576 - kFraming, 'x');
  const auto post = [&](const std::string& data) {
    return request(hub.port(), "POST", "/events", R"({"data":")" + data + "\"}");
  };
  const auto id = post(text).header("SSE-Event-Id");
  const std::string block = "id: " + id + "\ndata: " + text + "\n\n";
  CHECK(stream.read_bytes(block.size()) == block);
  const auto refused = post(text + "x");
  CHECK(refused.status == 413);
  CHECK(refused.body.find("--max-event-size") != std::string::npos);
}

}  // namespace
}  // namespace sse::test
