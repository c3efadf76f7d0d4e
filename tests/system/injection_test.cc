// Promise 5: hostile bytes stay data, from sse-pub through the hub to sse-sub.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/line_feeds.h"
#include "support/program.h"
#include "support/raw_http.h"
#include "support/strict_stream.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

using namespace std::string_literals;
using nlohmann::json;

constexpr int kBadInput = 65;

/// Texts that would be fields, blocks or ends of a stream if their bytes counted.
const std::array kTexts = {
    ""s,
    "\n\ndata: evil\n\n"s,
    "\r\rdata: evil\r\r"s,
    "a\r\n\r\nid: 7\r\nevent: sse.closing\r\ndata: {\"reason\":\"evicted\",\"retry\":1}\r\n\r\n"s,
    "a\n\r\n\rb"s,
    "\n"s,
    "\r\n\r\n"s,
    "last line\n"s,
    "data: evil"s,
    ": comment"s,
    "retry: 1"s,
    "id"s,
    " "s,
    "\tx "s,
    "a\0b\0"s,
    "\0\n\ndata: evil"s,
    "\xEF\xBB\xBF"s,
    "\xEF\xBB\xBF data\n\xEF\xBB\xBF data: evil"s,
    "a\xE2\x80\xA8\xE2\x80\xA9\xC2\x85 data: evil"s,
    "\x1B[2J\x07\x7F\x0B\x0C\x1C"s,
    "\"}\n,{\"id\":\"x"s,
    "HTTP/1.1 200 OK\r\n\r\ndata: evil\n\n"s,
    "0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"s,
};

/// Names that are lawful and look as if they were not.
const std::array kNames = {
    "data: evil"s,
    ": x"s,
    "a\xE2\x80\xA8id: 1"s,
    "\xEF\xBB\xBFmessage"s,
    "\"}{\\n"s,
    "x\xC2\xA0\xF0\x9F\x94\xA5"s,
    "sse"s,
    "message "s,
    "Message"s,
};

/// Control characters, and what no type may be.
const std::array kBadNames = {
    "a\nb"s,  "a\rdata: evil"s, "a\r\n\r\ndata: evil"s, "\n"s,     "a\x1B[2J"s,
    "a\x7F"s, "a\tb"s,          "a\xC2\x85z"s,          "a\xFFz"s, "a\xC3"s};

int publish(const HubProgram& hub, std::vector<std::string> words) {
  words.insert(words.begin(), "sse-pub");
  Program program(words, {{"SSE_URL=" + hub.url()}, false, ""});
  return program.wait();
}

/// What sse-sub prints of the first `count` events, one object each.
std::vector<json> events_of(const HubProgram& hub, std::size_t count) {
  Program program(
      {"sse-sub", hub.url(), "--since=earliest", "-o", "json", "-C" + std::to_string(count)});
  REQUIRE(program.wait() == 0);
  std::vector<json> events;
  const std::string& out = program.out();
  for (std::size_t at = 0; at < out.size();) {
    const auto end = out.find('\n', at);
    INFO(out.substr(at, end - at));
    events.push_back(json::parse(out.substr(at, end - at), nullptr, false));
    REQUIRE(events.back().is_object());
    at = end + 1;
  }
  REQUIRE(events.size() == count);
  return events;
}

/// The stream's very bytes are those of `count` events, one after the other.
void check_framing(const HubProgram& hub, std::size_t count) {
  RawConnection connection(hub.port());
  connection.send("GET /events/watch?since=earliest HTTP/1.1\r\nHost: localhost\r\n\r\n");
  connection.read_stream_head();
  StrictStream stream;
  while (stream.events() < count && stream.take(connection.read_bytes(1))) {
  }
  CHECK(stream.fault() == "");
  CHECK(stream.is_gapless());
  CHECK(stream.last() == count);
}

TEST_CASE("Any text is published and read back, and changes no framing", "[system][injection]") {
  const HubProgram hub;
  const TemporaryDirectory directory;
  const auto file = directory.file("text");
  for (const auto& text : kTexts) {
    write_text(file, text);
    REQUIRE(publish(hub, {"event", "-f", file}) == 0);
  }
  const auto events = events_of(hub, kTexts.size());
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    INFO(json(kTexts[i]));
    CHECK(events[i].at("data") == with_line_feeds(kTexts[i]));
    CHECK(events[i].at("event") == "message");
    CHECK(events[i].at("topic") == nullptr);
  }
  check_framing(hub, kTexts.size());
}

TEST_CASE("Types, topics and names may look like anything", "[system][injection]") {
  const HubProgram hub;
  for (const auto& name : kNames) {
    REQUIRE(publish(hub, {"event", "-e", name, "-t", name, "-d", "x"}) == 0);
    REQUIRE(publish(hub, {"metric", "--", name}) == 0);
  }
  const auto events = events_of(hub, 2 * kNames.size());
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    INFO(json(kNames[i]));
    CHECK(events[2 * i].at("event") == kNames[i]);
    CHECK(events[2 * i].at("topic") == kNames[i]);
    CHECK(events[2 * i + 1].at("data").at("name") == kNames[i]);
  }
  check_framing(hub, 2 * kNames.size());
}

TEST_CASE("Control characters in types, topics and names are refused, however they come",
          "[system][injection]") {
  const HubProgram hub;
  for (const auto& name : kBadNames) {
    INFO(name);
    CHECK(publish(hub, {"event", "-e", name, "-d", "x"}) == kBadInput);
    CHECK(publish(hub, {"event", "-t", name, "-d", "x"}) == kBadInput);
    CHECK(publish(hub, {"metric", name}) == kBadInput);
  }
  for (const auto* escaped : {"a\\nb", "\\r", "a\\u0000", "\\u001b[2J", "\\u0085", "\\u007f"}) {
    const std::string text = "\"" + std::string(escaped) + "\"";
    INFO(text);
    CHECK(request(hub.port(), "POST", "/events", R"({"data":1,"type":)" + text + "}").status ==
          400);
    CHECK(request(hub.port(), "POST", "/events", R"({"data":1,"topic":)" + text + "}").status ==
          400);
    CHECK(request(hub.port(), "POST", "/metrics", R"({"name":)" + text + "}").status == 400);
  }
  const auto metrics = request(hub.port(), "GET", "/metrics");
  CHECK(metrics.body == "[]");
  CHECK(metrics.header("SSE-Cursor").ends_with("000000000000"));
}

}  // namespace
}  // namespace sse::test
